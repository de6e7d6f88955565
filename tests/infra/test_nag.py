import aws_cdk as cdk
import pytest

from stacks import nag
from stacks.assembly import build_app
from tests.infra.synthesis import CONTEXT, VARIANTS, settings_of


@pytest.fixture(scope="module", params=VARIANTS)
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> cdk.App:
    found = build_app(settings_of(request.param), context=CONTEXT, outdir=str(tmp_path_factory.mktemp("cdk")))
    found.synth()
    return found


def test_every_acceptance_has_a_reason(app: cdk.App) -> None:
    """cdk-nag takes an empty reason without a word; we do not."""
    assert [] == [one for one in nag.acknowledged(app) if len(one.reason.split()) < 4]


def test_every_finding_is_accepted_and_every_acceptance_is_needed(app: cdk.App) -> None:
    """What cdk-nag finds is exactly what constructs acknowledge: nothing is open, and nothing is stale."""
    accepted = [(one.path, one.rule) for one in nag.acknowledged(app)]

    assert sorted(nag.findings(app)) == sorted(accepted)

    nag.acknowledge(app)

    assert set() == nag.findings(app)
