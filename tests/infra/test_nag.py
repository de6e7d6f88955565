from stacks import nag
from tests.infra.synthesis import Assembly


def test_every_acceptance_has_a_reason(variant: Assembly) -> None:
    """cdk-nag takes an empty reason without a word; we do not."""
    assert [] == [one for one in nag.acknowledged(variant.app) if len(one.reason.split()) < 4]


def test_every_finding_is_accepted_and_every_acceptance_is_needed(variant: Assembly) -> None:
    """What cdk-nag finds is exactly what constructs acknowledge: nothing is open, and nothing is stale."""
    accepted = [(one.path, one.rule) for one in nag.acknowledged(variant.app)]

    assert sorted(nag.findings(variant.app)) == sorted(accepted)

    nag.acknowledge(variant.app)

    assert set() == nag.findings(variant.app)
