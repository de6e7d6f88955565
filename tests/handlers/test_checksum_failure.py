from typing import Any

import attrs
import pytest

from benchmarks.function_environment import any_settings
from runtime.alerts.announce import Alerting, Announced
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import FixityRecord
from runtime.handlers.checksum_failure import handle
from runtime.settings import AlertsSettings
from runtime.shared.errors import MalformedMessageError, TransientError
from tests.support.announcing_fakes import FakeNotifier
from tests.support.builders import check_report, fixity_record
from tests.support.captured import captured, stream_record

SETTINGS = any_settings(AlertsSettings, environment="test", runbook_url="https://example.org/runbook")


def _alerting(notifier: FakeNotifier) -> Alerting:
    return Alerting(notifier=notifier, settings=SETTINGS)


def _event(*changes: tuple[FixityRecord | None, FixityRecord | None]) -> dict[str, Any]:
    return {"Records": [stream_record(before, after) for before, after in changes]}


GOOD = fixity_record()
DAMAGED = fixity_record(last_check=check_report(Outcome.MISMATCH, success=False))
DEFERRED = fixity_record(last_check=check_report(Outcome.DEFERRED, success=None))


def test_new_failure_is_published() -> None:
    """The stream's record becomes one message that people understand."""
    notifier = FakeNotifier()
    told = handle(captured("record_mismatched"), _alerting(notifier))

    assert Announced(failures=1, recoveries=0) == told
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
