from collections.abc import Mapping
from pathlib import Path

import pytest

from stacks.config import load_settings
from tests.infra.synthesis import ENVIRONMENTS, VARIANTS, Assembly, settings_of, synthesised_once


@pytest.fixture(scope="session")
def assemblies(shared_folder: Path) -> Mapping[str, Assembly]:
    """The templates of every environment and variant, synthesised once by all processes that run tests."""
    return {variant: synthesised_once(settings_of(variant), shared_folder / f"cdk-{variant}") for variant in VARIANTS}


@pytest.fixture(scope="session")
def destroyable(shared_folder: Path) -> Mapping[str, Assembly]:
    """The templates of disposable environments where the command allows data loss, likewise."""
    return {
        name: synthesised_once(load_settings(name), shared_folder / f"cdk-{name}-loss", allowDataLoss="true")
        for name in ("local", "dev", "staging")
    }


@pytest.fixture(params=ENVIRONMENTS)
def assembly(request: pytest.FixtureRequest, assemblies: Mapping[str, Assembly]) -> Assembly:
    return assemblies[request.param]


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest, assemblies: Mapping[str, Assembly]) -> Assembly:
    return assemblies[request.param]
