import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from duracloud.local.aws import LocalAws, free_port
from duracloud.local.certificate import self_signed
from duracloud.local.service import Service
from duracloud.project import ROOT
from stacks.assembly import build_app
from stacks.config import load_settings
from tests.system.deployment import deploy_assembly


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The templates of the environment `local`, deployed where IAM and TLS-only policies are enforced."""
    with deployed(tmp_path_factory.mktemp("system")) as found:
        yield found


@pytest.fixture(scope="module")
def own_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The same for one module alone, which may break what it likes."""
    with deployed(tmp_path_factory.mktemp("system")) as found:
        yield found


@contextmanager
def deployed(folder: Path) -> Iterator[Service]:
    """Deploy into a folder, and stop at the end."""
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
