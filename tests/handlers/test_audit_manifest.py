import hashlib
from typing import Any

import pytest

from runtime.audit.errors import BrokenTrailError
from runtime.handlers.audit_manifest import handle
from runtime.shared.errors import MalformedMessageError
from tests.support.audit_trails import Archive, archive, event
from tests.support.published import published


def test_the_days_before_the_event_are_signed_and_counted(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Each day that was missed is signed, named in the log with its digest, and published with its events."""
    found = archive(days=1, segments=2, events=3, unsigned=1)
    with pytest.raises(BrokenTrailError, match=r"1 problems in the audit trail; the first: .* signed late"):
        handle({"time": "2026-03-04T00:30:00Z"}, _at(found, days=2))

    signed = [record.__dict__ for record in caplog.records if record.message == "day signed"]
    assert ["audit/manifests/2026-03-02.json", "audit/manifests/2026-03-03.json"] == [one["manifest"] for one in signed]
    digests = [hashlib.sha256(found.files.files[one["manifest"]]).hexdigest() for one in signed]
    assert digests == [one["sha256"] for one in signed]
    # The first was signed late, as after an outage, or after somebody has removed its manifest.
    assert [
        ("audit-manifest", {"AuditEvents": 3, "AuditManifests": 1, "AuditProblems": 1}),
        ("audit-manifest", {"AuditEvents": 0, "AuditManifests": 1, "AuditProblems": 0}),
    ] == published(capsys)


def _at(found: Archive, days: int) -> Any:  # noqa: ANN401 (the ports of signing)
    found.clock.advance(days=days)
    return found.signing


def test_a_broken_segment_fails_loudly_after_every_day_is_signed(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The problem is counted with its day for the alarm; the manifests are there all the same."""
    found = Archive()
    found.files.files[found.writer().write([event(1)])] = b"junk"

    with pytest.raises(BrokenTrailError, match="2 problems in the audit trail; the first: audit/events/2026-03-01/"):
        handle({"time": "2026-03-03T00:30:00Z"}, _at(found, days=2))
    assert {"audit/manifests/2026-03-01.json.sig", "audit/manifests/2026-03-02.json.sig"} <= set(found.files.files)
    # The day was signed late, too.
    assert [2, 0] == [values["AuditProblems"] for _, values in published(capsys)]
    assert ["the audit trail is broken"] * 2 == [one.message for one in caplog.records if one.levelname == "ERROR"]


def test_a_trail_on_which_nothing_is_signed_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    """A newest manifest that is not ours is counted in every attempt."""
    found = archive(days=1, segments=1, events=1)
    found.files.files["audit/manifests/2026-03-01.json"] = b"junk"

    with pytest.raises(BrokenTrailError):
        handle({"time": "2026-03-03T00:30:00Z"}, _at(found, days=1))
    assert [("audit-manifest", {"AuditProblems": 1})] == published(capsys)


@pytest.mark.parametrize("time", [None, "", "yesterday", "2026-03-02T00:30:00", "2030-01-01T00:00:00Z"])
def test_an_event_without_a_sensible_time_is_refused(time: str | None) -> None:
    """Nothing is signed for a moment that is none, has no zone, or lies ahead."""
    found = archive(days=1, segments=1, events=1)
    before = dict(found.files.files)

    with pytest.raises(MalformedMessageError):
        handle({} if time is None else {"time": time}, found.signing)
    assert before == found.files.files
