import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from runtime.bucket_runs.slices import give_up, start
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import FixityRecord
from runtime.report import notes as report_notes
from runtime.report.count import ReportCount
from runtime.report.errors import UploadGoneError
from runtime.report.inventory import Amount, Inventory, InventoryFile, InventoryFormat, StoredVersion
from runtime.report.slices import Report, ReportSlice
from runtime.shared.errors import MalformedMessageError, RefusedError, TransientError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import moment_of
from tests.support.builders import NOW
from tests.support.report_fakes import REPORT, Environment, environment
from tests.support.report_samples import unmarked
from tests.support.sweep_fakes import BUCKET, record, with_outcome

FIRST = ReportSlice(run=REPORT, bucket=BUCKET)
DATED, LATEST = REPORT.list_keys(BUCKET)
KEYS = [f"{number:03}" for number in range(20)]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of two or three lines, so that a few records make many."""
    monkeypatch.setattr(report_notes, "_PART_BYTES", 500)


def _with_twenty_objects(*buckets: str) -> Environment:
    env = environment(BUCKET, *buckets)
    env.add(*map(record, KEYS))
    return env


def _failing(key: str, *, bucket: str = BUCKET) -> FixityRecord:
    return with_outcome(record(key, bucket=bucket), Outcome.MISMATCH, success=False, message="bad bytes")


def _keys(env: Environment, name: str) -> list[str]:
    text = env.files.files[name].decode("utf-8-sig")
    return [unmarked(row["key"]) for row in csv.DictReader(io.StringIO(text, newline=""))]


def _page(env: Environment, name: str = REPORT.page_keys[1]) -> str:
    return env.files.files[name].decode()


def _inventory(env: Environment, *files: str, bucket: str = BUCKET) -> None:
    env.inventories.inventories[bucket] = Inventory(
        manifest=f"inventory/{bucket}/manifest.json",
        made=NOW,
        format=InventoryFormat.CSV,
        columns=(),
        files=tuple(InventoryFile(key=name, md5="") for name in files),
    )


def test_a_report_is_lists_a_page_and_a_summary_twice() -> None:
    """Every object is in its bucket's list; what is dated and what is latest are the same."""
    env = _with_twenty_objects("acme-test-maps")
    env.add(record("x", bucket="acme-test-maps"))
    whole = [progress.whole for progress in env.run() if progress.whole]

    assert KEYS == _keys(env, DATED)
    assert ["x"] == _keys(env, REPORT.list_keys("acme-test-maps")[1])
    assert 1 == len(whole)
    assert 21 == whole[0].total.objects
    for dated, latest in (REPORT.list_keys(BUCKET), REPORT.page_keys):
        assert env.files.files[dated] == env.files.files[latest]
    dated_summary, latest_summary = (env.documents.documents[key] for key in REPORT.summary_keys)
    assert dated_summary == latest_summary
    assert 21 == latest_summary["objects"]
    assert {} == env.files.uploads


def test_l31_a_slice_ends_by_time_and_the_next_goes_on() -> None:
    """Without time left each slice sends one part; together they make the list that one slice would have made."""
    env = _with_twenty_objects()
    done = env.run(seconds=0)

    assert len(done) > 4
    assert KEYS == _keys(env, LATEST)
    whole = _with_twenty_objects()
    whole.run()
    assert whole.files.files[LATEST] == env.files.files[LATEST]
    assert done[-1].whole is not None
    assert 20 == done[-1].whole.total.objects


def _with_sums() -> Environment:
    env = environment(BUCKET)
    env.add(*(attrs.evolve(record(key), digests={"sha256": f"{int(key):064x}"}) for key in KEYS))
    return env


def test_f24_the_file_for_sha256sum_is_whole_however_it_was_cut() -> None:
    """Its lines are shorter than those of the list: what did not fill a part goes on in the next slice, once."""
    env, whole = _with_sums(), _with_sums()
    done = env.run(seconds=0)
    whole.run()

    waiting = [one.notes.sums_unsent for one in done if one.notes and not one.notes.listed]
    assert any(waiting)
    assert len({len(text) for text in waiting}) > 1
    for key in REPORT.sums_keys(BUCKET):
        assert whole.files.files[key] == env.files.files[key]
        [comment, *lines] = env.files.files[key].decode().splitlines()
        assert comment == f"# SHA-256 of the objects of {BUCKET} as deposited, by the report of 2026-03-01T12:00:00Z"
        assert [f"{int(name):064x}  ./{name}" for name in KEYS] == lines


def test_f24_a_list_that_older_software_began_is_begun_again() -> None:
    """Its notes know no file for sha256sum, which would lack the objects of the parts already sent."""
    env = _with_sums()
    start(env.reporting, REPORT)
    first = env.work(env.slices.sent.pop(), seconds=0)
    assert first.notes is not None
    [following] = env.slices.sent
    old = {name: value for name, value in first.notes.document.items() if not name.startswith("sums")}
    env.documents.write(following.notes_key, old)

    assert env.work(env.slices.sent.pop()).restarted
    env.work_on()
    assert 21 == env.files.files[REPORT.sums_keys(BUCKET)[1]].count(b"\n")


def test_an_empty_bucket_has_a_list_with_a_header() -> None:
    """There is nothing in it, and the page says so."""
    env = environment(BUCKET)
    env.run()

    assert [] == _keys(env, LATEST)
    assert "Nothing is under care yet" in _page(env)


def test_an_environment_without_buckets_has_a_page() -> None:
    """The report is complete as soon as it is begun."""
    env = environment()

    started = start(env.reporting, REPORT)

    assert ([], True) == (started.buckets, started.whole is not None)
    assert "Nothing is under care yet" in _page(env)


@pytest.mark.parametrize("fault", ["send", "finish"])
def test_an_upload_that_is_gone_is_begun_again(fault: str) -> None:
    """Somebody ended the upload between two slices: the list is begun again and complete in the end."""
    env = _with_twenty_objects()
    start(env.reporting, REPORT)
    first = env.work(env.slices.sent.pop(), seconds=0)
    assert first.notes is not None
    if fault == "send":
        env.files.uploads.clear()
    else:
        env.files.before = _once("finish", [UploadGoneError("gone")])

    assert env.work(env.slices.sent.pop()).restarted
    [*_, last] = env.work_on()

    assert KEYS == _keys(env, LATEST)
    assert last.whole is not None
    assert 20 == last.whole.total.objects


def _once(call: str, errors: list[Exception]) -> Callable[[str], None]:
    def before(name: str) -> None:
        if name == call and errors:
            raise errors.pop()

    return before


def test_a_list_that_cannot_be_finished_is_given_up_loudly() -> None:
    """After several beginnings the message goes where a person looks."""
    env = environment(BUCKET)
    env.add(record("a"))

    def gone(name: str) -> None:
        if name == "finish":
            raise UploadGoneError("gone")

    env.files.before = gone
    start(env.reporting, REPORT)
    for _ in range(3):
        assert env.work(env.slices.sent.pop()).restarted
    with pytest.raises(RefusedError, match="was begun 4 times"):
        env.work(env.slices.sent.pop())


@pytest.mark.parametrize("call", ["begin", "send", "finish", "write_page"])
def test_l27_a_slice_that_failed_is_done_again(call: str) -> None:
    """S3 did not answer once: the message comes again, and the report is as if nothing had been."""
    env = _with_twenty_objects()
    start(env.reporting, REPORT)
    part = env.slices.sent.pop()
    env.files.before = _once(call, [TransientError("busy")])
    with pytest.raises(TransientError):
        env.work(part)
    progress = env.work(part)

    assert KEYS == _keys(env, LATEST)
    assert progress.whole is not None
    assert 20 == progress.whole.total.objects
    assert ">20<" in _page(env)


def test_l27_a_crash_before_the_next_slice_is_queued_loses_nothing() -> None:
    """What was noted stands; the same message queues the next slice and does the work only once."""
    env = _with_twenty_objects()
    start(env.reporting, REPORT)
    part = env.slices.sent.pop()
    env.slices.error = TransientError("busy")
    with pytest.raises(TransientError):
        env.work(part, seconds=0)
    env.slices.error = None

    again = env.work(part, seconds=0)
    assert again.notes is None
    assert [part.following] == env.slices.sent
    env.work_on()
    assert KEYS == _keys(env, LATEST)


def test_a_message_that_comes_twice_makes_no_second_chain() -> None:
    """A start and slices that were worked on long ago queue nothing any more."""
    env = _with_twenty_objects()
    start(env.reporting, REPORT)
    first = env.slices.sent.pop()
    env.work(first, seconds=0)
    env.work(env.slices.sent.pop(), seconds=0)
    waiting = list(env.slices.sent)

    start(env.reporting, REPORT)
    env.work(first)

    assert waiting == env.slices.sent


def test_two_copies_of_a_first_slice_end_in_one_list() -> None:
    """The copy whose notes came second leaves nothing behind."""
    env = _with_twenty_objects()
    start(env.reporting, REPORT)
    part = env.slices.sent.pop()
    other: list[Any] = []

    def copy(_: str) -> None:
        env.files.before = lambda _: None
        other.append(env.work(part, seconds=0))

    env.files.before = copy
    env.work(part, seconds=0)
    assert 4 == len(env.files.uploads)
    assert 1 == len(env.slices.sent)
    env.work_on()

    assert KEYS == _keys(env, LATEST)
    assert {} == env.files.uploads


def test_parts_that_were_written_over_are_found_out() -> None:
    """Another copy sent other bytes as the same part: the list is begun again, never mixed."""
    env = _with_twenty_objects()
    start(env.reporting, REPORT)
    first = env.work(env.slices.sent.pop(), seconds=0)
    assert first.notes is not None
    upload = first.notes.uploads[0]
    env.files.send(attrs.evolve(upload, etags=()), b"others")

    assert env.work(env.slices.sent.pop()).restarted
    env.work_on()
    assert KEYS == _keys(env, LATEST)


def test_l32_a_report_that_was_held_up_does_not_replace_a_later_one() -> None:
    """The latest is the one that began last, whichever ended last."""
    env, later = environment(BUCKET), Report(NOW + timedelta(days=1))
    env.add(record("a"))
    start(env.reporting, REPORT)
    held_up = env.slices.sent.pop()
    env.run(later)
    env.add(record("b"))
    env.work(held_up)

    assert ["a"] == _keys(env, LATEST)
    assert ["a", "b"] == _keys(env, DATED)
    assert _page(env, later.page_keys[0]) == _page(env)
    assert {} == env.files.uploads


def test_a_bucket_that_is_gone_does_not_drop_out_quietly() -> None:
    """What the last report still found under care is looked at, though S3 lists the bucket no more."""
    env = environment(BUCKET)
    env.add(record("a"))
    env.run()
    env.buckets.listed.clear()
    env.run(Report(NOW + timedelta(days=1)))

    assert ["a"] == _keys(env, LATEST)


def test_failing_objects_are_on_the_page() -> None:
    """The headline counts them and the page names them."""
    env = environment(BUCKET, "acme-test-maps")
    env.add(record("good"), _failing("odd <key>"), _failing("other", bucket="acme-test-maps"))
    env.run()

    assert "2 objects need attention" in _page(env)
    assert "odd &lt;key&gt;" in _page(env)
    assert "Bad bytes." in _page(env)


def test_a_record_that_cannot_be_read_is_in_list_and_page() -> None:
    """It is not left out: the list has a line of it, and the page names it with what is wrong."""
    env, ref = environment(BUCKET), ObjectRef(BUCKET, "b")
    env.add(record("a"), record("c"))
    env.records.malformed[ref] = Malformed(ref=ref, problem="the attribute Sequencer is missing")
    done = env.run()

    assert ["a", "b", "c"] == _keys(env, LATEST)
    assert "1 object needs attention" in _page(env)
    assert "Record cannot be read" in _page(env)
    assert "The attribute Sequencer is missing." in _page(env)
    assert done[-1].whole is not None
    total = done[-1].whole.total
    assert (3, 2, 1, {"match": 2, "malformed-record": 1}) == (
        total.objects,
        total.covered,
        total.failing,
        total.outcomes,
    )


def test_f23_what_failed_today_is_in_todays_report() -> None:
    """The trail's manifest of today is not written yet, and nobody waits a month to read of it."""
    env = environment(BUCKET)
    env.add(
        record("a"),
        with_outcome(record("b"), Outcome.MISMATCH, success=False, ended=REPORT.started),
        with_outcome(record("c"), Outcome.MATCH, success=True, ended=REPORT.started.replace(hour=0)),
        with_outcome(record("d"), Outcome.ABSENT, success=False, ended=REPORT.started - timedelta(days=1)),
    )
    env.run()

    assert {"checks": 2, "incidents": 1} == env.documents.documents[REPORT.summary_keys[1]]["today"]
    assert "so far, not signed yet" in _page(env)


@pytest.mark.parametrize("error", [None, RefusedError("AccessDenied"), TransientError("busy")])
def test_f23_alarms_that_fire_are_in_the_report(error: Exception | None) -> None:
    """They are named; where CloudWatch does not say, the page says that, and there is a report all the same."""
    env = environment(BUCKET)
    env.alarms.in_alarm += ["overdue-objects", "dead-letters"]
    env.alarms.error = error
    env.run()
    firing = env.documents.documents[REPORT.summary_keys[1]]["alarms_firing"]

    assert (None if error else ["dead-letters", "overdue-objects"]) == firing
    assert ("Whether alarms fire is not known" if error else "dead-letters and overdue-objects. ") in _page(env)


def test_f23_past_reports_are_found_by_an_index() -> None:
    """It leads to every dated report, the newest first; a delayed report does not take a later one away."""
    env, later = environment(BUCKET), Report(NOW + timedelta(days=310))
    start(env.reporting, REPORT)
    held_up = env.slices.sent.pop()
    env.run(later)
    env.work(held_up)
    env.run(Report(NOW + timedelta(days=311)))
    links = re.findall(r'href="([^"]+)"', env.files.files["reports/index.html"].decode())

    assert ["LATEST/index.html", "2027-01-06/index.html", "2027-01-05/index.html", "2026-03-01/index.html"] == links


def test_f23_days_before_the_trail_began_are_not_missing() -> None:
    """A new service has no manifest of last month, and that is no gap; behind the first one every day counts."""
    env = environment(BUCKET)
    env.documents.documents["audit/manifests/2026-02-27.json"] = {"number": 1, "counts": {"check": {"match": 70}}}
    [progress] = env.run()

    assert progress.whole is not None
    assert (1, 1) == (progress.whole.unsigned, env.documents.documents[REPORT.summary_keys[1]]["unsigned_days"])
    assert "26 Feb" in _page(env)
    assert "before the audit trail began" in _page(env)


def test_the_days_before_are_read_from_the_audit_trail() -> None:
    """Each day's manifest is asked for; a day without one is said to be not known."""
    env = environment(BUCKET)
    env.documents.documents["audit/manifests/2026-02-27.json"] = {
        "counts": {"check": {"match": 70, "mismatch": 3}, "recovery": {"match": 1}}
    }
    [progress] = env.run()

    assert progress.whole is not None
    assert [(False, 0, 0), (True, 73, 3), (False, 0, 0)] == [
        (day.known, day.checks, day.incidents) for day in progress.whole.days
    ]


def test_storage_is_added_up_file_by_file() -> None:
    """A slice that has no time left ends behind a file; no file is read twice, and none left out."""
    env = environment(BUCKET)
    _inventory(env, "one", "two", "three")
    for number, name in enumerate(("one", "two", "three"), start=1):
        env.inventories.listed[name] = [StoredVersion(f"{name}/k", number, "STANDARD", latest=True)]
    done = env.run(seconds=0)

    assert ["one", "two", "three"] == env.inventories.read_files
    assert done[-1].whole is not None
    storage = done[-1].whole.stored[BUCKET]
    assert Amount(3, 6) == storage.whole
    assert {"one/", "two/", "three/"} == set(storage.folders)


def test_every_moment_of_a_report_is_written_alike() -> None:
    """`ended` and `oldest_unverified` were written without the Z that `started` has."""
    env = environment(BUCKET)
    env.add(record("good"), _failing("bad"))
    _inventory(env, "one")
    env.inventories.listed["one"] = [StoredVersion("a/k", 1, "STANDARD", latest=True)]
    env.run(seconds=0)
    written = json.dumps(list(env.documents.documents.values()))
    moments = re.findall(r'"(\d{4}-\d\d-\d\d.\d\d:[^"]*)"', written)

    assert {NOW, REPORT.started} <= {moment_of(text) for text in moments}
    assert [] == [text for text in moments if not text.endswith("Z")]
    assert {"started", "ended", "oldest_unverified"} <= env.documents.documents[REPORT.summary_keys[1]].keys()


def test_what_was_noted_before_moments_were_written_alike_is_read() -> None:
    """A report that an update of the software comes in between goes on."""
    count = ReportCount(oldest=NOW)
    before = {**count.document, "oldest_unverified": "2026-03-01T12:00:00+00:00"}

    assert count == ReportCount.from_document(before)


def test_a_damaged_inventory_is_said_and_not_counted() -> None:
    """The report does not fail for it, and shows no half of it."""
    env = environment(BUCKET)
    _inventory(env, "one", "missing")
    env.inventories.listed["one"] = [StoredVersion("k", 1, "STANDARD", latest=True)]
    env.run()

    assert "could not be used: " in _page(env)
    assert "missing is damaged" in _page(env)
    assert env.documents.documents[REPORT.summary_keys[1]]["buckets"][BUCKET]["storage"] is None


def test_a_report_of_the_future_is_refused() -> None:
    """It would be the latest until then."""
    env = environment(BUCKET)

    with pytest.raises(MalformedMessageError, match=r"^got the time 2026-03-01T12:06:00Z; allowed: at most 5 minutes"):
        start(env.reporting, Report(NOW + timedelta(minutes=6)))


def _given_up(env: Environment, report: Report = REPORT) -> ReportSlice:
    """Make a report in which the work on the bucket of maps is given up."""
    start(env.reporting, report)
    [refused] = [part for part in env.slices.sent if part.bucket == "acme-test-maps"]
    env.slices.sent.remove(refused)
    env.work_on()
    assert give_up(env.reporting, refused, "RefusedError: no <access>") is not None
    return refused


def test_a_bucket_that_is_given_up_does_not_silence_the_others() -> None:
    """The report is complete with what is known of the others; the page names the bucket and says why."""
    env = environment(BUCKET, "acme-test-maps")
    env.add(record("a"), record("x", bucket="acme-test-maps"))
    _given_up(env)

    assert "1 bucket could not be reported on" in _page(env)
    assert "RefusedError: no &lt;access&gt;" in _page(env)
    assert "acme-test-maps.csv" not in _page(env)
    summary = env.documents.documents[REPORT.summary_keys[1]]
    assert 1 == summary["objects"]
    assert (None, "RefusedError: no <access>") == tuple(
        summary["buckets"]["acme-test-maps"][name] for name in ("list", "unfinished")
    )


def test_a_bucket_that_was_given_up_may_still_come_to_its_end() -> None:
    """The slice is worked on after all: page and lists become whole; those of a later report stay as they are."""
    env, later = environment(BUCKET, "acme-test-maps"), Report(NOW + timedelta(days=1))
    env.add(record("a"), record("x", bucket="acme-test-maps"))
    refused = _given_up(env)
    progress = env.work(refused)

    assert progress.whole is not None
    assert ({}, 2) == (progress.whole.unfinished, progress.whole.total.objects)
    assert "acme-test-maps.csv" in _page(env)
    assert ["x"] == _keys(env, REPORT.list_keys("acme-test-maps")[1])

    other = environment(BUCKET, "acme-test-maps")
    refused = _given_up(other)
    other.run(later)
    latest = dict(other.files.files)
    other.work(refused)
    assert latest[later.page_keys[1]] == other.files.files[later.page_keys[1]]
    assert "could not be reported on" not in _page(other, REPORT.page_keys[0])


@pytest.mark.parametrize(("lost", "number"), [("plan", 0), ("notes", 3)])
def test_lost_notes_are_told(lost: str, number: int) -> None:
    """What cannot go on says so, and what to do."""
    env = environment(BUCKET)
    if lost == "plan":
        env.documents.write(REPORT.result_key(BUCKET), {})
    with pytest.raises(RefusedError, match=rf"the {lost} of the report .* (is|are) gone: start another"):
        env.work(attrs.evolve(FIRST, number=number))
