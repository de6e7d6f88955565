import json
from pathlib import Path

from tests.infra.synthesis import Assembly

LEDGERS = Path(__file__).parent / "identity"
# Resources that hold data, or that people and other tools are configured with.
STATEFUL = (
    "AWS::DynamoDB::GlobalTable",
    "AWS::IAM::Group",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
)


def test_stateful_resources_keep_their_identity(assembly: Assembly) -> None:
    """Type, place, policies and name of what holds data are those of the ledger: another one would orphan the data.

    A new resource is a new line in tests/infra/identity; a changed line needs an ADR.
    """
    found = {
        f"{resource.layer}/{resource.logical_id}": {
            "type": resource.type,
            "name": resource.physical_name,
            "deletion": resource.body.get("DeletionPolicy"),
            "replacement": resource.body.get("UpdateReplacePolicy"),
        }
        for resource in assembly.resources(*STATEFUL)
    }
    ledger = LEDGERS / f"{assembly.settings.name}.json"

    assert json.loads(ledger.read_text("utf-8")) == found
