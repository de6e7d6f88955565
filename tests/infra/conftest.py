from collections.abc import Mapping

import pytest

from stacks.config import load_settings
from tests.infra.synthesis import ENVIRONMENTS, VARIANTS, Assembly, settings_of, synthesise


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Assembly]:
    """The templates of every environment and variant, synthesised once."""
    return {
        variant: synthesise(settings_of(variant), tmp_path_factory.mktemp(f"cdk-{variant}")) for variant in VARIANTS
    }


@pytest.fixture(scope="session")
def destroyable(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Assembly]:
    """The templates of disposable environments where the command allows data loss, synthesised once."""
    return {
        name: synthesise(load_settings(name), tmp_path_factory.mktemp(f"cdk-{name}-loss"), allowDataLoss="true")
        for name in ("local", "dev", "staging")
    }


@pytest.fixture(params=ENVIRONMENTS)
def assembly(request: pytest.FixtureRequest, assemblies: Mapping[str, Assembly]) -> Assembly:
    """The templates of one environment; a test with this fixture runs for each."""
    return assemblies[request.param]


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest, assemblies: Mapping[str, Assembly]) -> Assembly:
    """The templates of one environment or variant; a test with this fixture runs for each."""
    return assemblies[request.param]
