"""Deploys synthesised templates by CloudFormation's API alone, as the CDK command line would, which AUTH shuts out."""

import io
import json
import zipfile
from pathlib import Path

from duracloud.local.aws import ACCOUNT, REGION, LocalAws
from stacks import naming
from tests.infra.synthesis import LAYERS, Assembly

_BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"


def deploy_assembly(aws: LocalAws, assembly: Assembly) -> None:
    """Upload the assets of an assembly and create its stacks, their templates unmodified."""
    s3, cloudformation, ssm = (aws.client(name) for name in ("s3", "cloudformation", "ssm"))
    ssm.put_parameter(Name=_BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)
    bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
    s3.create_bucket(Bucket=bucket)
    for stack in (naming.stack_name(assembly.settings.name, layer) for layer in LAYERS):
        keys: dict[str, str] = {}
        for asset in json.loads((assembly.directory / f"{stack}.assets.json").read_text())["files"].values():
            for destination in asset["destinations"].values():
                keys[asset["source"]["path"]] = key = destination["objectKey"]
                s3.put_object(Bucket=bucket, Key=key, Body=_packed(assembly.directory, asset["source"]))
        cloudformation.create_stack(
            StackName=stack,
            TemplateURL=f"{aws.endpoint}/{bucket}/{keys[f'{stack}.template.json']}",
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )


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
