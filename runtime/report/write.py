"""What a report does in each slice and at the end: it writes a list per bucket, in parts, and one page."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final

import attrs
from typing_extensions import override

from runtime.audit.manifests import manifest_key
from runtime.bucket_runs.read_ahead import read_ahead
from runtime.bucket_runs.run import supersedes
from runtime.bucket_runs.slices import BucketRuns, Progress, Step
from runtime.contract import ManagedPrefix
from runtime.fixity.ports import RecordPages
from runtime.report.count import ReportCount
from runtime.report.errors import UploadGoneError
from runtime.report.inventory import InventoryError, Storage
from runtime.report.lists import Lists
from runtime.report.model import BucketReport, WholeReport, day_count
from runtime.report.notes import BucketNotes
from runtime.report.ports import FiringAlarms, Inventories, ReportFiles, ReportPage
from runtime.report.slices import Report, ReportSlice
from runtime.settings import ReportSettings
from runtime.shared.errors import RefusedError, TransientError

# A list that was restarted this often will not finish by itself.
_MOST_RESTARTS: Final = 3


@attrs.define(kw_only=True)
class ReportProgress(Progress[WholeReport]):
    """What one slice did."""

    notes: BucketNotes | None = None  # None if the slice had been worked on before
    restarted: bool = False  # the list must be begun again


@attrs.frozen(kw_only=True)
class Reporting(BucketRuns[Report, ReportSlice, ReportProgress, WholeReport]):
    """Ports and settings of reports."""

    records: RecordPages
    files: ReportFiles
    inventories: Inventories
    page: ReportPage
    alarms: FiringAlarms
    settings: ReportSettings

    @override
    def run(self, started: datetime) -> Report:
        return Report(started)

    @override
    def slice(self, run: Report, bucket: str, place: Mapping[str, Any] | None = None) -> ReportSlice:
        return ReportSlice(run=run, bucket=bucket) if place is None else ReportSlice.at(run, bucket, place)

    @override
    def not_begun(self, run: Report, slices: Sequence[ReportSlice]) -> Sequence[ReportSlice]:
        noted = self.documents.names(run.folder)
        # One of these exists once the first slice was worked on.
        return [one for one in slices if not noted & {run.result_key(one.bucket), one.following.notes_key}]

    @override
    def nothing(self) -> ReportProgress:
        return ReportProgress()

    @override
    def work(self, part: ReportSlice, deadline: datetime) -> Step[ReportSlice, ReportProgress]:
        """Work on a slice: at least a first part of the list, or a first file of the inventory.

        Notes are written once: of two copies of a slice one continues. Parts are identified by S3's ETags: if another
        copy overwrote a part, finishing the list fails, and the list is begun again.
        """
        documents, following = self.documents, part.following
        if documents.read(following.notes_key) is not None:
            # Worked on before; the attempt may have ended before it queued the next slice.
            queued = documents.read(following.following.notes_key) is not None
            return Step(progress=ReportProgress(), following=None if queued else following)
        before = _notes(self, part)
        try:
            notes = before if before.listed else _list(self, part, before, deadline)
        except UploadGoneError as error:
            return _restart(self, part, before, error)
        # Use the time left for the inventory.
        ended = notes.listed and (before.listed or self.clock.now() < deadline)
        if ended:
            notes, ended = _add_up(self, part, notes, deadline)
        progress = ReportProgress(notes=notes)
        if ended:
            result = BucketReport(count=notes.count, storage=notes.storage, problem=notes.problem)
            return Step(progress=progress, result=result.document)
        if documents.write_once(following.notes_key, notes.document):
            return Step(progress=progress, following=following)
        if not before.uploads:
            _abandon(self, notes)
        return Step(progress=progress)

    @override
    def abandoned(self, part: ReportSlice) -> Mapping[str, Any]:
        return BucketReport(count=ReportCount(), storage=None).document

    @override
    def finish(self, run: Report, results: Mapping[str, Mapping[str, Any]]) -> WholeReport:
        whole = WholeReport(
            report=run,
            environment=self.settings.environment,
            policy=self.policy,
            ended=self.clock.now(),
            buckets={bucket: BucketReport.from_document(found) for bucket, found in results.items()},
            days=[
                day_count(day, self.documents.read(manifest_key(day)))
                for day in run.days(self.settings.report_period_days)
            ],
            firing=_firing(self.alarms),
        )
        text, summary = self.page.html(whole), whole.document
        for page_key, summary_key, current in zip(run.page_keys, run.summary_keys, _current(self, run), strict=True):
            if current:
                self.files.write_page(page_key, text)
                self.documents.write(summary_key, summary)
            if current and page_key == run.page_keys[-1]:
                index = self.page.index(self.settings.environment, run.started, {*self.files.days(), run.day})
                self.files.write_page(ManagedPrefix.REPORT_INDEX, index)
        return whole


def _list(reporting: Reporting, part: ReportSlice, notes: BucketNotes, deadline: datetime) -> BucketNotes:
    """Write parts of the lists until the bucket's end or the deadline; return the new notes."""
    lists, policy = Lists.begun(reporting.files, part, notes), reporting.policy
    count, unsent, sent = ReportCount(), ReportCount(), None
    count.add(notes.count)
    with ThreadPoolExecutor(max_workers=1) as pool:
        for record in read_ahead(pool, reporting.records.page, part.bucket, notes.after):
            lists.add(record, part, policy)
            unsent.count(record, part.run.started, policy)
            if lists.send_full():
                count.add(unsent)
                unsent = ReportCount()
                sent = lists.noted(attrs.evolve(notes, after=record.ref.key, count=count))
            if sent and reporting.clock.now() >= deadline:
                # S3 allows small parts at the end only: the rest is read again.
                return sent
    count.add(unsent)
    # A delayed report does not replace a later one.
    lists.finish(_current(reporting, part.run))
    return attrs.evolve(notes, uploads=(), sums=(), sums_unsent="", after=None, listed=True, count=count)


def _restart(
    reporting: Reporting, part: ReportSlice, before: BucketNotes, error: UploadGoneError
) -> Step[ReportSlice, ReportProgress]:
    """Begin the lists of a bucket again."""
    _abandon(reporting, before)
    if before.restarts >= _MOST_RESTARTS:
        raise RefusedError(f"the list of {part.bucket} was begun {before.restarts + 1} times: {error}") from error
    notes, following = BucketNotes(restarts=before.restarts + 1), part.following
    first = reporting.documents.write_once(following.notes_key, notes.document)
    return Step(progress=ReportProgress(notes=notes, restarted=True), following=following if first else None)


def _abandon(reporting: Reporting, notes: BucketNotes) -> None:
    for upload in notes.all_uploads:
        reporting.files.abandon(upload)


def _add_up(
    reporting: Reporting, part: ReportSlice, notes: BucketNotes, deadline: datetime
) -> tuple[BucketNotes, bool]:
    """Add up files of the inventory, at least one; return the new notes, and whether all are done."""
    inventories = reporting.inventories
    try:
        inventory = inventories.read(notes.manifest) if notes.manifest else inventories.newest(part.bucket)
        if inventory is None:
            return notes, True
        storage = notes.storage or Storage(made=inventory.made)
        done = notes.files_done
        for file in inventory.files[done:]:
            for versions in inventories.versions(inventory, file):
                storage.count(versions)
            done += 1
            if done < len(inventory.files) and reporting.clock.now() >= deadline:
                return attrs.evolve(notes, manifest=inventory.manifest, files_done=done, storage=storage), False
    except InventoryError as error:
        return attrs.evolve(notes, storage=None, problem=str(error)), True
    return attrs.evolve(notes, storage=storage), True


def _notes(reporting: Reporting, part: ReportSlice) -> BucketNotes:
    if not part.number:
        return BucketNotes()
    document = reporting.documents.read(part.notes_key)
    if document is None:
        raise RefusedError(f"the notes of the report of {part.run.time} on {part.bucket} are gone: start another")
    return BucketNotes.from_document(document)


def _current(reporting: Reporting, report: Report) -> list[bool]:
    """Tell whether the report may replace the existing one: of its day, and the latest."""
    return [supersedes(report, reporting.documents.read(key), itself=True) for key in report.summary_keys]


def _firing(alarms: FiringAlarms) -> Sequence[str] | None:
    """Return the alarms that fire, None if CloudWatch does not say: a report without them is better than none."""
    try:
        return alarms.firing()
    except (RefusedError, TransientError):
        return None
