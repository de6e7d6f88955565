import json
from typing import Any

import pytest

from tests.infra.synthesis import Assembly
from tests.infra.write_assemblies import NAG


@pytest.fixture
def said(variant: Assembly) -> dict[str, Any]:
    """What constructs accept, what cdk-nag finds, and what it still finds of that."""
    found: dict[str, Any] = json.loads((variant.directory / NAG).read_text("utf-8"))
    return found


def test_every_acceptance_has_a_reason(said: dict[str, Any]) -> None:
    """cdk-nag takes an empty reason without a word; we do not."""
    assert [] == [rule for _, rule, reason in said["accepted"] if len(reason.split()) < 4]


def test_every_finding_is_accepted_and_every_acceptance_is_needed(said: dict[str, Any]) -> None:
    """What cdk-nag finds is exactly what constructs acknowledge: nothing is open, and nothing is stale."""
    assert said["found"]
    assert said["found"] == sorted([path, rule] for path, rule, _ in said["accepted"])
    assert [] == said["left"]
