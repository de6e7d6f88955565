"""Objects that S3 lists and does not return: archive classes, SSE-C, keys that the service cannot use (lesson L38)."""

from itertools import pairwise
from typing import Any

import attrs
import pytest

from runtime.alerts.changes import Kind, to_announce
from runtime.audit.record_changes import events_of_changes
from runtime.counts import FixityCount
from runtime.events.table_stream import record_changes
from runtime.fixity.add_to_count import add_to_count
from runtime.fixity.deposit import deposit_unrecorded
from runtime.fixity.errors import ReadRefusedError
from runtime.fixity.follow_deletion import after_deletion
from runtime.fixity.objects import Encryption
from runtime.fixity.outcome import Outcome
from runtime.fixity.record_codec import encode
from runtime.fixity.records import FixityRecord
from runtime.fixity.schedule import RETRY
from runtime.fixity.sequencer import normalised
from runtime.fixity.table_items import key_of
from runtime.report.csv_list import line
from runtime.shared.errors import TransientError
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import BODY, NOW, REF, attempt, uploaded, world
from tests.support.fakes import raising
from tests.support.sweep_fakes import POLICY

REFUSED: dict[str, dict[str, Any]] = {
    "GLACIER": {"storage_class": "GLACIER"},
    "DEEP_ARCHIVE": {"storage_class": "DEEP_ARCHIVE"},
    "SSE-C": {"encryption": Encryption.CUSTOMER_PROVIDED, "etag": "0" * 32},
}


def _changes(*records: FixityRecord) -> list[Any]:
    images = [None, *map(encode, records)]
    return record_changes(
        {
            "Records": [
                {
                    "eventID": f"e{number}",
                    "dynamodb": {
                        "ApproximateCreationDateTime": NOW.timestamp(),
                        "Keys": key_of(REF),
                        "OldImage": before,
                        "NewImage": after,
                    },
                }
                for number, (before, after) in enumerate(pairwise(images))
            ]
        }
    )


@pytest.mark.parametrize("facts", REFUSED.values(), ids=REFUSED)
def test_l38_what_s3_refuses_has_a_record_with_the_reason(facts: dict[str, Any]) -> None:
    """The first attempt writes it, with what S3's list says; no message is left over for the dead-letter queue."""
    w, put = uploaded(**facts)

    finding = w.deposit(put)

    record = w.records.items[REF]
    assert (Outcome.UNREADABLE, False, False) == (finding.outcome, finding.success, finding.back_to_queue)
    assert record.last_check.message.startswith("could not be read: S3 refuses its bytes: ")
    assert ("v1", len(BODY), {}, None) == (record.version_id, record.size, record.digests, record.last_good_date)
    assert (NOW, NOW, None) == (record.deposit_date, record.last_check.ended, record.last_check.replication)
    assert facts.get("storage_class", "STANDARD") == record.last_check.storage_class
    assert NOW + RETRY == record.next_check == w.schedule.rows[REF].due


def test_l38_it_is_told_once_and_checked_every_day() -> None:
    """The daily check writes the same finding anew, as a known one, and sends nothing to the dead-letter queue."""
    w, put = uploaded(storage_class="GLACIER")
    w.deposit(put)
    records = [w.records.items[REF]]
    for _ in range(3):
        w.clock.advance(days=1)
        finding = w.verify()
        assert (Outcome.UNREADABLE, True, False) == (finding.outcome, finding.known, finding.back_to_queue)
        records.append(w.records.items[REF])

    news = [to_announce([change]) for change in _changes(*records)]
    assert [[Kind.FAILURE], [], [], []] == [[item.kind for item in found] for found in news]
    kinds = [(event.kind, event.outcome) for event in events_of_changes(_changes(*records))]
    assert [("deposit", "unreadable"), *[("check", "unreadable")] * 3] == kinds
    assert NOW == records[-1].deposit_date


def test_l38_it_is_in_coverage_and_report() -> None:
    """It counts as failing and never found good, and its line in the list says why."""
    w, put = uploaded(storage_class="DEEP_ARCHIVE")
    w.deposit(put)
    record, count = w.records.items[REF], FixityCount()

    add_to_count(count, record, covered=False, overdue=False)

    assert (1, 1, 1, 0) == (count.objects, count.failing, count.never_verified, count.unreplicated)
    assert ",unreadable,false," in line(record, NOW, POLICY)
    assert "could not be read: S3 refuses its bytes: it lies in DEEP_ARCHIVE" in line(record, NOW, POLICY)


def test_l38_it_is_deposited_as_soon_as_s3_returns_it() -> None:
    """A restored object, or a key that can be used again, gets its digests at the next check."""
    w, put = uploaded(storage_class="GLACIER")
    w.deposit(put)
    w.clock.advance(days=1)
    stored = w.store.versions[REF][0]
    stored.facts = attrs.evolve(stored.facts, storage_class="STANDARD")

    assert Outcome.MATCH is w.verify().outcome
    assert w.records.items[REF].has_baseline


def test_l38_a_sweep_asks_for_it_once() -> None:
    """What the sweep found without a record has one after its message, and the next message reads nothing."""
    w, _ = uploaded(storage_class="GLACIER")

    assert Outcome.UNREADABLE is deposit_unrecorded(w.care, REF, attempt(w.clock)).outcome
    w.store.opened.clear()
    assert "recorded before: nothing changed" == deposit_unrecorded(w.care, REF, attempt(w.clock)).action
    assert [] == w.store.opened


def test_l03_a_permission_that_is_missing_is_waited_for_until_the_last_attempt() -> None:
    """AccessDenied may be the service's own role, not the object: the record says so when no attempt is left."""
    w, put = uploaded()
    w.store.on_open = raising(ReadRefusedError("S3 answered AccessDenied: Access Denied", lasting=False))

    with pytest.raises(ReadRefusedError):
        w.deposit(put)
    assert {} == w.records.items
    finding = w.deposit(put, receives=3, last=True)

    assert (Outcome.UNREADABLE, True) == (finding.outcome, finding.back_to_queue)
    assert "AccessDenied" in w.records.items[REF].last_check.message
    w.clock.advance(days=1)
    assert (True, False) == ((again := w.verify(receives=3, last=True)).known, again.back_to_queue)


def test_l38_a_redrive_deposits_what_s3_refused_before() -> None:
    """Once the permission is repaired, the message from the dead-letter queue gives the object its digests."""
    w, put = uploaded()
    w.store.on_open = raising(ReadRefusedError("S3 answered AccessDenied: Access Denied", lasting=False))
    w.deposit(put, receives=3, last=True)
    w.store.on_open = lambda _: None

    finding = w.deposit(put)

    record = w.records.items[REF]
    assert (Outcome.MATCH, "deposited", True) == (finding.outcome, finding.action, record.has_baseline)
    assert record.next_check == w.schedule.rows[REF].due
    assert "recorded before: nothing changed" == w.deposit(put).action


def test_l38_a_refusal_is_not_asked_for_twice_by_one_read() -> None:
    """A new connection changes nothing; the version that the list shows is asked for once, to be sure that it is it."""
    w, put = uploaded(storage_class="GLACIER")
    w.deposit(put)

    assert [(REF, None, False), (REF, "v1", False)] == w.store.opened


def test_l07_a_version_that_came_meanwhile_is_not_called_refused() -> None:
    """If the list already shows another version, which S3 returns, the message goes back."""
    w, put = uploaded(storage_class="GLACIER")

    def newer(number: int) -> None:
        if number == 1:
            w.store.on_open = lambda _: None
            w.store.put(REF, b"newer")
            raise ReadRefusedError("it lies in GLACIER", lasting=True)

    w.store.on_open = newer
    with pytest.raises(TransientError, match="another version became current"):
        w.deposit(put)
    assert {} == w.records.items


def test_l38_an_object_that_was_archived_later_keeps_its_baseline() -> None:
    """A check that S3 refuses for good is recorded at the first attempt, without a dead letter."""
    w, put = uploaded()
    w.deposit(put)
    baseline = w.records.items[REF].digests
    w.store.on_open = raising(ReadRefusedError("it lies in GLACIER", lasting=True))

    finding = w.verify()

    record = w.records.items[REF]
    assert (Outcome.UNREADABLE, False, False) == (finding.outcome, finding.success, finding.back_to_queue)
    assert (baseline, NOW) == (record.digests, record.last_good_date)


def test_l38_an_unreadable_object_leaves_one_dead_letter_and_not_one_a_day() -> None:
    """What may be repaired outside of the object is sent to the dead-letter queue when it is new."""
    w, put = uploaded()
    w.deposit(put)
    w.store.on_open = raising(ReadRefusedError("S3 answered AccessDenied: Access Denied", lasting=False))

    sent = [w.verify(receives=3, last=True).back_to_queue for _ in range(3)]

    assert [True, False, False] == sent


def test_l38_an_overwrite_that_s3_refuses_takes_the_place_of_the_old_version() -> None:
    """The record is that of what is current, also if its event was lost or a deletion brought it about."""
    for lost in (False, True):
        w, first = uploaded()
        w.deposit(first)
        second = w.store.put(REF, b"newer", storage_class="GLACIER")
        if lost:
            w.verify(outdated=True)
        else:
            after_deletion(w.care, REF, normalised("00FF"), attempt(w.clock))

        record = w.records.items[REF]
        assert (second.version_id, Outcome.UNREADABLE) == (record.version_id, record.last_check.outcome)
        assert second.version_id == w.schedule.rows[REF].version_id


def test_l28_a_folder_marker_in_an_archive_class_is_ignored() -> None:
    """Whatever its class, it is no object to look after."""
    w = world()
    marker = ObjectRef("b", "folder/")
    w.deposit(w.store.put(marker, b"", storage_class="GLACIER"))

    assert {} == w.records.items
