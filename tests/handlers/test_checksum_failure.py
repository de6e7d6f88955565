import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from benchmarks.function_environment import any_settings
from runtime.alerts.announce import Alerting, Announced
from runtime.fixity.outcome import Outcome
from runtime.fixity.record_codec import encode
from runtime.fixity.records import CheckReport, FixityRecord
from runtime.handlers.checksum_failure import handle
from runtime.settings import AlertsSettings
from runtime.shared.errors import MalformedMessageError, TransientError
from tests.support.announcing_fakes import FakeNotifier
from tests.support.builders import AGENT, NOW, REF

EVENTS = Path(__file__).parent.parent / "support" / "events"
SETTINGS = any_settings(AlertsSettings, environment="test", runbook_url="https://example.org/runbook")


def _alerting(notifier: FakeNotifier) -> Alerting:
    return Alerting(notifier=notifier, settings=SETTINGS)


def _record(outcome: Outcome, *, success: bool | None) -> FixityRecord:
    report = CheckReport(outcome=outcome, success=success, message="why", started=NOW, ended=NOW, agent=AGENT)
    return FixityRecord(
        ref=REF,
        version_id="v1",
        size=5,
        etag="e",
        sequencer="0" * 32,
        digests={"sha256": "aa"},
        primary_algorithm="sha256",
        deposit_date=NOW,
        last_good_date=NOW,
        next_check=NOW + timedelta(days=1),
        last_check=report,
    )


def _event(*changes: tuple[FixityRecord | None, FixityRecord | None]) -> dict[str, Any]:
    records = []
    for before, after in changes:
        images = {"OldImage": before, "NewImage": after}
        change: dict[str, Any] = {name: encode(record) for name, record in images.items() if record is not None}
        keys = {"BucketName": {"S": REF.bucket}, "ObjectKey": {"S": REF.key}}
        change |= {"Keys": keys, "ApproximateCreationDateTime": NOW.timestamp()}
        records.append({"eventID": "s1", "eventName": "MODIFY", "dynamodb": change})
    return {"Records": records}


GOOD = _record(Outcome.MATCH, success=True)
DAMAGED = _record(Outcome.MISMATCH, success=False)
DEFERRED = _record(Outcome.DEFERRED, success=None)


def test_new_failure_is_published() -> None:
    """The stream's record becomes one message that people understand."""
    notifier = FakeNotifier()
    event = json.loads((EVENTS / "record_mismatched.json").read_text("utf-8"))

    assert Announced(failures=1, recoveries=0) == handle(event, _alerting(notifier))
    [(subject, body)] = notifier.messages
    assert "[DuraCloud test] 1 object failed the check" == subject
    assert '"box 1/letter ä.txt"' in body
    assert "baseline, sha256: expected aa, computed bb" in body
    assert "Last good:  2025-09-02T12:00:00.000Z" in body
    assert "https://example.org/runbook" in body


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (GOOD, DAMAGED, Announced(1, 0)),
        (None, DAMAGED, Announced(1, 0)),
        (DAMAGED, GOOD, Announced(0, 1)),
        (DAMAGED, DAMAGED, Announced(0, 0)),
        (None, DEFERRED, Announced(0, 0)),
        (DAMAGED, DEFERRED, Announced(0, 0)),
        (DAMAGED, None, Announced(0, 0)),
    ],
)
def test_items_as_the_adapter_writes_them_are_understood(
    before: FixityRecord | None, after: FixityRecord | None, told: Announced
) -> None:
    """Images hold the attributes that the records adapter writes, and what is no news publishes nothing."""
    notifier = FakeNotifier()

    assert told == handle(_event((before, after)), _alerting(notifier))
    assert (1 if told != Announced(0, 0) else 0) == len(notifier.messages)


def test_l13_one_message_per_batch() -> None:
    """Many changes of a batch, also of one object, make one message."""
    notifier = FakeNotifier()
    other = attrs.evolve(DAMAGED, version_id="v2")

    handle(_event((GOOD, DAMAGED), (DAMAGED, other)), _alerting(notifier))

    assert ["[DuraCloud test] 1 object failed the check"] == [subject for subject, _ in notifier.messages]


def test_l12_publish_error_fails_the_batch() -> None:
    """A message that was not taken is sent again by the stream."""
    with pytest.raises(TransientError):
        handle(_event((GOOD, DAMAGED)), _alerting(FakeNotifier(TransientError("throttled"))))


def test_malformed_record_fails_the_batch() -> None:
    """A record of another form is never skipped quietly."""
    with pytest.raises(MalformedMessageError, match="checksum table"):
        handle({"Records": [{"dynamodb": {"Keys": {"BucketName": {"S": "b"}}}}]}, _alerting(FakeNotifier()))
