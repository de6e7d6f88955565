from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from duracloud.local.aws import LocalAws, free_port
from duracloud.local.certificate import self_signed
from duracloud.local.service import Service
from tests.infra.synthesis import Assembly, once, settings_of, synthesise
from tests.system.deployment import deploy_assembly


@pytest.fixture(scope="session")
def assembly(shared_folder: Path) -> Assembly:
    """The templates of the environment `local` with all that ships, synthesised once by all processes."""
    settings, folder = settings_of("local"), shared_folder / "cdk-system"
    once(folder, lambda: synthesise(settings, folder / "cdk.out", **{"aws:cdk:bundling-stacks": ["**"]}))
    return Assembly(settings, folder / "cdk.out")


@pytest.fixture(scope="package")
def service(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The templates of the environment `local`, deployed where IAM and TLS-only policies are enforced."""
    with deployed(assembly, tmp_path_factory.mktemp("system")) as found:
        yield found


@pytest.fixture(scope="module")
def own_service(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The same for one module alone, which may break what it likes."""
    with deployed(assembly, tmp_path_factory.mktemp("system")) as found:
        yield found


@contextmanager
def deployed(assembly: Assembly, folder: Path) -> Iterator[Service]:
    """Deploy into a folder, and stop at the end."""
    aws = LocalAws(folder=folder / "aws", port=free_port(), certificate=self_signed(folder))
    aws.start()
    try:
        deploy_assembly(aws, assembly)
        yield Service(aws)
    finally:
        aws.stop()
