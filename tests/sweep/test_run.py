from collections import Counter
from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.bucket_runs.slices import advance, give_up, start
from runtime.fixity.due_check import DueCheck
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import FixityRecord, RecordOf
from runtime.fixity.schedule import ScheduleRow
from runtime.shared.errors import MalformedMessageError, RefusedError, TransientError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.sweep.coverage import Coverage
from runtime.sweep.judge import ListedObject, Unrecorded
from runtime.sweep.progress import SweepProgress
from runtime.sweep.slices import Sweep, SweepSlice
from tests.support.builders import NOW
from tests.support.sweep_fakes import (
    BUCKET,
    GRACE,
    SWEEP,
    YOUNG,
    Environment,
    environment,
    listed,
    record,
    refs_of,
    row,
    with_outcome,
)

DAY = timedelta(days=1)
OTHER = "acme-test-maps"
NEVER = datetime.max.replace(tzinfo=NOW.tzinfo)


@pytest.fixture
def env() -> Environment:
    return environment(BUCKET)


def _ref(key: str, bucket: str = BUCKET) -> ObjectRef:
    return ObjectRef(bucket, key)


def _all(
    env: Environment, sweep: Sweep = SWEEP, deadline: datetime = NEVER
) -> tuple[list[SweepProgress], list[Coverage]]:
    """Run a sweep to its end, as its queue would, at its time or later."""
    env.clock.moment = max(env.clock.moment, sweep.started)
    started = start(env.sweeping, sweep)
    ended = [started.whole] if started.whole else []
    done = []
    while env.slices.sent:
        progress = advance(env.sweeping, env.slices.sent.pop(0), deadline)
        done.append(progress)
        ended += [progress.whole] if progress.whole else []
    return done, ended


def _put(env: Environment, *things: FixityRecord | ScheduleRow | ListedObject) -> None:
    for thing in things:
        if isinstance(thing, RecordOf):
            env.records.items[thing.ref] = thing
            env.objects.items.setdefault(thing.ref, listed(thing.ref.key, bucket=thing.ref.bucket))
        elif isinstance(thing, ListedObject):
            env.objects.items[thing.ref] = thing
        else:
            env.schedule.rows[thing.ref] = thing


def test_l04_a_lost_row_is_written_again(env: Environment) -> None:
    """A record whose row is lost gets one for the date of the record."""
    _put(env, record("a"), record("b"), row("b"))

    [progress], [coverage] = _all(env)

    assert row("a") == env.schedule.rows[_ref("a")]
    assert 1 == coverage.totals.missing_rows
    assert 0 == coverage.totals.overdue
    assert [_ref("a")] == list(progress.restored)
    assert [] == env.checks.sent


def test_l26_an_overdue_object_is_asked_for_at_once_and_once(env: Environment) -> None:
    """Its check is queued, its row is a day away, and neither the same sweep again nor the next does it twice."""
    _put(env, record("a", due=-3650 * DAY), row("a", due=NOW - 3650 * DAY))

    for _ in range(3):
        _, [coverage] = _all(env)
        assert 1 == coverage.totals.overdue
        assert [DueCheck(_ref("a"), "v-a")] == env.checks.sent
        assert row("a", due=NOW + DAY) == env.schedule.rows[_ref("a")]


def test_an_orphan_is_removed_after_a_second_look(env: Environment) -> None:
    """A row without a record goes, one whose record the pages did not show yet stays."""
    _put(env, row("orphan"), row("new"), record("new"))
    env.states.unseen.add(_ref("new"))

    [progress], [coverage] = _all(env)

    assert {_ref("new")} == set(env.schedule.rows)
    assert [_ref("orphan")] == list(progress.orphans)
    assert 1 == coverage.totals.orphan_rows
    assert 0 == coverage.totals.objects


def test_an_orphan_that_a_newer_event_wrote_meanwhile_stays(env: Environment) -> None:
    """The row is removed only as old as it was seen."""
    _put(env, row("a"))

    def deposited_meanwhile(action: str) -> None:
        if action == "remove":
            _put(env, row("a", sequencer="6"))

    env.schedule.before = deposited_meanwhile
    _all(env)

    assert row("a", sequencer="6") == env.schedule.rows[_ref("a")]


def _malformed(key: str) -> Malformed:
    return Malformed(ref=_ref(key), problem="the attribute Sequencer is missing")


def test_a_record_that_cannot_be_read_is_told_and_left_alone(env: Environment) -> None:
    """It is no absent record: its row stays, its object is not deposited anew, and the sweep goes on behind it."""
    _put(env, row("b"), listed("b"), listed("c"), record("d"))
    for key in "bc":
        env.records.malformed[_ref(key)] = _malformed(key)

    [progress], [coverage] = _all(env)

    assert [_malformed("b"), _malformed("c")] == list(progress.malformed_records)
    assert 2 == coverage.totals.malformed
    assert 3 == coverage.totals.objects
    assert 1 == coverage.totals.covered
    assert {_ref("b"), _ref("d")} == set(env.schedule.rows)
    assert ([], []) == (env.deposits.sent, env.checks.sent)


YEAR = 365 * DAY


@pytest.mark.parametrize(
    ("expiry", "says"),
    [
        (timedelta.max.total_seconds(), "is later than NextChecksumDate"),  # in milliseconds, for example
        ((NOW + 11 * DAY).timestamp(), "is later than NextChecksumDate"),
        ((NOW - 5 * YEAR - DAY).timestamp(), "is more than five years ago"),
        (1, "is more than five years ago"),
    ],
)
def test_l44_a_row_that_does_not_expire_in_time_is_written_anew(env: Environment, expiry: float, says: str) -> None:
    """DynamoDB would remove it too late, or never, and the check would be overdue before anybody noticed."""
    _put(env, record("a"), attrs.evolve(row("a"), expiry=expiry))

    [progress], [coverage] = _all(env)

    assert row("a") == env.schedule.rows[_ref("a")]
    assert 1 == coverage.totals.malformed
    assert says in progress.malformed_rows[0].problem
    _, [next_day] = _all(env, Sweep(started=NOW + DAY))
    assert 0 == next_day.totals.malformed


@pytest.mark.parametrize("expiry", [NOW - 5 * YEAR + DAY, NOW - DAY, NOW, NOW + DAY])
def test_l44_a_row_that_a_person_made_due_earlier_stays(env: Environment, expiry: datetime) -> None:
    """DynamoDB will remove it, within days, and its object is checked then."""
    early = attrs.evolve(row("a"), expiry=expiry.timestamp())
    _put(env, record("a"), early)

    _, [coverage] = _all(env)

    assert early == env.schedule.rows[_ref("a")]
    assert 0 == coverage.totals.malformed


def test_a_row_that_cannot_be_read_is_written_anew_from_its_record(env: Environment) -> None:
    """Without a record it is told, and stays: how new it is cannot be known."""
    _put(env, record("a"))
    for key in "ab":
        env.schedule.malformed[_ref(key)] = _malformed(key)

    [progress], [coverage] = _all(env)

    assert [_malformed("a"), _malformed("b")] == list(progress.malformed_rows)
    assert 2 == coverage.totals.malformed
    assert 1 == coverage.totals.objects
    assert 0 == coverage.totals.missing_rows
    assert ({_ref("a"): row("a")}, {_ref("b")}) == (env.schedule.rows, set(env.schedule.malformed))


def test_l04_an_object_without_a_record_is_asked_to_be_taken_under_care(env: Environment) -> None:
    """What S3 lists and no table knows goes into the queue of new objects, unless it is young or a folder marker."""
    known = (record("known"), row("known"), listed("known"))
    _put(env, *known, listed("lost"), listed("new", modified=NOW - YOUNG), listed("folder/", size=0))

    [progress], [coverage] = _all(env)

    assert [Unrecorded(sweep=SWEEP, listed=listed("lost"))] == env.deposits.sent
    assert [_ref("lost")] == list(progress.unrecorded)
    assert 1 == coverage.totals.unrecorded
    assert 1 == coverage.totals.objects
    assert 4 == progress.looked_at
    assert {_ref("known")} == set(env.records.items)


def test_an_object_whose_record_the_pages_did_not_show_yet_is_left_alone(env: Environment) -> None:
    """Whether there is a record is said by a consistent read."""
    _put(env, listed("new"), record("new"), row("new"))
    env.states.unseen.add(_ref("new"))

    [progress], [coverage] = _all(env)

    assert ([], [], 0) == (env.deposits.sent, list(progress.unrecorded), coverage.totals.unrecorded)


def test_a_row_in_the_way_of_an_unrecorded_object_is_removed_first(env: Environment) -> None:
    """The row of a record that is lost carries a newer order: the row of the deposit would have to stand back."""
    _put(env, row("lost"), listed("lost"))
    env.deposits.error = TransientError("throttled")
    start(env.sweeping, SWEEP)
    [part] = env.slices.sent

    with pytest.raises(TransientError):
        advance(env.sweeping, part, NEVER)
    assert {} == env.schedule.rows

    env.deposits.error = None
    assert 1 == advance(env.sweeping, part, NEVER).found.unrecorded
    assert [_ref("lost")] == refs_of(env.deposits)


@pytest.mark.parametrize(
    ("now", "told"),
    [({}, "vanished"), ({_ref("old"): listed("old", etag="other", modified=NOW - DAY)}, "replaced")],
    ids=["not listed: a deletion or a loss", "another version: an overwrite whose event was lost"],
)
def test_l04_an_object_that_s3_lists_otherwise_is_looked_at_at_once(
    env: Environment, now: dict[ObjectRef, ListedObject], told: str
) -> None:
    """Its check tells what happened, today and not half a year later; record and row stay until then."""
    _put(env, record("old"), row("old"), record("there"), row("there"))
    del env.objects.items[_ref("old")]
    env.objects.items |= now

    [progress], [coverage] = _all(env)

    assert [DueCheck(_ref("old"), "v-old", outdated=True)] == env.checks.sent
    assert [_ref("old")] == list(getattr(progress, told))
    assert 2 == coverage.totals.objects
    assert 1 == getattr(coverage.totals, told)
    assert 1 == coverage.totals.checks_queued
    assert {_ref("old"), _ref("there")} == set(env.records.items) == set(env.schedule.rows)


def test_what_is_deferred_does_not_hide_what_waits(env: Environment) -> None:
    """An object too large to be read is counted apart; the oldest is the oldest of those that can be read."""
    _put(env, with_outcome(record("large", good=None), Outcome.DEFERRED, success=None), row("large"))
    _put(env, record("small"), row("small"))

    _, [coverage] = _all(env)

    assert 2 == coverage.totals.objects
    assert 1 == coverage.totals.deferred
    assert NOW - 170 * DAY == coverage.totals.oldest


@pytest.mark.parametrize(
    "known",
    [record("new", deposited=timedelta(minutes=1)), record("failing", due=DAY), record("overdue", due=-9 * DAY)],
    ids=["deposited since the sweep began", "checked within a day anyway", "overdue and asked for"],
)
def test_an_object_that_is_not_listed_is_not_asked_for_in_vain(env: Environment, known: FixityRecord) -> None:
    """What could not be listed yet, and what is checked soon without it, costs no check more."""
    _put(env, known, row(known.ref.key, due=NOW + DAY))
    env.objects.items.clear()

    _, [coverage] = _all(env)

    assert 0 == coverage.totals.vanished
    assert [] == env.checks.sent


def test_report_and_latest_are_written_when_the_last_bucket_ends() -> None:
    """Nothing is said of an environment before all of it was looked at."""
    env = environment(BUCKET, OTHER)
    _put(env, record("a", size=7), row("a"), record("b", bucket=OTHER, good=None), row("b", bucket=OTHER))

    done, [coverage] = _all(env)

    assert [None, coverage] == [progress.whole for progress in done]
    report = env.files.documents["reports/coverage/2026-03-01.json"]
    assert report == env.files.documents["reports/coverage/latest.json"]
    assert 2 == report["objects"]
    assert 12 == report["bytes"]
    assert 1 == report["never_verified"]
    assert {BUCKET: 1, OTHER: 1} == {name: totals["objects"] for name, totals in report["buckets"].items()}


def test_an_environment_without_buckets_has_a_report_too() -> None:
    """An empty environment is a sweep that ended, not one that never did."""
    env = environment()

    assert ([], [Coverage(sweep=SWEEP, buckets={})]) == _all(env)
    assert 100 == env.files.documents["reports/coverage/latest.json"]["coverage_percent"]


def test_a_sweep_that_ends_late_does_not_replace_a_later_one(env: Environment) -> None:
    """Its own day gets its report; the latest report and the metrics stay those of the later sweep."""
    later = Sweep(NOW + DAY)
    _all(env, later)
    _, [late] = _all(env)

    assert not late.newest
    assert later.time == env.files.documents["reports/coverage/latest.json"]["started"]
    assert SWEEP.time == env.files.documents["reports/coverage/2026-03-01.json"]["started"]


def test_a_second_sweep_of_a_day_takes_the_place_of_the_first(env: Environment) -> None:
    """The report of a day is that of its last sweep."""
    again = Sweep(NOW + timedelta(hours=1))
    _all(env)
    _all(env, again)

    assert again.time == env.files.documents["reports/coverage/2026-03-01.json"]["started"]


def test_l27_a_slice_that_fails_leaves_nothing_undone_when_it_comes_again() -> None:
    """The next slice is queued last: an error before it is raised, and the same slice ends the work later."""
    env = environment(BUCKET, most=1)
    _put(env, record("a", due=-10 * DAY), record("b"), row("b"))
    start(env.sweeping, SWEEP)
    [part] = env.slices.sent
    env.slices.sent.clear()
    env.slices.error = TransientError("throttled")
    with pytest.raises(TransientError):
        advance(env.sweeping, part, NEVER)
    assert [DueCheck(_ref("a"), "v-a")] == env.checks.sent

    env.slices.error = None
    advance(env.sweeping, part, NEVER)

    assert [DueCheck(_ref("a"), "v-a")] == env.checks.sent
    assert ["a"] == [following.after for following in env.slices.sent]


def test_l27_a_check_is_asked_for_before_its_row_is_set(env: Environment) -> None:
    """A crash between the two asks twice for the check; in the other order it would put it off."""
    _put(env, record("a", due=-10 * DAY), row("a", due=NOW - 10 * DAY))
    env.checks.error = TransientError("throttled")
    start(env.sweeping, SWEEP)

    with pytest.raises(TransientError):
        advance(env.sweeping, env.slices.sent[0], NEVER)

    assert row("a", due=NOW - 10 * DAY) == env.schedule.rows[_ref("a")]


def test_l27_the_end_is_told_again_when_it_may_not_have_been_told(env: Environment) -> None:
    """The last slice, worked on twice, finds the same environment twice and writes its report once."""
    _put(env, record("a"))
    start(env.sweeping, SWEEP)
    [part] = env.slices.sent
    first = advance(env.sweeping, part, NEVER).whole
    report = env.files.documents["reports/coverage/latest.json"]
    env.clock.advance(hours=1)

    assert first == advance(env.sweeping, part, NEVER).whole
    assert report == env.files.documents["reports/coverage/latest.json"]


def test_a_slice_without_time_looks_at_one_object(env: Environment) -> None:
    """However little time is left, a sweep goes on."""
    _put(env, *[record(key) for key in "abc"])

    done, [coverage] = _all(env, deadline=NOW - DAY)

    assert [1, 1, 1, 0] == [progress.looked_at for progress in done]
    assert 3 == coverage.totals.objects


def test_starting_again_keeps_the_plan(env: Environment) -> None:
    """Buckets that were made meanwhile wait for the next sweep."""
    start(env.sweeping, SWEEP)
    env.buckets.listed.append(OTHER)

    assert ([BUCKET], None) == start(env.sweeping, SWEEP)


def test_a_bucket_that_vanished_is_still_swept(env: Environment) -> None:
    """A bucket with objects under care that S3 lists no more is looked at until its records are gone."""
    _put(env, record("a"))
    _all(env)
    env.buckets.listed.clear()

    _, [coverage] = _all(env, Sweep(NOW + DAY))

    assert 1 == coverage.totals.objects


def test_a_sweep_of_the_future_is_refused(env: Environment) -> None:
    """It would be the latest until then; clocks may differ by minutes."""
    start(env.sweeping, Sweep(NOW + timedelta(minutes=5)))

    expected = "got the time 2026-03-01T12:05:01Z; allowed: at most 5 minutes later than now, 2026-03-01T12:00:00Z"
    with pytest.raises(MalformedMessageError, match=f"^{expected}$"):
        start(env.sweeping, Sweep(NOW + timedelta(minutes=5, seconds=1)))


def _given_up(env: Environment, sweep: Sweep = SWEEP) -> tuple[SweepSlice, Coverage]:
    """Run a sweep in which the first slice of the other bucket is given up, as the last thing that happens."""
    start(env.sweeping, sweep)
    [refused] = [part for part in env.slices.sent if part.bucket == OTHER]
    env.slices.sent.remove(refused)
    while env.slices.sent:
        advance(env.sweeping, env.slices.sent.pop(0), NEVER)
    coverage = give_up(env.sweeping, refused, "RefusedError: AccessDenied")
    assert coverage is not None
    return refused, coverage


def test_a_bucket_that_is_given_up_does_not_silence_the_others() -> None:
    """The sweep ends with what was found in the others; the report names the bucket and says why."""
    env = environment(BUCKET, OTHER)
    _put(env, record("a"), row("a"), record("b", bucket=OTHER))
    _, coverage = _given_up(env)

    assert (1, {OTHER: "RefusedError: AccessDenied"}) == (coverage.totals.objects, coverage.unfinished)
    report = env.files.documents["reports/coverage/latest.json"]
    assert ("", "RefusedError: AccessDenied") == tuple(
        report["buckets"][name]["unfinished"] for name in (BUCKET, OTHER)
    )
    assert 1 == report["objects"]
    assert 100 == report["coverage_percent"]
    env.buckets.listed.remove(OTHER)
    assert [BUCKET, OTHER] == start(env.sweeping, Sweep(NOW + timedelta(minutes=1)))[0]


def test_a_bucket_that_was_given_up_may_still_come_to_its_end() -> None:
    """The slice is worked on after all: what it finds takes the place of the reason, in totals and reports."""
    env = environment(BUCKET, OTHER)
    _put(env, record("a"), row("a"), record("b", bucket=OTHER))
    refused, _ = _given_up(env)

    coverage = advance(env.sweeping, refused, NEVER).whole

    assert coverage is not None
    assert (2, {}) == (coverage.totals.objects, coverage.unfinished)
    for name in ("latest", "2026-03-01"):
        assert 2 == env.files.documents[f"reports/coverage/{name}.json"]["objects"]


def test_a_bucket_that_came_to_its_end_is_not_given_up(env: Environment) -> None:
    """A copy of a message that fails after the other one succeeded spoils nothing."""
    _put(env, record("a"))
    start(env.sweeping, SWEEP)
    [part] = env.slices.sent
    done = advance(env.sweeping, part, NEVER).whole

    assert done == give_up(env.sweeping, part, "TransientError: busy")


def test_l32_an_old_sweep_that_is_redriven_does_not_replace_a_later_one() -> None:
    """The report of its own day becomes whole; what is latest stays."""
    env, later = environment(BUCKET, OTHER), Sweep(NOW + DAY)
    refused, _ = _given_up(env)
    _all(env, later)
    latest = env.files.documents["reports/coverage/latest.json"]

    coverage = advance(env.sweeping, refused, NEVER).whole

    assert coverage is not None
    assert not coverage.newest
    assert latest == env.files.documents["reports/coverage/latest.json"]
    assert "" == env.files.documents["reports/coverage/2026-03-01.json"]["buckets"][OTHER]["unfinished"]


def test_a_second_chain_of_slices_ends_where_the_first_has_ended() -> None:
    """A copy of a slice that comes after the bucket's end looks at nothing."""
    env = environment(BUCKET, most=1)
    _put(env, *[record(key) for key in "abc"])
    start(env.sweeping, SWEEP)
    [first] = env.slices.sent
    while env.slices.sent:
        advance(env.sweeping, env.slices.sent.pop(0), NEVER)

    progress = advance(env.sweeping, first, NEVER)

    assert (0, True, []) == (progress.looked_at, progress.ended, env.slices.sent)


def test_a_sweep_whose_plan_is_gone_says_so(env: Environment) -> None:
    """A message that lay in a queue for longer than scratch files are kept is refused."""
    with pytest.raises(RefusedError, match="the plan of the sweep of 2026-03-01T12:00:00Z is gone: start another"):
        advance(env.sweeping, SweepSlice(run=SWEEP, bucket=BUCKET), NEVER)


# Any mix of objects, records and rows over a few keys: when a record is due and when a row, in days from now, and how
# many minutes before now S3 took the object; None: not there.
DUE = st.none() | st.sampled_from([-4000, -200, -4, -3, -2, 0, 1, 2, 100])
AGE = st.none() | st.sampled_from([0, 59, 60, 61, 1_000_000])
Mix = list[tuple[str, int | None, int | None, int | None, bool]]
MIXES = st.lists(st.tuples(st.sampled_from([BUCKET, OTHER]), DUE, DUE, AGE, st.booleans()), max_size=14)


def _mixed(mix: Mix, most: int, page: int) -> Environment:
    env = environment(BUCKET, OTHER, most=most, page=page)
    for number, (bucket, due, scheduled, age, verified) in enumerate(mix):
        key = f"{number:02}"
        if due is not None:
            _put(env, record(key, bucket=bucket, due=due * DAY, good=due * DAY - 180 * DAY if verified else None))
        if scheduled is not None:
            _put(env, row(key, bucket=bucket, due=NOW + scheduled * DAY))
        if age is not None:
            _put(env, listed(key, bucket=bucket, modified=NOW - timedelta(minutes=age)))
    return env


@settings(max_examples=150)
@given(MIXES, st.integers(1, 6), st.integers(1, 6))
def test_l26_after_a_sweep_nothing_is_lost_and_nothing_overdue_waits(mix: Mix, most: int, page: int) -> None:
    """Every record has a row, every row a record, and each overdue object is queued or comes back within a day.

    Every object that is not young has a record or was asked for, and no other was.
    """
    env = _mixed(mix, most, page)
    _all(env)

    assert set(env.records.items) == set(env.schedule.rows)
    queued = {check.ref for check in env.checks.sent}
    for one in env.records.items.values():
        if one.next_check < NOW - GRACE:
            assert one.ref in queued or NOW < env.schedule.rows[one.ref].due <= NOW + DAY
        assert env.schedule.rows[one.ref].due <= NOW + 100 * DAY
    assert {1} >= set(Counter(env.checks.sent).values())
    settled = {ref for ref, one in env.objects.items.items() if one.modified < NOW - YOUNG}
    assert sorted(settled - set(env.records.items)) == sorted(refs_of(env.deposits))


@settings(max_examples=100)
@given(MIXES, st.integers(1, 6), st.integers(1, 6))
def test_any_slicing_finds_the_same(mix: Mix, most: int, page: int) -> None:
    """Totals, tables and queues do not depend on how many objects a slice or a page holds."""
    env, whole = _mixed(mix, most, page), _mixed(mix, 1_000, 1_000)
    (_, [coverage]), (_, [of_the_whole]) = _all(env), _all(whole)

    assert of_the_whole == coverage
    assert whole.schedule.rows == env.schedule.rows
    assert Counter(whole.checks.sent) == Counter(env.checks.sent)
    assert Counter(refs_of(whole.deposits)) == Counter(refs_of(env.deposits))


@settings(max_examples=100)
@given(MIXES, st.integers(1, 6), st.integers(0, 20))
def test_repeating_slices_changes_nothing_more(mix: Mix, most: int, again: int) -> None:
    """A slice worked on twice, at any place, leaves tables and queues as one that was worked on once.

    Only an object without a record is asked for again, by an event with the same id: a deposit is made once.
    """
    env, once = _mixed(mix, most, 3), _mixed(mix, most, 3)
    _all(once)
    start(env.sweeping, SWEEP)
    done = 0
    while env.slices.sent:
        part = env.slices.sent.pop(0)
        if done == again:
            env.slices.sent.append(part)
        advance(env.sweeping, part, NEVER)
        done += 1

    assert once.schedule.rows == env.schedule.rows
    assert set(once.checks.sent) == set(env.checks.sent)
    # What S3's list contradicts is asked for again, too; the check that was made answers the second message.
    of_schedule = [Counter(check for check in found.checks.sent if not check.outdated) for found in (once, env)]
    assert of_schedule[0] == of_schedule[1]
    assert set(refs_of(once.deposits)) == set(refs_of(env.deposits))
    assert len(set(refs_of(env.deposits))) == len({one.message["id"] for one in env.deposits.sent})
