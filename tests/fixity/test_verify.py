from collections.abc import Callable

import attrs
import pytest

from runtime.fixity.due_check import DueCheck
from runtime.fixity.errors import UnreadableError
from runtime.fixity.evidence import Source
from runtime.fixity.outcome import Outcome
from runtime.fixity.schedule import RETRY, another_try
from runtime.fixity.verify import verify
from runtime.shared.errors import ObjectAbsentError, RefusedError, TransientError
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import BODY, INTERVAL, REF, World, attempt, uploaded, world
from tests.support.fakes import base64_of, broken_stream, raising, raising_once


def _under_care(*, parts: tuple[int, ...] = ()) -> World:
    w, put = uploaded(parts=parts)
    w.deposit(put)
    w.clock.advance(days=90)
    # The expiry of the row is what made the object due.
    del w.schedule.rows[REF]
    w.store.opened.clear()
    w.store.heads = 0
    return w


@pytest.fixture
def w() -> World:
    return _under_care()


_unreadable = raising(UnreadableError("S3 answered SlowDown"))


def test_match_updates_the_check_and_comes_again_after_one_interval(w: World) -> None:
    """A matching check leaves the baseline alone and is due again exactly one interval later."""
    before = w.records.items[REF]

    finding = w.verify()

    record = w.records.items[REF]
    assert (Outcome.MATCH, True) == (finding.outcome, finding.success)
    assert w.clock.now() + INTERVAL == record.next_check == w.schedule.rows[REF].due
    assert w.clock.now() == record.last_good_date
    assert (before.digests, before.deposit_date) == (record.digests, record.deposit_date)


def test_common_path_is_one_pinned_get(w: World) -> None:
    """A check asks S3 once, for the version under care."""
    w.verify()

    assert [(REF, "v1", False)] == w.store.opened
    assert 0 == w.store.heads


def test_multipart_object_is_checked_against_its_baseline_without_head() -> None:
    """A healthy multipart object costs one GET: its baseline says all."""
    w = _under_care(parts=(10, 10, 3))

    finding = w.verify()

    assert (Outcome.MATCH, 0) == (finding.outcome, w.store.heads)


def test_damage_is_read_twice_on_a_new_connection_and_then_said(w: World) -> None:
    """A flipped bit is a mismatch after a second read, with the baseline intact and the next check a day later."""
    baseline = w.records.items[REF].digests
    w.store.damage(REF)

    finding = w.verify()

    record = w.records.items[REF]
    assert (Outcome.MISMATCH, False) == (finding.outcome, finding.success)
    assert [False, True] == [fresh for _, _, fresh in w.store.opened]
    assert 2 == record.last_check.reads
    assert (baseline, False) == (record.digests, record.last_check.success)
    assert "baseline, sha256: expected" in record.last_check.message
    assert w.clock.now() + RETRY == w.schedule.rows[REF].due
    assert record.last_good_date is not None
    assert record.last_good_date < w.clock.now()


def test_recovery_after_damage_is_recorded() -> None:
    """When the good copy is back, the next check matches, against all evidence, and the interval is the long one."""
    w = _under_care(parts=(10, 13))
    w.store.damage(REF)
    w.verify()
    w.store.damage(REF)

    finding = w.verify()

    record = w.records.items[REF]
    assert (Outcome.MATCH, True) == (finding.outcome, record.last_check.success)
    assert Source.ETAG in {c.evidence.source for c in record.last_check.comparisons}
    assert w.clock.now() + INTERVAL == w.schedule.rows[REF].due


def test_l11_unstable_stream_is_not_damage(w: World) -> None:
    """One bad read followed by a good one is a match."""
    w.store.damage(REF)
    w.store.on_open = lambda number: w.store.damage(REF) if number == 2 else None

    assert Outcome.MATCH is w.verify().outcome


def test_l11_second_read_that_breaks_is_unreadable_not_mismatch(w: World) -> None:
    """A mismatch that cannot be read twice is not said."""
    w.store.damage(REF)
    w.store.on_open = lambda number: _unreadable(number) if number > 1 else None

    finding = w.verify()

    assert (Outcome.UNREADABLE, True) == (finding.outcome, finding.back_to_queue)
    assert w.records.items[REF].last_check.success


def test_l03_unreadable_object_goes_back_to_the_queue_and_changes_nothing(w: World) -> None:
    """A read error before the last receive leaves the record as it is."""
    before = dict(w.records.items)
    w.store.on_open = _unreadable

    finding = w.verify()

    assert (Outcome.UNREADABLE, None, True) == (finding.outcome, finding.success, finding.back_to_queue)
    assert before == w.records.items


def test_l11_unreadable_on_the_last_receive_is_recorded_with_the_baseline_intact(w: World) -> None:
    """After the last receive the record says unreadable, keeps its baseline, and is due again a day later."""
    baseline = w.records.items[REF].digests
    w.store.on_open = _unreadable

    finding = w.verify(receives=5, last=True)

    record = w.records.items[REF]
    assert (Outcome.UNREADABLE, False, True) == (finding.outcome, finding.success, finding.back_to_queue)
    assert (Outcome.UNREADABLE, False) == (record.last_check.outcome, record.last_check.success)
    assert baseline == record.digests
    assert w.clock.now() + RETRY == w.schedule.rows[REF].due


@pytest.mark.parametrize("failing", ["get", "record_check"])
def test_l04_redelivered_message_has_a_row_before_it_reads(w: World, failing: str) -> None:
    """A check whose tables fail for ever does not end the monitoring: tomorrow's row stands from the second try on."""

    def down(call: str) -> None:
        if call == failing and w.schedule.rows:
            raise TransientError("throttled")

    w.records.before = down
    with pytest.raises(TransientError):
        w.verify(receives=2) if failing != "get" else _twice(w)

    assert w.clock.now() + RETRY == w.schedule.rows[REF].due


def _twice(w: World) -> None:
    w.store.on_open = _unreadable
    w.verify(receives=2)
    w.verify(receives=3)


def test_first_delivery_writes_no_row_before_it_reads(w: World) -> None:
    """The safety row costs nothing on the common path."""
    w.store.on_open = _unreadable

    w.verify()

    assert {} == w.schedule.rows


def test_missed_delete_is_cleaned_up(w: World) -> None:
    """An object whose version is gone under a delete marker is removed from care."""
    w.store.delete_version(REF, 0)
    w.store.delete(REF)

    finding = w.verify()

    assert (Outcome.ABSENT, None) == (finding.outcome, finding.success)
    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_missed_overwrite_is_deposited(w: World) -> None:
    """When another version is current and the one under care is gone, the current one is taken under care."""
    w.store.put(REF, b"newer")
    w.store.delete_version(REF, 0)

    assert Outcome.SUPERSEDED is w.verify().outcome
    assert ("v2", "v2") == (w.records.items[REF].version_id, w.schedule.rows[REF].version_id)


def test_l04_an_overwrite_whose_event_was_lost_is_seen_while_the_old_version_can_be_read(w: World) -> None:
    """A sweep that saw another version in S3's list has what is current taken under care at once."""
    w.store.put(REF, b"newer")

    assert Outcome.SUPERSEDED is w.verify(outdated=True).outcome
    assert ("v2", "v2") == (w.records.items[REF].version_id, w.schedule.rows[REF].version_id)


@pytest.mark.parametrize("outdated", [True, False])
def test_l03_a_successor_that_cannot_be_read_is_recorded_on_the_last_receive(w: World, *, outdated: bool) -> None:
    """Where the version under care is gone and the current one is refused, the record does not go on saying match."""
    _replace(w)
    w.store.on_open = lambda number: _unreadable(number) if outdated or number > 1 else None

    first = w.verify(outdated=outdated)
    assert (True, True) == (first.back_to_queue, w.records.items[REF].last_check.success)
    w.store.opened.clear()
    last = w.verify(outdated=outdated, receives=5, last=True)

    assert (Outcome.UNREADABLE, False, True) == (last.outcome, last.success, last.back_to_queue)
    assert "could not be read: another version is current, v2: " in w.records.items[REF].last_check.message
    assert w.clock.now() + RETRY == w.schedule.rows[REF].due


def test_l13_an_overwrite_that_cannot_be_read_is_told_once(w: World) -> None:
    """The daily check does not go back to the old version, call it good, and have the failure told again."""
    w.store.put(REF, b"newer")
    w.store.on_open = _unreadable
    w.verify(outdated=True, receives=5, last=True)

    for _ in range(3):
        w.clock.advance(days=1)
        w.store.opened.clear()
        finding = w.verify(receives=5, last=True)
        assert (Outcome.UNREADABLE, True) == (finding.outcome, finding.known)
        assert {None} == {version for _, version, _ in w.store.opened}


def test_l04_a_failing_object_that_was_deleted_unannounced_goes_out_of_care(w: World) -> None:
    """The daily check of a damaged object sees the delete marker, though the damaged version can still be read."""
    w.store.damage(REF)
    w.verify()
    w.clock.advance(days=1)
    w.store.delete(REF)

    assert Outcome.ABSENT is w.verify().outcome
    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_l03_a_look_that_s3_refuses_is_recorded_on_the_last_receive(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where S3 does not say what is current, the check is unreadable, not an error that leaves the record as it was."""
    w.store.delete_version(REF, 0)

    monkeypatch.setattr(w.store, "current_version", raising(RefusedError("looking at what is current: 403")))
    finding = w.verify(receives=5, last=True)

    assert (Outcome.UNREADABLE, False) == (finding.outcome, w.records.items[REF].last_check.success)


def test_l28_a_file_that_became_a_folder_marker_is_removed_from_care() -> None:
    """When an empty marker took the place of the version under care, nothing is left to be checked."""
    w = world()
    ref = ObjectRef("b", "odd/")
    w.deposit(w.store.put(ref, b"x"))
    w.store.put(ref, b"")
    w.store.delete_version(ref, 0)

    verify(w.care, w.replicas, DueCheck(ref, "v1"), attempt(w.clock))

    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_l10_a_contradicted_deposit_that_is_put_aside_stays_contradicted() -> None:
    """Where no time is left to look again, what was found stays on record, and its recovery can be told."""
    w = world()
    w.deposit(w.store.put(REF, BODY, depositor={"md5": "0" * 32}))
    before = w.records.items[REF]
    w.clock.advance(days=1)

    finding = w.verify("", seconds=0.001)

    due = another_try(REF, w.clock.now())
    assert Outcome.DEFERRED is finding.outcome
    assert attrs.evolve(before, next_check=due) == w.records.items[REF]
    assert due == w.schedule.rows[REF].due


def test_l13_a_failure_that_was_known_is_not_news(w: World) -> None:
    """The daily check of a damaged object says so; another failure, or the same after a recovery, is news again."""

    def known() -> bool:
        w.clock.advance(days=1)
        return w.verify(receives=5, last=True).known

    w.store.damage(REF)
    assert [False, True, True] == [known() for _ in range(3)]
    w.store.on_open = _unreadable
    assert [False, True] == [known() for _ in range(2)]
    w.store.on_open = lambda _: None
    w.store.damage(REF)
    assert not known()
    w.store.damage(REF)
    assert not known()


def test_key_that_vanished_without_a_marker_is_a_failure(w: World) -> None:
    """An object that is gone without a delete marker is reported, kept on record, and looked for every day."""
    w.store.delete_version(REF, 0)

    finding = w.verify()

    record = w.records.items[REF]
    assert (Outcome.ABSENT, False) == (finding.outcome, finding.success)
    assert "gone and there is no delete marker" in record.last_check.message
    assert record.digests
    assert w.clock.now() + RETRY == w.schedule.rows[REF].due


def test_version_that_s3_lists_but_does_not_hand_out_is_unreadable(w: World) -> None:
    """A version that is said to be current and absent at once is tried again, not called absent."""
    w.store.on_open = raising(ObjectAbsentError("404"))
    finding = w.verify()

    assert (Outcome.UNREADABLE, True) == (finding.outcome, finding.back_to_queue)


def test_message_for_an_old_version_is_dropped(w: World) -> None:
    """A due message of a version that was overwritten changes nothing: the new version has its own row."""
    before = dict(w.records.items)

    assert Outcome.SUPERSEDED is w.verify("v0").outcome
    assert ([], before) == (w.store.opened, w.records.items)


def test_message_for_an_object_not_under_care_is_dropped() -> None:
    """A due message without a record changes nothing and reads nothing."""
    w = world()

    finding = w.verify(receives=3)

    assert (None, [], {}) == (finding.outcome, w.store.opened, w.schedule.rows)


def test_l06_record_removed_during_the_check_stays_removed(w: World) -> None:
    """A check never resurrects a record that was removed meanwhile, nor its schedule row."""
    w.store.on_chunk = lambda _: w.records.items.clear()

    finding = w.verify()

    assert ({}, {}) == (w.records.items, w.schedule.rows)
    assert "removed or overwritten meanwhile: dropped" == finding.action


def test_l06_object_overwritten_during_the_check_keeps_its_new_baseline(w: World) -> None:
    """A check of the old version does not touch the record of the new one."""

    def overwritten(_: int) -> None:
        w.store.on_open = lambda _: None
        w.deposit(w.store.put(REF, b"newer"))

    w.store.on_open = overwritten
    w.verify()

    assert ("v2", "v2") == (w.records.items[REF].version_id, w.schedule.rows[REF].version_id)
    assert w.records.items[REF].last_check.success


def test_l06_baseline_attempt_on_a_removed_record_does_not_resurrect_it() -> None:
    """A deposit made in the place of a put-aside one writes nothing where the record was removed meanwhile."""
    w, put = uploaded()
    w.deposit(put, seconds=0.001)
    w.schedule.rows.clear()
    w.store.on_chunk = lambda _: w.records.items.clear()

    w.verify("")

    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_put_aside_deposit_gets_its_baseline_at_the_next_attempt() -> None:
    """An object that was put aside at deposit is deposited when it is due and fits."""
    w, put = uploaded()
    w.deposit(put, seconds=0.001)
    w.clock.advance(days=1)

    finding = w.verify(put.version_id)

    assert (Outcome.MATCH, True) == (finding.outcome, w.records.items[REF].has_baseline)
    assert "had no baseline: deposited" == finding.action


def test_put_aside_deposit_that_was_deleted_is_cleaned_up() -> None:
    """A put-aside object under a delete marker is removed from care."""
    w, put = uploaded()
    w.deposit(put, seconds=0.001)
    w.store.delete(REF)

    w.verify(put.version_id)

    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_l10_object_too_large_for_the_time_left_is_put_aside_visibly(w: World) -> None:
    """A check that does not fit the time left fails nothing and is due again after a day, among other objects."""
    before = w.records.items[REF]

    finding = w.verify(seconds=0.001)

    due = another_try(REF, w.clock.now())
    assert (Outcome.DEFERRED, None, False) == (finding.outcome, finding.success, finding.back_to_queue)
    assert attrs.evolve(before, next_check=due) == w.records.items[REF]
    assert due == w.schedule.rows[REF].due


def test_l04_a_deletion_whose_event_was_lost_is_seen_when_s3_does_not_list_the_object(w: World) -> None:
    """Its version can still be read; what is current says that somebody deleted it, and it goes out of care."""
    w.store.delete(REF)

    finding = w.verify()
    assert (Outcome.MATCH, {REF}) == (finding.outcome, set(w.records.items))

    finding = w.verify(outdated=True, seconds=900)
    assert "deleted: a delete marker is current" == finding.message
    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_an_object_that_s3_lists_again_is_checked_as_ever(w: World) -> None:
    """The list is as old as the message: what is current now counts."""
    finding = w.verify(outdated=True)

    assert (Outcome.MATCH, True) == (finding.outcome, finding.success)


def test_l24_a_digest_in_the_objects_metadata_does_not_replace_the_baseline(w: World) -> None:
    """Damage is found although evidence that travels with the object was changed to fit the damaged bytes."""
    w.store.damage(REF)
    stored = w.store.versions[REF][0]
    stored.facts = attrs.evolve(
        stored.facts, etag="0" * 32, checksums={"crc64nvme": base64_of("crc64nvme", stored.body)}
    )

    finding = w.verify()

    assert Outcome.MISMATCH is finding.outcome
    assert "baseline, sha256" in finding.message


def test_l35_contradiction_with_the_stored_checksum_is_said_as_mismatch(w: World) -> None:
    """A stored checksum that does not fit the bytes is a mismatch that names it, not a read error."""
    stored = w.store.versions[REF][0]
    stored.facts = attrs.evolve(stored.facts, checksums={"crc64nvme": base64_of("crc64nvme", b"other")})

    finding = w.verify()

    assert Outcome.MISMATCH is finding.outcome
    assert "S3 stored checksum, crc64nvme" in finding.message


def _replace(w: World) -> None:
    w.store.put(REF, b"newer")
    w.store.delete_version(REF, 0)


def _forget_baseline(w: World) -> None:
    w.records.items[REF] = attrs.evolve(w.records.items[REF], digests={"sha3": "00"})


SPOILED: dict[str, tuple[Outcome, Callable[[World], object]]] = {
    "sound": (Outcome.MATCH, lambda _: None),
    "damaged": (Outcome.MISMATCH, lambda w: w.store.damage(REF)),
    "lost": (Outcome.ABSENT, lambda w: w.store.delete_version(REF, 0)),
    "refused": (Outcome.UNREADABLE, lambda w: setattr(w.store, "on_open", _unreadable)),
    "replaced": (Outcome.SUPERSEDED, _replace),
    "without a baseline": (Outcome.NO_BASELINE, _forget_baseline),
    "too slow": (Outcome.DEFERRED, lambda w: setattr(w.store, "on_chunk", lambda _: w.clock.advance(minutes=2))),
    "broken off once": (Outcome.MATCH, lambda w: setattr(w.store, "on_chunk", raising_once(broken_stream()))),
}


def test_l04_every_outcome_is_tried() -> None:
    """The cases of the next test bring about all outcomes that there are."""
    assert set(Outcome) == {outcome for outcome, _ in SPOILED.values()}


@pytest.mark.parametrize(("outcome", "spoil"), SPOILED.values(), ids=SPOILED)
def test_l04_every_outcome_schedules_the_next_check(
    w: World, outcome: Outcome, spoil: Callable[[World], object]
) -> None:
    """Whatever a check finds on its last receive, the object is due again."""
    spoil(w)

    assert outcome is w.verify(receives=5, last=True).outcome
    assert w.records.items[REF].next_check == w.schedule.rows[REF].due
    assert w.schedule.rows[REF].due > w.clock.now()


def test_baseline_that_this_software_cannot_compute_is_no_match(w: World) -> None:
    """A record whose digests are all of unknown algorithms fails as no-baseline and keeps its digests."""
    w.records.items[REF] = attrs.evolve(w.records.items[REF], digests={"sha3": "00"})

    finding = w.verify()

    assert (Outcome.NO_BASELINE, False) == (finding.outcome, finding.success)
    assert {"sha3": "00"} == w.records.items[REF].digests


def test_check_records_who_checked_what_and_when(w: World) -> None:
    """The last check carries bytes, times, storage class and the agent."""
    w.verify()

    check = w.records.items[REF].last_check
    assert (len(BODY), 1, "STANDARD", "req-1") == (
        check.bytes_read,
        check.reads,
        check.storage_class,
        check.agent.request_id,
    )
    assert check.started <= check.ended


@pytest.mark.parametrize("row_was_written", [True, False])
def test_a_check_that_was_made_since_it_was_asked_for_is_not_made_again(w: World, *, row_was_written: bool) -> None:
    """An object asked for twice is read once; the second message finds the row, or writes what a crash left out."""
    asked = w.clock.now()
    w.clock.advance(seconds=1)
    w.verify()
    row, record = w.schedule.rows[REF], w.records.items[REF]
    w.store.opened.clear()
    if not row_was_written:
        del w.schedule.rows[REF]

    finding = verify(w.care, w.replicas, DueCheck(REF, "v1"), attrs.evolve(attempt(w.clock, receives=2), asked=asked))

    assert [] == w.store.opened
    assert (None, None) == (finding.outcome, finding.success)
    assert (row, record) == (w.schedule.rows[REF], w.records.items[REF])


def test_a_check_that_was_asked_for_since_the_last_one_is_made(w: World) -> None:
    """Whoever asks after a check has begun gets another one."""
    w.verify()

    finding = verify(w.care, w.replicas, DueCheck(REF, "v1"), attrs.evolve(attempt(w.clock), asked=w.clock.now()))

    assert Outcome.MATCH == finding.outcome
    assert 2 == len(w.store.opened)


@pytest.mark.parametrize("spoiled", ["", "see above", "ab"])
def test_l45_a_spoiled_digest_in_a_record_is_no_damage_of_the_object(w: World, spoiled: str) -> None:
    """Where the record's digest cannot be one, the check says that it has nothing to compare with."""
    w.records.items[REF] = attrs.evolve(w.records.items[REF], digests={"sha256": spoiled})

    finding = w.verify()

    assert (Outcome.NO_BASELINE, False) == (finding.outcome, finding.success)
    assert "not compared, it is not 64 hexadecimal digits" in w.records.items[REF].last_check.comparisons[0].text
