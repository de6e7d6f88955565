"""The ledger of what must keep its identity; `python -m tests.infra.identity` writes it anew."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.infra.synthesis import Assembly, settings_of, synthesise

LEDGER: Final = Path(__file__).parent / "identity.json"
# Resources that hold data, or that people and other tools are configured with.
_STATEFUL: Final = (
    "AWS::DynamoDB::GlobalTable",
    "AWS::IAM::Group",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
)


def identities(assembly: Assembly) -> Mapping[str, Any]:
    """Return type, name and policies of what holds data, by place; names without the environment's own words."""
    return {
        f"{resource.layer}/{resource.logical_id}": {
            "type": resource.type,
            "name": _general(assembly, resource.physical_name),
            "deletion": resource.body.get("DeletionPolicy"),
            "replacement": resource.body.get("UpdateReplacePolicy"),
        }
        for resource in assembly.resources(*_STATEFUL)
    }


def _general(assembly: Assembly, name: str | None) -> str | None:
    settings = assembly.settings
    words = {
        f"duracloud-{settings.name}-": "duracloud-{environment}-",
        f"{settings.bucket_prefix}-": "{bucket_prefix}-",
    }
    for word, general in words.items():
        name = name and name.replace(word, general)
    return name


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        found = identities(synthesise(settings_of("prod"), Path(folder)))
    LEDGER.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")
