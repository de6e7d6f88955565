import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aws import ROOT, LocalAws, free_port
from local.service import Service
from stacks.assembly import build_app
from stacks.config import load_settings
from tests.certificate import self_signed
from tests.system.deployment import deploy_assembly


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The templates of the environment `local`, deployed where IAM and TLS-only policies are enforced."""
    folder = tmp_path_factory.mktemp("system")
    assembly = build_app(
        load_settings("local"),
        context=json.loads((ROOT / "cdk.json").read_text())["context"],
        outdir=str(folder / "cdk.out"),
    ).synth()
    aws = LocalAws(folder=folder / "aws", port=free_port(), certificate=self_signed(folder))
    aws.start()
    try:
        deploy_assembly(aws, Path(assembly.directory), [stack.stack_name for stack in assembly.stacks])
        yield Service(aws)
    finally:
        aws.stop()
