"""Deploys synthesised templates by CloudFormation's API alone, as the CDK command line would, which AUTH shuts out."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from duracloud.local.aws import ACCOUNT, REGION, LocalAws

_BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"


def deploy_assembly(aws: LocalAws, assembly: Path, stacks: list[str]) -> None:
    """Upload the assets of a cloud assembly and create its stacks, their templates unmodified.

    Args:
        aws: the running local AWS.
        assembly: the folder that CDK wrote.
        stacks: names of the stacks in the order of their dependencies.
    """
    s3, cloudformation, ssm = (aws.client(name) for name in ("s3", "cloudformation", "ssm"))
    ssm.put_parameter(Name=_BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)
    bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
    s3.create_bucket(Bucket=bucket)
    for stack in stacks:
        for asset in json.loads((assembly / f"{stack}.assets.json").read_text())["files"].values():
            for destination in asset["destinations"].values():
                s3.put_object(Bucket=bucket, Key=destination["objectKey"], Body=_packed(assembly, asset["source"]))
        cloudformation.create_stack(
            StackName=stack,
            TemplateURL=f"{aws.endpoint}/{bucket}/{_template_key(assembly, stack)}",
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )


def _template_key(assembly: Path, stack: str) -> str:
    files: dict[str, Any] = json.loads((assembly / f"{stack}.assets.json").read_text())["files"]
    template = next(asset for asset in files.values() if asset["source"]["path"] == f"{stack}.template.json")
    return str(next(iter(template["destinations"].values()))["objectKey"])


def _packed(assembly: Path, source: dict[str, str]) -> bytes:
    path = assembly / source["path"]
    if source["packaging"] == "file":
        return path.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(path))
    return packed.getvalue()
