import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from stacks.config import load_settings
from tests.infra.synthesis import ENVIRONMENTS, ROOT, VARIANTS, Assembly, once, settings_of
from tests.infra.write_assemblies import DISPOSABLE


@pytest.fixture(scope="session")
def written(shared_folder: Path) -> Path:
    """Where the templates of every environment and variant lie, written once for all processes that run tests."""
    folder = shared_folder / "cdk"
    # In a process of its own, because CDK's own checks are told once whether they run.
    command = [sys.executable, "-m", "tests.infra.write_assemblies", str(folder)]
    once(folder, lambda: subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "CDK_VALIDATION": "true"}))  # noqa: S603 (our own program)
    return folder


@pytest.fixture(scope="session")
def assemblies(written: Path) -> Mapping[str, Assembly]:
    """The templates of every environment and variant."""
    return {variant: Assembly(settings_of(variant), written / variant) for variant in VARIANTS}


@pytest.fixture(scope="session")
def destroyable(written: Path) -> Mapping[str, Assembly]:
    """The templates of disposable environments where the command allows data loss, likewise."""
    return {name: Assembly(load_settings(name), written / f"{name}-loss") for name in DISPOSABLE}


@pytest.fixture(params=ENVIRONMENTS)
def assembly(request: pytest.FixtureRequest, assemblies: Mapping[str, Assembly]) -> Assembly:
    return assemblies[request.param]


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest, assemblies: Mapping[str, Assembly]) -> Assembly:
    return assemblies[request.param]
