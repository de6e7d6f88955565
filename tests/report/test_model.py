import json
from datetime import UTC, date, datetime, timedelta

import pytest

from runtime.fixity.failures import DISPUTED
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.report.count import MOST_FAILING, ReportCount
from runtime.report.inventory import Amount, Storage
from runtime.report.model import BucketReport, day_count, largest_folders
from runtime.report.notes import BucketNotes, Upload, part_bytes
from runtime.report.slices import Report, ReportSlice
from tests.support.builders import NOW
from tests.support.report_samples import sample
from tests.support.sweep_fakes import POLICY, record, with_outcome, with_replication

FAILED = with_outcome(
    record("bad", good=timedelta(days=-200), due=timedelta(hours=5)), Outcome.MISMATCH, success=False, message="x" * 600
)


def _count(*records: object) -> ReportCount:
    count = ReportCount()
    for one in records:
        count.count(one, NOW, POLICY)  # type: ignore[arg-type]
    return count


def test_files_go_to_a_dated_folder_and_to_the_latest() -> None:
    """The latest report has a folder of its own: it is found by its name, not by sorting (lesson L32)."""
    report = Report(datetime(2026, 3, 1, 23, 30, tzinfo=UTC).astimezone())

    assert ("reports/2026-03-01/acme-a.csv", "reports/LATEST/acme-a.csv") == report.list_keys("acme-a")
    assert ("reports/2026-03-01/index.html", "reports/LATEST/index.html") == report.page_keys
    assert ("reports/2026-03-01/report.json", "reports/LATEST/report.json") == report.summary_keys


def test_the_period_ends_with_the_day_before() -> None:
    """Only whole days are counted."""
    assert [date(2026, 2, 27), date(2026, 2, 28)] == Report(NOW).days(2)


def test_records_are_counted_as_the_sweep_counts_them() -> None:
    """Coverage, overdue and never verified follow the same policy; failing objects are named with their facts."""
    count = _count(
        record("good", size=7),
        record("new", good=None, deposited=timedelta(days=-3)),
        record("late", good=timedelta(days=-200), due=timedelta(days=-4)),
        FAILED,
    )

    assert 4 == count.objects
    assert 22 == count.size
    assert 2 == count.covered
    assert 1 == count.overdue
    assert 1 == count.never_verified
    assert 1 == count.failing
    assert 50 == count.coverage
    assert 0 == count.unreplicated
    assert NOW - timedelta(days=200) == count.oldest
    assert {"match": 3, "mismatch": 1} == count.outcomes
    [failing] = count.failing_objects
    assert ("bad", "mismatch", 500) == (failing.key, failing.outcome, len(failing.message))


def test_what_fails_is_not_covered() -> None:
    """A share of objects found good does not hold those that were found bad since."""
    count = _count(record("a"), with_outcome(record("b"), Outcome.MISMATCH, success=False))

    assert 2 == count.objects
    assert 1 == count.covered
    assert 50 == count.coverage


def test_what_was_never_read_does_not_hide_what_waits() -> None:
    """The oldest is the oldest of those that can be read, as in a sweep."""
    never = with_outcome(record("large", good=None), Outcome.DEFERRED, success=None)

    assert NOW - timedelta(days=170) == _count(never, record("small")).oldest


def test_l25_objects_without_a_replica_are_counted() -> None:
    """An object that is sound and has no second copy is not one with nothing to be told of."""
    count = _count(with_replication(record("a"), Replication.FAILED), record("b"))

    assert 1 == count.unreplicated
    assert 0 == count.failing


def test_l25_a_replica_that_fails_is_counted_apart() -> None:
    """An object whose replica alone is gone is not counted or shown as missing itself."""
    gone = with_outcome(FAILED, Outcome.ABSENT, success=False, message="the replica is gone: NoSuchKey")
    count = _count(FAILED, gone)

    assert {"mismatch": 1, "replica-absent": 1} == count.outcomes
    assert ["mismatch", "replica-absent"] == [one.outcome for one in count.failing_objects]


def test_l57_a_depositors_wrong_digest_is_named_and_not_counted_as_failing() -> None:
    """It lowers no coverage, is no failing object, and is listed in the words of mail and guide."""
    message = "depositor's metadata, sha256: expected aa, computed bb"
    count = _count(with_outcome(FAILED, Outcome.MISMATCH, success=False, message=message))

    assert (0, 1, 1) == (count.failing, count.disputed, count.needing_attention)
    assert {DISPUTED: 1} == count.outcomes
    assert [DISPUTED] == [one.outcome for one in count.failing_objects]
    assert 1 == ReportCount.from_document(count.document).disputed


def test_only_the_first_failing_objects_are_named() -> None:
    """The page stays readable and memory bounded, however many fail; all are counted, in one bucket and in several."""
    one, other = _count(*[FAILED] * 150), _count(*[FAILED] * 150)
    one.add(other)

    assert 300 == one.failing
    assert MOST_FAILING == len(one.failing_objects)


def test_nothing_is_fully_covered() -> None:
    """An empty bucket is no gap."""
    assert 100 == ReportCount().coverage


def test_notes_and_results_are_read_as_written() -> None:
    """What a slice notes for the next survives JSON."""
    count = _count(record("a"), FAILED)
    storage = Storage(made=NOW, classes={"STANDARD": Amount(1, 2, 3, 4)}, folders={"a/": Amount(1, 2, 3, 4)})
    notes = BucketNotes(
        uploads=(Upload(key="k", upload_id="u", etags=('"1"', '"2"')),),
        sums=(Upload(key="s", upload_id="v", etags=('"3"',)),),
        sums_unsent="aa  ./ä\n",
        after="ä",
        count=count,
        manifest="m",
        files_done=3,
        storage=storage,
        problem="p",
        restarts=2,
    )
    result = BucketReport(count=count, storage=storage, problem="p")

    assert notes == BucketNotes.from_document(json.loads(json.dumps(notes.document)))
    assert BucketNotes() == BucketNotes.from_document(json.loads(json.dumps(BucketNotes().document)))
    assert result == BucketReport.from_document(json.loads(json.dumps(result.document)))


def test_the_summary_is_json() -> None:
    """What programs read holds the same figures as the page."""
    document = json.loads(json.dumps(sample().document))

    assert "duracloud-report/1" == document["format"]
    assert 1_544_349 == document["objects"]
    assert 2 == document["failing"]
    assert 31 == len(document["days"])
    assert "acme-prod-maps.csv" == document["buckets"]["acme-prod-maps"]["list"]
    assert document["buckets"]["acme-prod-born-digital"]["storage"] is None


def test_parts_grow_so_that_a_billion_objects_fit() -> None:
    """Of 10,000 parts each has the size that S3 asks for, and together they hold 440 bytes for each of 10^9 objects."""
    sizes = [part_bytes(number) for number in range(1, 10_001)]

    assert min(sizes) >= 5 * 1024**2
    assert max(sizes) <= 80 * 1024**2
    assert sum(sizes) >= 440 * 10**9


def test_a_slice_names_what_it_goes_on_with() -> None:
    """The message is small: what the slice needs lies in its notes."""
    part = ReportSlice(run=Report(NOW), bucket="acme-a", number=4)

    assert {"action": "slice", "time": "2026-03-01T12:00:00Z", "bucket": "acme-a", "number": 4} == part.message
    assert "scratch/reports/20260301T120000.000000Z/acme-a/000005.json" == part.run.notes_key("acme-a", 5)
    assert 5 == part.following.number


def test_a_day_counts_what_its_manifest_says() -> None:
    """Incidents are failures of checks and deposits; recoveries and repairs are events of their own."""
    manifest = {
        "counts": {
            "check": {"match": 90, "mismatch": 2, "absent": 1, "superseded": 1},
            "deposit": {"match": 5, "unreadable": 1, "no-baseline": 1},
            "recovery": {"match": 1},
            "repair": {"match": 2},
            "deletion": {"removed": 8},
        }
    }
    day = day_count(date(2026, 2, 1), manifest)

    assert (True, 101, 5, 1, 2) == (day.known, day.checks, day.incidents, day.recoveries, day.repairs)


@pytest.mark.parametrize(
    "manifest", [None, {}, {"counts": 7}, {"counts": {"check": 7}}, {"counts": {"check": {"a": "b"}}}]
)
def test_a_day_without_a_manifest_is_not_a_day_without_incidents(manifest: dict[str, object] | None) -> None:
    """Where the trail says nothing, nothing is made up."""
    assert not day_count(date(2026, 2, 1), manifest).known


def test_the_largest_folders_of_all_buckets_come_first() -> None:
    """By the bytes of all versions, older ones included."""
    stored = {
        "a": Storage(made=NOW, folders={"x/": Amount(1, 5), "": Amount(1, 1)}),
        "b": Storage(made=NOW, folders={"y/": Amount(1, 1, 1, 9)}),
    }

    assert [("b", "y/", 1, 10), ("a", "x/", 1, 5)] == list(largest_folders(stored, 2))
