from pathlib import Path

import pytest

from stacks import nag, naming
from stacks.assembly import build_app
from tests.infra.synthesis import CONTEXT, VARIANTS, settings_of


@pytest.mark.parametrize("name", VARIANTS)
def test_every_finding_is_accepted_and_every_acceptance_is_needed(name: str, tmp_path: Path) -> None:
    """What cdk-nag finds is exactly the table of acknowledgements: nothing is open, and nothing in it is stale."""
    settings = settings_of(name)
    app = build_app(settings, context=CONTEXT, outdir=str(tmp_path))
    accepted = [
        (f"{naming.stack_name(settings.name, one.layer)}/{one.path}", one.rule) for one in nag.acknowledged(settings)
    ]

    assert sorted(nag.findings(app)) == sorted(accepted)

    nag.acknowledge(app, settings)

    assert set() == nag.findings(app)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_acceptance_has_a_reason(name: str) -> None:
    """cdk-nag takes an empty reason without a word; we do not."""
    assert [] == [one for one in nag.acknowledged(settings_of(name)) if len(one.reason.split()) < 4]
