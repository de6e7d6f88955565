"""Objects of the version id `null`: versioning is off or suspended, and each upload overwrites the one before."""

import hashlib
from datetime import datetime, timedelta

import pytest

from runtime.fixity.deposit import deposit
from runtime.fixity.errors import UnreadableError
from runtime.fixity.follow_deletion import after_deletion
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.fixity.sequencer import normalised
from tests.support.builders import BODY, NOW, REF, World, attempt, world
from tests.support.fakes import Happening

SHORTER = b"another letter"


def _upload(w: World, body: bytes = BODY, *, modified: datetime | None = None) -> Happening:
    return w.store.put(REF, body, modified=modified or w.clock.now(), replication=Replication.NONE)


@pytest.fixture
def w() -> World:
    made = world()
    made.store.versioned = False
    made.deposit(_upload(made))
    made.clock.advance(days=90)
    del made.schedule.rows[REF]
    made.store.opened.clear()
    return made


def _sha256(w: World) -> str:
    return w.records.items[REF].digests["sha256"]


def test_l39_an_ordinary_overwrite_is_deposited(w: World) -> None:
    """The event of an upload over the version `null` gives a new baseline, as any new version does."""
    finding = w.deposit(_upload(w, SHORTER))

    record = w.records.items[REF]
    assert (Outcome.MATCH, "deposited") == (finding.outcome, finding.action)
    assert hashlib.sha256(SHORTER).hexdigest() == _sha256(w)
    assert (w.clock.now(), len(SHORTER)) == (record.deposit_date, record.size)


@pytest.mark.parametrize("body", [SHORTER, BODY], ids=["other bytes", "the same bytes"])
@pytest.mark.parametrize("outdated", [True, False])
def test_l39_an_overwrite_whose_event_is_late_is_no_damage(w: World, body: bytes, *, outdated: bool) -> None:
    """A check finds that the content is another one by ETag, size and date, and deposits it."""
    _upload(w, body)

    finding = w.verify("null", outdated=outdated)

    assert Outcome.SUPERSEDED is finding.outcome
    record = w.records.items[REF]
    assert (True, w.clock.now()) == (record.last_check.success, record.deposit_date)
    assert hashlib.sha256(body).hexdigest() == _sha256(w)


def test_l39_damage_of_a_version_null_is_still_damage(w: World) -> None:
    """Where ETag, size and date are those of the deposit, other bytes are a mismatch in two reads."""
    w.store.damage(REF)

    finding = w.verify("null")

    assert (Outcome.MISMATCH, False) == (finding.outcome, finding.success)
    assert hashlib.sha256(BODY).hexdigest() == _sha256(w)


def test_l07_a_repeated_event_of_a_version_null_changes_nothing(w: World) -> None:
    """The event of the upload that is on record is dropped, however often it comes."""
    before = w.records.items[REF]

    finding = deposit(w.care, REF, before.sequencer, attempt(w.clock))

    assert ("recorded before: nothing changed", before) == (finding.action, w.records.items[REF])


def test_l39_a_failing_object_that_was_overwritten_is_deposited(w: World) -> None:
    """The daily check of a damaged object sees the new content, although the id is the same."""
    w.store.damage(REF)
    w.verify("null")
    w.clock.advance(days=1)
    _upload(w, SHORTER)

    assert Outcome.SUPERSEDED is w.verify("null").outcome
    assert w.records.items[REF].last_check.success


def test_l06_a_slow_check_of_overwritten_content_writes_nothing(w: World) -> None:
    """The result of a check never lands on the record of content that was uploaded meanwhile."""

    def overwritten(start: int) -> None:
        if start == 0:
            w.store.on_chunk = lambda _: None
            w.deposit(_upload(w, SHORTER))

    w.store.on_chunk = overwritten
    finding = w.verify("null")

    record = w.records.items[REF]
    assert ("removed or overwritten meanwhile: dropped", True) == (finding.action, record.last_check.success)
    assert (hashlib.sha256(SHORTER).hexdigest(), len(SHORTER)) == (_sha256(w), record.last_check.bytes_read)


def test_l11_two_reads_of_two_contents_confirm_nothing(w: World) -> None:
    """A second read that finds other content is no confirmation: the deposit is tried again."""
    put = _upload(w, SHORTER)
    w.store.damage(REF)

    def overwritten(number: int) -> None:
        if number == 2:
            _upload(w, b"a third letter")
            w.store.damage(REF)

    w.store.on_open = overwritten
    with pytest.raises(UnreadableError, match="overwrote it between the two reads"):
        w.deposit(put)


def test_l02_a_late_event_of_a_deletion_deposits_what_was_uploaded_since(w: World) -> None:
    """What is current has the same id and other content."""
    _upload(w, SHORTER)

    after_deletion(w.care, REF, normalised("00FF"), attempt(w.clock))

    assert hashlib.sha256(SHORTER).hexdigest() == _sha256(w)


def test_l10_overwritten_content_that_is_put_aside_is_no_known_failure(w: World) -> None:
    """A deposit over a damaged object that does not fit the time left is recorded as deferred."""
    w.store.damage(REF)
    w.verify("null")
    _upload(w, SHORTER)

    w.verify("null", seconds=0.001)

    assert Outcome.DEFERRED is w.records.items[REF].last_check.outcome


def test_a_version_that_looks_younger_than_its_deposit_is_deposited_once_more(w: World) -> None:
    """Where S3's clock is ahead of ours, the record is written anew, and says the same."""
    _upload(w, modified=NOW + timedelta(minutes=1))
    before = _sha256(w)

    assert Outcome.SUPERSEDED is w.verify("null").outcome
    assert Outcome.MATCH is w.verify("null").outcome
    assert before == _sha256(w)
