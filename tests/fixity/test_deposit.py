import hashlib

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.fixity.deposit import deposit, deposit_marker, deposit_unrecorded
from runtime.fixity.errors import UnreadableError
from runtime.fixity.evidence import Source, Verdict
from runtime.fixity.objects import Encryption, Replication
from runtime.fixity.outcome import Outcome
from runtime.fixity.remove import remove
from runtime.fixity.schedule import RETRY, another_try, first_check
from runtime.fixity.sequencer import normalised
from runtime.shared.errors import TransientError
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import BODY, INTERVAL, NOW, REF, World, attempt, uploaded, world
from tests.support.fakes import Happening, base64_of, broken_stream, raising, raising_once


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def put(w: World) -> Happening:
    return w.store.put(REF, BODY)


def test_deposit_records_digests_evidence_and_first_due_date(w: World, put: Happening) -> None:
    """A deposit writes one record with all digests and the comparisons made, and one schedule row."""
    finding = w.deposit(put)

    record = w.records.items[REF]
    assert Outcome.MATCH is finding.outcome
    assert {
        "sha256": hashlib.sha256(BODY).hexdigest(),
        "md5": hashlib.md5(BODY, usedforsecurity=False).hexdigest(),
    } == {name: record.digests[name] for name in ("sha256", "md5")}
    assert {Source.ETAG, Source.S3_CHECKSUM} == {c.evidence.source for c in record.last_check.comparisons}
    assert {Verdict.MATCH} == {c.verdict for c in record.last_check.comparisons}
    assert "ok" == record.last_check.message
    assert first_check(REF, NOW, INTERVAL) == record.next_check
    assert record.next_check == w.schedule.rows[REF].due
    assert (put.version_id, put.version_id) == (record.version_id, w.schedule.rows[REF].version_id)


def test_common_path_is_one_get_and_no_head(w: World, put: Happening) -> None:
    """A deposit of a single-part object asks S3 once."""
    w.deposit(put)

    assert 1 == len(w.store.opened)
    assert 0 == w.store.heads


def test_l03_a_refused_read_changes_no_record(w: World) -> None:
    """A read that S3 throttles goes back to the queue and leaves an earlier good record as it was."""
    first = w.store.put(REF, BODY)
    w.deposit(first)
    before = dict(w.records.items)
    second = w.store.put(REF, b"new")

    w.store.on_open = raising(UnreadableError("S3 answered SlowDown"))
    with pytest.raises(UnreadableError):
        w.deposit(second)

    assert before == w.records.items


def test_broken_stream_is_read_again_from_a_fresh_connection(w: World, put: Happening) -> None:
    """A stream that breaks half-way is read again from its start on a new connection, and then recorded as good."""
    w.store.on_chunk = lambda start: once(start) if start else None
    once = raising_once(broken_stream())

    assert Outcome.MATCH is w.deposit(put).outcome
    assert [False, True] == [fresh for _, _, fresh in w.store.opened]


def test_short_stream_is_unreadable(w: World, put: Happening) -> None:
    """A stream that ends before the announced length is never hashed as if it were whole."""
    stored = w.store.versions[REF][0]
    stored.body = BODY[:5]

    with pytest.raises(UnreadableError, match="5 bytes came, 23 were announced"):
        w.deposit(put)
    assert {} == w.records.items


def test_contradiction_is_read_twice_and_then_said(w: World, put: Happening) -> None:
    """Bytes that contradict S3's evidence in two reads give a failed record that names evidence and digests."""
    w.store.damage(REF)

    finding = w.deposit(put)

    record = w.records.items[REF]
    assert Outcome.MISMATCH is finding.outcome
    assert record.last_check.success is False
    assert f"S3 ETag, md5: expected {hashlib.md5(BODY, usedforsecurity=False).hexdigest()}" in record.last_check.message
    assert "S3 stored checksum, crc64nvme" in record.last_check.message
    assert [(None, False), (put.version_id, True)] == [(version, fresh) for _, version, fresh in w.store.opened]
    assert NOW + RETRY == w.schedule.rows[REF].due


def test_contradicted_bytes_become_nobodys_baseline(w: World, put: Happening) -> None:
    """When the good bytes are back, the next check takes them as baseline, not the damaged ones."""
    w.store.damage(REF)
    w.deposit(put)
    w.store.damage(REF)
    w.clock.advance(days=1)

    assert Outcome.MATCH is w.verify("").outcome
    assert hashlib.sha256(BODY).hexdigest() == w.records.items[REF].digests["sha256"]
    assert NOW == w.records.items[REF].deposit_date


def test_l11_contradiction_that_the_second_read_does_not_confirm_is_none(w: World, put: Happening) -> None:
    """A single bad read is not damage."""
    w.store.damage(REF)
    w.store.on_open = lambda number: w.store.damage(REF) if number == 2 else None

    finding = w.deposit(put)

    assert (Outcome.MATCH, True) == (finding.outcome, finding.success)
    assert 2 == w.records.items[REF].last_check.reads


def test_l09_multipart_etag_is_compared_with_one_head() -> None:
    """A multipart object with equal parts is compared after one HEAD for the size of the first part."""
    w, put = uploaded(parts=(10, 10, 3))

    w.deposit(put)

    comparison = w.records.items[REF].last_check.comparisons[0]
    assert (Source.ETAG, 3, Verdict.MATCH) == (
        comparison.evidence.source,
        comparison.evidence.parts,
        comparison.verdict,
    )
    assert 1 == w.store.heads


def test_l09_unequal_parts_are_asked_for() -> None:
    """A multipart object with unequal parts is compared by the sizes of all its parts."""
    w, put = uploaded(parts=(10, 5, 8))

    finding = w.deposit(put)

    assert (Outcome.MATCH, True) == (finding.outcome, finding.success)
    assert Verdict.MATCH is w.records.items[REF].last_check.comparisons[0].verdict


@pytest.mark.parametrize(("numbers", "known", "reads"), [((2, 5, 6), 0, 1), ((1, 2, 9), 2, 2)])
def test_l42_parts_whose_sizes_s3_does_not_state_do_not_hold_up_a_deposit(
    numbers: tuple[int, ...], known: int, reads: int
) -> None:
    """Part numbers with gaps: the ETag is recorded as not compared with the reason, and all else is compared."""
    w, put = uploaded(parts=(10, 5, 8), numbers=numbers)

    assert Outcome.MATCH is w.deposit(put).outcome
    etag, checksum = w.records.items[REF].last_check.comparisons
    assert (Verdict.NOT_COMPARED, Verdict.MATCH) == (etag.verdict, checksum.verdict)
    assert f"S3 states the sizes of {known} of 3 parts" in etag.text
    # The first part made the first read take all parts for equal.
    assert reads == len(w.store.opened)


def test_l42_sizes_that_do_not_add_up_are_not_compared() -> None:
    """What S3 states of the parts must fit the object."""
    w, put = uploaded(parts=(10, 5, 9), etag=f"{'0' * 32}-3")

    assert Outcome.MATCH is w.deposit(put).outcome
    assert "do not add up" in w.records.items[REF].last_check.comparisons[0].text


def test_l42_sizes_that_s3_does_not_tell_are_asked_for_until_the_last_attempt() -> None:
    """A throttled HEAD sends the message back; the last attempt deposits without that evidence, and says so."""
    w, put = uploaded(parts=(10, 13))
    w.store.on_part_sizes = raising(UnreadableError("S3 answered SlowDown for part 1"))

    with pytest.raises(UnreadableError, match="SlowDown"):
        w.deposit(put)
    finding = w.deposit(put, receives=3, last=True)

    assert (Outcome.MATCH, True) == (finding.outcome, finding.success)
    comparison = w.records.items[REF].last_check.comparisons[0]
    assert Verdict.NOT_COMPARED is comparison.verdict
    assert "could not be had: S3 answered SlowDown for part 1" in comparison.text


def test_l08_object_under_kms_is_deposited_without_failure() -> None:
    """Under SSE-KMS the ETag is recorded as not compared and the deposit is good."""
    w, put = uploaded(encryption=Encryption.KMS, etag="0" * 32)

    assert Outcome.MATCH is w.deposit(put).outcome
    assert Verdict.NOT_COMPARED is w.records.items[REF].last_check.comparisons[0].verdict


def test_depositors_wrong_digest_is_a_contradiction() -> None:
    """A digest in the depositor's metadata that does not fit is said as such."""
    w, put = uploaded(depositor={"sha256": "0" * 64})

    finding = w.deposit(put)

    assert Outcome.MISMATCH is finding.outcome
    assert "depositor's metadata, sha256" in finding.message


def test_l57_a_wrong_digest_of_the_depositor_is_told_from_damage() -> None:
    """Only a depositor's digest that alone contradicts is disputed, also if read once; another contradiction is not."""
    w, put = uploaded(depositor={"sha256": "0" * 64, "md5": "0" * 32})
    assert w.deposit(put).disputed

    once, put = uploaded(depositor={"sha256": "0" * 64})
    once.store.on_chunk = lambda _: once.clock.advance(seconds=10)
    finding = once.deposit(put, seconds=45, receives=3, last=True)
    assert finding.message.startswith("read once")
    assert finding.disputed

    other, put = uploaded(depositor={"sha256": "0" * 64})
    other.store.damage(REF)
    damaged = other.deposit(put)
    assert "depositor's metadata" in damaged.message
    assert not damaged.disputed


def test_l57_damage_after_a_wrong_digest_is_a_failed_check_of_its_own() -> None:
    """The daily check of a disputed object knows it; when its bytes change that is not known before."""
    w, put = uploaded(depositor={"sha256": "0" * 64})
    w.deposit(put)
    w.clock.advance(days=1)
    again = w.verify()
    assert again.known
    assert again.disputed

    w.store.damage(REF)
    w.clock.advance(days=1)
    damaged = w.verify()

    assert (False, False) == (damaged.known, damaged.disputed)


def test_l05_evidence_and_bytes_come_from_one_answer(w: World, put: Happening) -> None:
    """An overwrite between the reads does not mix two versions: the second read is pinned to the first's version."""
    w.store.damage(REF)

    def overwritten(number: int) -> None:
        if number == 2:
            w.store.put(REF, b"newer")

    w.store.on_open = overwritten

    w.deposit(put)

    assert put.version_id == w.records.items[REF].version_id
    assert put.version_id == w.store.opened[1][1]


def test_l10_object_too_large_for_the_time_left_is_put_aside_visibly(w: World, put: Happening) -> None:
    """An object that does not fit the time left is recorded as deferred, with a due date, and is no failure."""
    finding = w.deposit(put, seconds=0.001)

    record = w.records.items[REF]
    assert (Outcome.DEFERRED, None) == (finding.outcome, finding.success)
    assert "23 bytes at 1000 bytes per second do not fit" in finding.message
    assert ({}, None) == (record.digests, record.last_check.success)
    assert another_try(REF, NOW) == w.schedule.rows[REF].due


@pytest.mark.parametrize("seconds", [60, 0.001])
def test_a_deposit_is_dated_by_its_own_check(w: World, put: Happening, seconds: float) -> None:
    """By this the audit trail tells it from a record that was written back, also where the object was put aside."""
    w.deposit(put, seconds=seconds)

    record = w.records.items[REF]
    assert record.deposit_date == record.last_check.ended


def test_l10_slow_read_is_put_aside_at_the_deadline(w: World, put: Happening) -> None:
    """A read that turns out slower than thought stops at the deadline and is put aside."""
    w.store.on_chunk = lambda _: w.clock.advance(seconds=30)

    finding = w.deposit(put, seconds=45)

    assert Outcome.DEFERRED is finding.outcome
    assert "of 23 bytes were read in the time given" in finding.message


def test_l04_what_a_sweep_found_is_deposited_once_and_outdone_by_events(w: World, put: Happening) -> None:
    """An object without a record gets one; asked for again it is not read; the event that was late is the newer one."""
    first = deposit_unrecorded(w.care, REF, attempt(w.clock))
    record = w.records.items[REF]
    again = deposit_unrecorded(w.care, REF, attempt(w.clock))

    assert ("deposited", "recorded before: nothing changed") == (first.action, again.action)
    assert (1, record) == (len(w.store.opened), w.records.items[REF])
    assert w.schedule.rows[REF].due == record.next_check

    w.deposit(put)
    assert attrs.evolve(record, sequencer=put.sequencer) == w.records.items[REF]


def test_l27_what_a_sweep_found_gets_its_row_after_a_crash(w: World) -> None:
    """A crash between record and row is mended by the next receive, which finds the record."""
    w.store.put(REF, BODY)
    w.schedule.before = raising_once(TransientError("throttled"))
    with pytest.raises(TransientError):
        deposit_unrecorded(w.care, REF, attempt(w.clock))

    deposit_unrecorded(w.care, REF, attempt(w.clock, receives=2))

    assert w.records.items[REF].next_check == w.schedule.rows[REF].due


def test_what_a_sweep_found_may_be_gone_meanwhile(w: World) -> None:
    """An object that was deleted before the message was worked on stays out of care."""
    w.store.put(REF, BODY)
    w.store.delete(REF)

    finding = deposit_unrecorded(w.care, REF, attempt(w.clock))

    assert "nothing is current: dropped" == finding.action
    assert {} == w.records.items


def test_l06_a_deposit_whose_second_look_was_lost_is_mended_by_the_next_receive(w: World, put: Happening) -> None:
    """A worker that died between its writes and its look for a deletion leaves nothing behind in the end."""
    w.deposit(put)
    w.store.delete(REF)

    w.deposit(put, receives=2)

    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_a_late_event_of_a_deleted_object_removes_nothing_newer(w: World) -> None:
    """What a newer event recorded meanwhile stays, though S3 shows a delete marker at this moment."""
    first = w.store.put(REF, BODY)
    w.deposit(w.store.put(REF, b"newer"))
    w.store.delete(REF)

    w.deposit(first)

    assert [REF] == list(w.records.items) == list(w.schedule.rows)


def test_l11_what_is_too_large_for_two_reads_is_called_damaged_by_the_last_attempt(w: World, put: Happening) -> None:
    """Contradicting bytes that fit an attempt once only are recorded in the end, with the doubt that is left."""
    w.store.damage(REF)
    w.store.on_chunk = lambda _: w.clock.advance(seconds=10)

    with pytest.raises(UnreadableError, match="no time was left for the second"):
        w.deposit(put, seconds=45)
    finding = w.deposit(put, seconds=45, receives=3, last=True)

    record = w.records.items[REF]
    assert (Outcome.MISMATCH, False) == (finding.outcome, finding.success)
    assert finding.message.startswith("read once, the last attempt had no time for a second read: S3 ETag, md5: ")
    assert 1 == record.last_check.reads
    assert NOW < w.schedule.rows[REF].due


def test_l09_the_last_attempt_asks_for_the_sizes_of_all_parts(w: World) -> None:
    """Where there is time for one read only, parts that are guessed to be equal are no damage."""
    body = bytes(range(40))
    put = w.store.put(REF, body, parts=(14, 10, 16))
    w.store.on_chunk = lambda _: w.clock.advance(seconds=10)

    with pytest.raises(UnreadableError, match="no time was left for the second"):
        w.deposit(put, seconds=75)
    finding = w.deposit(put, seconds=75, receives=3, last=True)

    assert (Outcome.MATCH, True) == (finding.outcome, finding.success)


def test_l10_what_is_put_aside_again_tells_how_its_replica_is() -> None:
    """Of an object that is never read the record knows at least what S3 says of it at each attempt."""
    w, put = uploaded(replication=Replication.PENDING)
    w.deposit(put, seconds=0.001)
    assert not w.records.items[REF].lacks_replica
    w.clock.advance(days=2)

    w.verify("", seconds=0.001)

    assert w.records.items[REF].lacks_replica
    assert (Outcome.DEFERRED, NOW) == (w.records.items[REF].last_check.outcome, w.records.items[REF].deposit_date)


def test_l28_folder_marker_is_ignored(w: World) -> None:
    """An empty object whose key ends in a slash is not taken under care; one with content is."""
    marker, file = ObjectRef("b", "folder/"), ObjectRef("b", "odd/")
    w.deposit(w.store.put(marker, b""))
    w.deposit(w.store.put(file, b"x"))

    assert [file] == list(w.records.items)


def test_l28_a_folder_marker_in_the_place_of_a_file_ends_its_care(w: World) -> None:
    """Content under a folder's name that is overwritten by the empty marker is removed from care, by each event."""
    ref = ObjectRef("b", "odd/")
    first = w.store.put(ref, b"x")
    w.deposit(first)
    marker = w.store.put(ref, b"")
    w.deposit(first)
    assert [] == list(w.records.items)

    w.deposit(w.store.put(ref, b"again"))
    assert "folder marker: not managed" != deposit_marker(w.care, ref, marker.sequencer, attempt(w.clock)).action
    assert [ref] == list(w.records.items) == list(w.schedule.rows)


def test_l28_a_late_event_of_a_marker_takes_no_baseline_away(w: World) -> None:
    """What a sweep has taken under care since counts as older than any event, and is current all the same."""
    ref = ObjectRef("b", "odd/")
    marker = w.store.put(ref, b"")
    w.store.put(ref, b"content")
    deposit_unrecorded(w.care, ref, attempt(w.clock))
    before = w.records.items[ref].digests

    deposit_marker(w.care, ref, marker.sequencer, attempt(w.clock))

    assert before == w.records.items[ref].digests


def test_empty_object_is_taken_under_care() -> None:
    """An object without bytes has digests like any other."""
    w, put = uploaded(b"")

    w.deposit(put)

    assert hashlib.sha256(b"").hexdigest() == w.records.items[REF].digests["sha256"]


def test_object_that_is_gone_is_dropped_quietly(w: World, put: Happening) -> None:
    """An event about an object that does not exist any more changes nothing."""
    w.store.delete(REF)

    finding = w.deposit(put)

    assert (None, {}, {}) == (finding.outcome, w.records.items, w.schedule.rows)


def test_l07_ten_times_the_same_event_changes_nothing(w: World, put: Happening) -> None:
    """The tables are the same after one and after ten deliveries of an event, also days later."""
    w.deposit(put)
    before = (dict(w.records.items), dict(w.schedule.rows))

    for _ in range(9):
        w.clock.advance(days=1)
        w.deposit(put)

    assert before == (w.records.items, w.schedule.rows)


def test_crash_between_the_two_writes_is_mended_by_the_next_receive(w: World, put: Happening) -> None:
    """When the schedule row could not be written, the redelivered message writes it with the recorded date."""
    w.schedule.before = raising(TransientError("throttled"))
    with pytest.raises(TransientError):
        w.deposit(put)
    w.schedule.before = lambda _: None
    w.clock.advance(hours=1)
    w.deposit(put, receives=2)

    assert w.records.items[REF].next_check == w.schedule.rows[REF].due


def test_l06_a_slow_worker_does_not_overwrite_a_newer_version(w: World) -> None:
    """A deposit that read an old version is refused once a newer event has been recorded."""
    first = w.store.put(REF, BODY)

    def overtaken(_: str) -> None:
        w.records.before = lambda _: None
        second = w.store.put(REF, b"newer")
        w.deposit(second)

    w.records.before = overtaken
    w.deposit(first)

    assert "v2" == w.records.items[REF].version_id
    assert "v2" == w.schedule.rows[REF].version_id


def test_l06_a_slow_deposit_does_not_resurrect_a_deleted_object(w: World, put: Happening) -> None:
    """A deposit during which the object was deleted leaves nothing behind."""

    def slow(_: int) -> None:
        w.clock.advance(seconds=3)
        if len(w.store.versions[REF]) == 1:
            w.store.delete(REF)

    w.store.on_chunk = slow
    finding = w.deposit(put)

    assert ({}, {}) == (w.records.items, w.schedule.rows)
    assert "deleted while it was read: dropped" == finding.action


def test_overwrite_is_a_new_version_with_a_new_baseline(w: World) -> None:
    """An overwrite replaces record and row; the old version's baseline is not compared with the new bytes."""
    w.deposit(w.store.put(REF, BODY))
    w.clock.advance(days=3)
    w.deposit(w.store.put(REF, b"newer"))

    record = w.records.items[REF]
    assert ("v2", hashlib.sha256(b"newer").hexdigest()) == (record.version_id, record.digests["sha256"])
    assert "v2" == w.schedule.rows[REF].version_id


@given(algorithms=st.permutations(["sha256", "md5", "sha1", "crc32"]))
def test_first_algorithm_is_the_one_shown(algorithms: list[str]) -> None:
    """The first digest of the settings is the primary one."""
    w = world(algorithms=tuple(algorithms))
    w.deposit(w.store.put(REF, BODY))

    assert algorithms[0] == w.records.items[REF].primary_algorithm
    assert set(algorithms) == set(w.records.items[REF].digests)


def test_late_event_for_the_same_version_moves_the_order_on(w: World, put: Happening) -> None:
    """A newer event that finds the same version current makes workers of older events stand back."""
    w.deposit(put)
    later = normalised("00FF")
    deposit(w.care, REF, later, attempt(w.clock))

    assert attrs.evolve(w.records.items[REF], sequencer=later) == w.records.items[REF]


def test_evidence_in_another_algorithm_than_the_settings_is_compared() -> None:
    """S3's stored checksum is compared also where its algorithm is not among the recorded digests."""
    w = world(algorithms=("sha256",))
    put = w.store.put(REF, BODY, checksums={"crc32c": base64_of("crc32c", BODY)})

    w.deposit(put)

    compared = {c.evidence.algorithm: c.verdict for c in w.records.items[REF].last_check.comparisons}
    assert {"md5": Verdict.MATCH, "crc32c": Verdict.MATCH} == compared
    assert ["sha256"] == list(w.records.items[REF].digests)


def test_l07_removal_while_a_repeated_event_is_worked_on_leaves_no_row(w: World, put: Happening) -> None:
    """A deletion that comes while the second event of an upload is worked on takes record and row away for good."""
    w.deposit(put)
    deleted = w.store.delete(REF)

    def removed_meanwhile(_: str) -> None:
        w.schedule.before = lambda _: None
        remove(w.care, REF, deleted.sequencer)

    w.store.on_open = lambda _: setattr(w.schedule, "before", removed_meanwhile)
    w.store.versions[REF].pop()

    w.deposit(put)

    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_object_that_s3_does_not_show_is_looked_for_once_more(w: World, put: Happening) -> None:
    """Neither object nor delete marker may mean that S3 is slow: only the second look takes it for gone."""
    hidden = w.store.versions.pop(REF)

    with pytest.raises(TransientError, match="looked at once more"):
        w.deposit(put)
    assert "nothing is current: dropped" == w.deposit(put, receives=2).action
    w.store.versions[REF] = hidden
    assert Outcome.MATCH is w.deposit(put).outcome
