import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from runtime.counts import COUNTS, FixityCount
from runtime.events.eventbridge_s3 import parse
from runtime.fixity.add_to_count import add_to_count
from runtime.fixity.outcome import Outcome
from runtime.fixity.schedule import phase
from runtime.fixity.sequencer import normalised
from runtime.shared.pages import Malformed
from runtime.sweep.coverage import Coverage
from runtime.sweep.judge import Unrecorded, judge, lacks_record, was_replaced
from runtime.sweep.slices import Sweep, SweepSlice
from tests.support.builders import NOW, check_report, fixity_record
from tests.support.sweep_fakes import GRACE, POLICY, SWEEP, YOUNG, listed, record, row, state

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
LONG_AGO = timedelta(days=-3650)


@pytest.mark.parametrize(
    ("due", "scheduled", "overdue", "asked", "written"),
    [
        pytest.param(10 * DAY, NOW + 10 * DAY, False, False, None, id="in order"),
        pytest.param(-GRACE, NOW - GRACE, False, False, None, id="late within the grace, row not expired yet"),
        pytest.param(10 * DAY, None, False, False, NOW + 10 * DAY, id="row lost"),
        pytest.param(-GRACE - SECOND, NOW - GRACE, True, True, NOW + DAY, id="row never expired"),
        pytest.param(-GRACE - SECOND, NOW + 100 * DAY, True, True, NOW + DAY, id="row far in the future"),
        pytest.param(-GRACE - SECOND, NOW, True, True, NOW + DAY, id="row of the day before has run out"),
        pytest.param(-GRACE - SECOND, NOW + DAY, True, False, None, id="asked for a moment ago"),
        pytest.param(-GRACE - SECOND, NOW + SECOND, True, False, None, id="asked for a day ago, row about to expire"),
        pytest.param(-GRACE - SECOND, None, True, True, NOW + DAY, id="overdue, row lost"),
    ],
)
def test_what_is_done_about_a_record(
    *, due: timedelta, scheduled: datetime | None, overdue: bool, asked: bool, written: datetime | None
) -> None:
    """A record and its row decide whether it is overdue, whether a check is asked for, and which row is written."""
    one = state(record("a", due=due))
    standing = None if scheduled is None else row("a", due=scheduled)

    verdict = judge(one, standing, NOW, POLICY)

    assert overdue == verdict.overdue
    assert asked == (verdict.check is not None)
    assert written == (verdict.row.due if verdict.row else None)
    assert (written is not None) == verdict.changes_something


@pytest.mark.parametrize("days", [4, 30, 31, 365, 3650])
def test_l26_there_is_no_lower_bound_on_what_is_overdue(days: int) -> None:
    """What was overdue by a month, a year or ten years is asked for like what became so today."""
    verdict = judge(state(record("a", due=-days * DAY)), row("a", due=NOW - days * DAY), NOW, POLICY)

    assert verdict.check is not None
    assert "v-a" == verdict.check.version_id


def test_l04_a_due_object_without_a_row_gets_one_in_the_coming_day() -> None:
    """Where the date has passed, each object has its own place in the coming day, so that they are no burst."""
    verdicts = [judge(state(record(str(n), due=-DAY)), None, NOW, POLICY) for n in range(1_000)]
    dues = [verdict.row.due for verdict in verdicts if verdict.row]

    assert [NOW + phase(record(str(n)).ref) * DAY for n in range(1_000)] == dues
    hours = [sum(1 for due in dues if NOW + h * DAY / 24 <= due < NOW + (h + 1) * DAY / 24) for h in range(24)]
    assert 1_000 == sum(hours)
    assert max(hours) < 2 * 1_000 / 24
    assert all(verdict.waiting and not verdict.missing_row for verdict in verdicts)


def test_a_written_row_carries_the_version_and_order_of_the_record() -> None:
    """A row that the sweep writes is refused where a newer event wrote another."""
    verdict = judge(state(record("a")), None, NOW, POLICY)

    assert row("a") == verdict.row
    assert verdict.missing_row


@pytest.mark.parametrize(("due", "written"), [(10 * DAY, NOW + 10 * DAY), (-DAY, None), (-GRACE - SECOND, NOW + DAY)])
def test_a_row_that_cannot_be_read_is_written_anew(due: timedelta, written: datetime | None) -> None:
    """All that a row says is in the record: what the sweep writes takes the place of the row that stands."""
    one = state(record("a", due=due))

    verdict = judge(one, Malformed(ref=one.ref, problem="x"), NOW, POLICY)

    assert verdict.row is not None
    assert (True, False) == (verdict.replaces, verdict.missing_row)
    assert (written or NOW + phase(one.ref) * DAY) == verdict.row.due


@pytest.mark.parametrize(
    ("good", "deposited", "covered"),
    [
        (-183 * DAY, LONG_AGO, True),
        (-183 * DAY - SECOND, LONG_AGO, False),
        (None, -183 * DAY, True),
        (None, -183 * DAY - SECOND, False),
    ],
)
def test_coverage_reaches_back_by_interval_and_grace(
    *, good: timedelta | None, deposited: timedelta, covered: bool
) -> None:
    """The last good date counts, or the deposit where there was none."""
    assert covered == judge(state(record("a", good=good, deposited=deposited)), row("a"), NOW, POLICY).covered


@pytest.mark.parametrize(
    ("key", "size", "before", "lacking"),
    [
        pytest.param("a", 5, YOUNG + SECOND, True, id="older"),
        pytest.param("a", 5, YOUNG, False, id="young: its event may be on its way"),
        pytest.param("a", 5, -SECOND, False, id="uploaded during the sweep"),
        pytest.param("a", 0, DAY, True, id="empty"),
        pytest.param("a/", 5, DAY, True, id="named like a folder, with content"),
        pytest.param("a/", 0, DAY, False, id="folder marker"),
    ],
)
def test_which_objects_should_have_a_record(*, key: str, size: int, before: timedelta, lacking: bool) -> None:
    """An object that was there for a while before the sweep should have one, unless it only shows a folder."""
    assert lacking == lacks_record(listed(key, size=size, modified=NOW - before), SWEEP.started, YOUNG)


@pytest.mark.parametrize(
    ("recorded", "changed", "replaced"),
    [
        pytest.param({}, {}, False, id="the same"),
        pytest.param({}, {"modified": NOW - DAY}, True, id="taken by S3 after the deposit"),
        pytest.param({}, {"etag": "other"}, True, id="another entity tag, begun before the deposit"),
        pytest.param({}, {"size": 6}, True, id="another size"),
        pytest.param({}, {"etag": "other", "modified": NOW - YOUNG}, False, id="young: its event may be on its way"),
        pytest.param({}, {"etag": "other-2", "modified": NOW - 2 * DAY}, True, id="in parts, begun long ago"),
        pytest.param({}, {"etag": "other-2", "modified": NOW - DAY}, False, id="in parts: it may just have ended"),
        # The check of a failing object looks at what is current; of a sound one the next sweep sees it again.
        pytest.param({"due": DAY}, {"etag": "other"}, False, id="checked within a day anyway"),
        # A page of the list may have been read before the overwrite, and the record behind it.
        pytest.param({"deposited": timedelta(minutes=1)}, {"etag": "other"}, False, id="deposited during the sweep"),
    ],
)
def test_which_objects_have_another_version(
    *, recorded: dict[str, Any], changed: dict[str, Any], replaced: bool
) -> None:
    """Without version ids the list shows by date, size and entity tag that a newer version has no record."""
    one = state(record("a", **recorded))

    assert replaced == was_replaced(one, listed("a", **changed), SWEEP.started, NOW, YOUNG)


@pytest.mark.parametrize("key", ["a b+c%20", "ä/日本", "\x01\n😀"])
def test_l20_an_object_without_a_record_is_told_as_s3_tells_of_it(key: str) -> None:
    """The reader of S3's events takes the message, which any event of S3 itself outdoes."""
    found = Unrecorded(sweep=SWEEP, listed=listed(key, size=7, modified=NOW - DAY))

    event = parse(json.dumps(found.message))

    assert (found.listed.ref, 7, "", NOW - DAY, "duracloud-sweep") == (
        event.ref,
        event.size,
        event.version_id,
        event.time,
        found.message["detail"]["reason"],
    )
    assert event.sequencer < normalised("0055AED6DCD90281E5")
    assert {"id", "source", "detail-type", "time", "detail"} == set(found.message)
    assert ("aws.s3", "Object Created") == (found.message["source"], found.message["detail-type"])


def test_each_object_and_each_sweep_has_an_event_of_its_own() -> None:
    """The id tells the same question asked again from another one."""
    later = Sweep(NOW + DAY)
    asked = [(SWEEP, "a"), (SWEEP, "b"), (later, "a"), (SWEEP, "a")]

    first, *others, again = [Unrecorded(sweep=sweep, listed=listed(key)).message["id"] for sweep, key in asked]

    assert first == again
    assert 3 == len({first, *others})


def test_a_slice_is_a_small_message() -> None:
    """The longest key of S3, in characters that take most room, stays far below what a queue takes."""
    body = json.dumps(SweepSlice(run=SWEEP, bucket="b" * 63, after="😀" * 256).message)

    assert len(body) < 8_000


def test_report_says_what_was_found() -> None:
    """The report holds the sums, the share within the interval, and each bucket's own figures."""
    good = FixityCount(objects=3, size=30, oldest=NOW - 100 * DAY, covered=3)
    bad = FixityCount(objects=1, size=5, oldest=NOW - 200 * DAY, never_verified=1, overdue=1, checks_queued=1)
    coverage = Coverage(sweep=SWEEP, buckets={"acme-test-b": bad, "acme-test-a": good})

    report = coverage.document("test", POLICY, NOW + timedelta(minutes=5))

    assert json.loads(json.dumps(report)) == report
    assert ["acme-test-a", "acme-test-b"] == list(report.pop("buckets"))
    assert {
        **dict.fromkeys((counted.key for counted in COUNTS.values()), 0),
        "format": "duracloud-coverage/1",
        "environment": "test",
        "started": "2026-03-01T12:00:00Z",
        "ended": "2026-03-01T12:05:00Z",
        "interval_days": 180,
        "grace_days": 3,
        "objects": 4,
        "bytes": 35,
        "oldest_unverified": "2025-08-13T12:00:00Z",
        "within_interval": 3,
        "never_verified": 1,
        "overdue": 1,
        "checks_queued": 1,
        "oldest_unverified_age_seconds": 200 * 86_400,
        "coverage_percent": 75,
    } == report


@pytest.mark.parametrize(("days", "covered"), [(0, 1), (183, 1), (184, 0)])
def test_l57_a_wrong_digest_of_the_depositor_has_a_count_and_an_alarm_of_its_own(days: int, covered: int) -> None:
    """A disputed object is not failing, ages no oldest date, and is covered as long as its deposit is recent."""
    message = "depositor's metadata, sha256: expected aa, computed bb"
    check = check_report(Outcome.MISMATCH, success=False, message=message, ended=NOW)
    one = state(fixity_record(last_good_date=None, deposit_date=NOW - days * DAY, last_check=check))
    count = FixityCount()

    add_to_count(count, one, covered=judge(one, None, NOW, POLICY).covered, overdue=False)

    assert FixityCount(objects=1, size=5, covered=covered, never_verified=1, disputed=1) == count


def test_nothing_under_care_is_all_covered() -> None:
    """An empty environment has no age and full coverage, so that it raises no alarm."""
    empty = Coverage(sweep=SWEEP, buckets={})

    assert 100 == empty.totals.coverage
    assert 0 == empty.totals.oldest_age(NOW)


def test_a_deposit_during_the_sweep_has_no_negative_age() -> None:
    """An object deposited after the start counts as just deposited."""
    assert 0 == FixityCount(objects=1, oldest=NOW + DAY).oldest_age(NOW)
