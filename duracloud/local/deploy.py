"""Deployment of the real templates into the local AWS by the CDK command line, as into AWS."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from duracloud.local.aws import ACCOUNT, REGION, LocalAws, LocalError
from duracloud.processes import run
from duracloud.project import CDK, LOCAL

_HOME: Final = LOCAL / "home"
_LEAST_NODE: Final = 20
# How to list what is there, by the kind of resource: service, call, list in its answer, attribute with the physical id.
_LOOKS: Final = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "AWS::DynamoDB::GlobalTable": ("dynamodb", "list_tables", "TableNames", ""),
    "AWS::Lambda::EventSourceMapping": ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    "AWS::Lambda::Function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "AWS::S3::Bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "AWS::SQS::Queue": ("sqs", "list_queues", "QueueUrls", ""),
    "AWS::SSM::Parameter": ("ssm", "describe_parameters", "Parameters", "Name"),
}


def deploy(aws: LocalAws) -> bool:
    """Bootstrap the account and deploy all stacks of the environment `local`. Return False if nothing has changed.

    Raises:
        LocalError: Node or the CDK command line is missing, or the deployment failed; the text says where to look.
    """
    check_tools()
    log = aws.folder / "deployment.log"
    log.write_bytes(b"")
    templates = aws.folder / "cdk.out"
    common = ["--ci", "--no-notices", "--no-color"]
    _run(aws, log, ["synth", "--quiet", "--context", "env=local", "--output", str(templates), *common])
    fingerprint, deployed = _fingerprint(templates), aws.folder / "deployed"
    if deployed.exists() and deployed.read_text() == fingerprint:
        if gone := missing(aws):
            raise LocalError(
                f"{len(gone)} of the things that were deployed are gone, {gone[0]} among them; 'make clean' and"
                " 'make up' begin anew, without the data"
            )
        return False
    _run(aws, log, ["bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", str(templates), *common])
    _run(aws, log, ["deploy", "--all", "--require-approval", "never", "--app", str(templates), *common])
    deployed.write_text(fingerprint)
    return True


def missing(aws: LocalAws, beginning: str = "duracloud-local-") -> list[str]:
    """Return what the stacks whose names have a beginning say that they have, and the services do not."""
    pages = aws.client("cloudformation").get_paginator("describe_stacks").paginate()
    names = [stack["StackName"] for page in pages for stack in page["Stacks"]]
    found = []
    looks = {kind: set(_ids(aws, *look)) for kind, look in _LOOKS.items()}
    for name in names:
        if name.startswith(beginning):
            for page in aws.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name):
                found += [
                    entry["PhysicalResourceId"]
                    for entry in page["StackResourceSummaries"]
                    if entry["ResourceType"] in looks
                    and entry["PhysicalResourceId"] not in looks[entry["ResourceType"]]
                ]
    return found


def _ids(aws: LocalAws, service: str, operation: str, entries: str, attribute: str) -> Iterator[str]:
    client = aws.client(service)
    for page in client.get_paginator(operation).paginate():
        for entry in page.get(entries, []):
            yield entry[attribute] if attribute else entry


def _fingerprint(templates: Path) -> str:
    digest = hashlib.sha256()
    # The manifests hold the hashes of the code.
    for path in sorted(templates.glob("*.template.json")) + sorted(templates.glob("*.assets.json")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def check_tools() -> None:
    """Look for Node and the CDK command line.

    Raises:
        LocalError: one of them is missing; the text says what to install.
    """
    node = shutil.which("node")
    if node is None:
        raise LocalError("Node is missing; install Node 20 or newer")
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 (found on the path)
    version = answer.stdout.strip()
    if int(version.lstrip("v").partition(".")[0] or 0) < _LEAST_NODE:
        raise LocalError(f"got Node {version}; install Node 20 or newer")
    if not CDK.exists():
        raise LocalError("the CDK command line is not installed; run 'make setup'")


def _run(aws: LocalAws, log: Path, arguments: list[str]) -> None:
    _HOME.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "LANG": "C.UTF-8",
        # The command line and jsii keep files in the home folder; nothing is written outside the project.
        "HOME": str(_HOME),
        "TMPDIR": str(aws.folder / "tmp"),
        "NODE_NO_WARNINGS": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        **aws.environment(),
    }
    with log.open("ab") as said:
        status = run([str(CDK), *arguments], environment=environment, output=said)
    if status:
        raise LocalError(f"'cdk {arguments[0]}' failed; {log} says why")
