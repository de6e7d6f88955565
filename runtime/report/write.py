"""Write the report of an environment: a list per bucket, slice by slice, and one page when all are complete."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

import attrs

from runtime.audit.manifests import manifest_key
from runtime.bucket_runs.run import Sweep, SweepPolicy, planned, refuse_future, supersedes
from runtime.bucket_runs.slices import finished, read_ahead, write_result
from runtime.fixity.ports import RecordPages
from runtime.report.count import ReportCount
from runtime.report.csv_list import HEADER, line
from runtime.report.errors import UploadGoneError
from runtime.report.inventory import InventoryError, Storage
from runtime.report.model import BucketReport, WholeReport, day_count
from runtime.report.notes import BucketNotes, Upload, part_bytes
from runtime.report.ports import Inventories, ReportFiles, ReportPage
from runtime.report.slices import LATEST_SUMMARY, Report, ReportSlice
from runtime.settings import ReportSettings
from runtime.shared.errors import RefusedError
from runtime.shared.ports import Clock, Documents, MainBuckets, Queue

# A list that was begun so often will not come to its end by itself.
_MOST_RESTARTS: Final = 3


@attrs.frozen(kw_only=True)
class Reporting:
    """The ports and the policy of reports.

    Attributes:
        buckets: the main buckets.
        records: the fixity records, in order.
        slices: the queue by which a report goes on.
        files: lists and pages.
        documents: plans, notes, results and summaries.
        inventories: what S3 lists of the buckets.
        page: writes the page.
        clock: tells the time.
        settings: the function's settings.
    """

    buckets: MainBuckets
    records: RecordPages
    slices: Queue[ReportSlice]
    files: ReportFiles
    documents: Documents
    inventories: Inventories
    page: ReportPage
    clock: Clock
    settings: ReportSettings

    @property
    def policy(self) -> SweepPolicy:
        """Interval and grace."""
        return SweepPolicy.of(self.settings)


@attrs.frozen(kw_only=True)
class ReportProgress:
    """What one slice did.

    Attributes:
        notes: how far the bucket has come; None where the slice had been worked on before.
        ended: whether the bucket has come to its end.
        restarted: whether its list has to be begun again.
        whole: the report, where this slice was its last; otherwise None.
    """

    notes: BucketNotes | None
    ended: bool = False
    restarted: bool = False
    whole: WholeReport | None = None


def start(reporting: Reporting, report: Report) -> tuple[list[str], WholeReport | None]:
    """Begin a report: note of which buckets it is and queue the first slice of each.

    Doing it again queues those that have not begun; the buckets stay those noted first.

    Args:
        reporting: ports and policy.
        report: the report.

    Returns:
        The buckets, and the whole report where there are none; otherwise None.

    Raises:
        MalformedMessageError: the report lies in the future.
        TransientError: a service did not answer; the message is to be handed out again.
        RefusedError: a service refused.
    """
    refuse_future(report.started, reporting.clock.now())
    documents = reporting.documents
    buckets = planned(reporting.buckets.names(), documents.read(LATEST_SUMMARY))
    documents.write_once(report.plan_key, {"started": report.time, "buckets": buckets})
    buckets = _plan(reporting, report)
    noted = documents.names(report.working_folder)
    slices = [ReportSlice(report=report, bucket=bucket) for bucket in buckets]
    reporting.slices.send([one for one in slices if not noted & _traces(one)])
    return buckets, None if buckets else _end(reporting, report)


def advance(reporting: Reporting, part: ReportSlice, deadline: datetime) -> ReportProgress:
    """Work on a slice, then queue the next one or end the bucket.

    What was done is noted before the next slice is queued, so a crash leaves this one in the queue (lesson L27). Notes
    are written once: of two copies of a slice one goes on. Parts are known by S3's tags, so parts that another copy
    wrote over are found out when the list is finished, and the list is begun again.

    Args:
        reporting: ports and policy.
        part: the slice.
        deadline: the moment by which it is cut short; a first part is written in any case.

    Raises:
        TransientError: a service did not answer; the message is to be handed out again.
        RefusedError: a service refused, or the list could not be finished although it was begun again.
    """
    documents, report = reporting.documents, part.report
    if finished(documents, report.result_key(part.bucket)):
        return ReportProgress(notes=None, ended=True, whole=_end(reporting, report))
    if documents.read(report.notes_key(part.bucket, part.following.number)) is not None:
        # It was worked on before, and may have ended before the next was queued.
        if documents.read(report.notes_key(part.bucket, part.following.following.number)) is None:
            reporting.slices.send([part.following])
        return ReportProgress(notes=None)
    before = _notes(reporting, part)
    try:
        notes = before if before.listed else _list(reporting, part, before, deadline)
    except UploadGoneError as error:
        return _restart(reporting, part, before, error)
    # What time is left goes into the inventory, unless there is none left.
    ended = notes.listed and (before.listed or reporting.clock.now() < deadline)
    if ended:
        notes, ended = _add_up(reporting, part, notes, deadline)
    if ended:
        result = BucketReport(count=notes.count, storage=notes.storage, problem=notes.problem)
        write_result(documents, report.result_key(part.bucket), result.document)
        return ReportProgress(notes=notes, ended=True, whole=_end(reporting, report))
    if documents.write_once(report.notes_key(part.bucket, part.following.number), notes.document):
        reporting.slices.send([part.following])
    elif not before.uploads:
        _abandon(reporting, notes)
    return ReportProgress(notes=notes)


def give_up(reporting: Reporting, part: ReportSlice, reason: str) -> WholeReport | None:
    """Note that the work on a bucket does not come to its end, so that the others are not kept waiting.

    Should the slice be worked on after all, what it finds takes the place of this.

    Args:
        reporting: ports and policy.
        part: the slice that was tried for the last time.
        reason: why, in one line.

    Returns:
        The report, where it is complete by this; otherwise None.

    Raises:
        TransientError: a service did not answer.
        RefusedError: a service refused.
    """
    result = BucketReport(count=ReportCount(), storage=None, unfinished=reason)
    reporting.documents.write_once(part.report.result_key(part.bucket), result.document)
    return _end(reporting, part.report)


def _list(reporting: Reporting, part: ReportSlice, notes: BucketNotes, deadline: datetime) -> BucketNotes:
    """Write parts of the lists until the bucket's end or the deadline. Returns how far it came."""
    uploads = notes.uploads or tuple(reporting.files.begin(key) for key in part.report.list_keys(part.bucket))
    count, after, policy = ReportCount(), notes.after, reporting.policy
    count.add(notes.count)
    text, unsent = bytearray(), ReportCount()
    if not notes.uploads:
        text += HEADER.encode()
    sent = False
    with ThreadPoolExecutor(max_workers=1) as pool:
        for record in read_ahead(pool, reporting.records.page, part.bucket, after):
            text += line(record).encode()
            unsent.count(record, part.report.started, policy)
            if len(text) >= part_bytes(len(uploads[0].etags) + 1):
                uploads = _send(reporting, uploads, text)
                count.add(unsent)
                after, sent, text, unsent = record.ref.key, True, bytearray(), ReportCount()
            if sent and reporting.clock.now() >= deadline:
                # S3 takes small parts at the end only: what is not a whole part is read again.
                return attrs.evolve(notes, uploads=uploads, after=after, count=count)
    if text:
        uploads = _send(reporting, uploads, text)
    count.add(unsent)
    for upload, current in zip(uploads, _current(reporting, part.report), strict=True):
        # A report that was held up does not take the place of a later one.
        if current:
            reporting.files.finish(upload)
        else:
            reporting.files.abandon(upload)
    return attrs.evolve(notes, uploads=(), after=None, listed=True, count=count)


def _send(reporting: Reporting, uploads: tuple[Upload, ...], text: bytearray) -> tuple[Upload, ...]:
    return tuple(reporting.files.send(upload, bytes(text)) for upload in uploads)


def _restart(reporting: Reporting, part: ReportSlice, before: BucketNotes, error: UploadGoneError) -> ReportProgress:
    """Begin the lists of a bucket again."""
    _abandon(reporting, before)
    if before.restarts >= _MOST_RESTARTS:
        raise RefusedError(f"the list of {part.bucket} was begun {before.restarts + 1} times: {error}") from error
    notes = BucketNotes(restarts=before.restarts + 1)
    if reporting.documents.write_once(part.report.notes_key(part.bucket, part.following.number), notes.document):
        reporting.slices.send([part.following])
    return ReportProgress(notes=notes, restarted=True)


def _abandon(reporting: Reporting, notes: BucketNotes) -> None:
    for upload in notes.uploads:
        reporting.files.abandon(upload)


def _add_up(
    reporting: Reporting, part: ReportSlice, notes: BucketNotes, deadline: datetime
) -> tuple[BucketNotes, bool]:
    """Add up files of the inventory, at least one. Returns how far it came, and whether that is the end."""
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


def _plan(reporting: Reporting, report: Report) -> list[str]:
    plan = reporting.documents.read(report.plan_key)
    if plan is None:
        raise RefusedError(f"the plan of the report of {report.time} is gone: start another")
    return list(plan["buckets"])


def _notes(reporting: Reporting, part: ReportSlice) -> BucketNotes:
    if not part.number:
        return BucketNotes()
    document = reporting.documents.read(part.report.notes_key(part.bucket, part.number))
    if document is None:
        raise RefusedError(f"the notes of the report of {part.report.time} on {part.bucket} are gone: start another")
    return BucketNotes.from_document(document)


def _traces(first: ReportSlice) -> set[str]:
    """Return the keys of which one is there once a first slice was worked on."""
    return {first.report.result_key(first.bucket), first.report.notes_key(first.bucket, first.following.number)}


def _current(reporting: Reporting, report: Report) -> list[bool]:
    """Tell whether the report may take the place of what stands: as the one of its day, and as the latest."""
    return [
        supersedes(Sweep(report.started), reporting.documents.read(key), itself=True) for key in report.summary_keys
    ]


def _end(reporting: Reporting, report: Report) -> WholeReport | None:
    """Write the page where every bucket of the plan has come to its end. Returns the report, or None."""
    documents, settings = reporting.documents, reporting.settings
    keys = {bucket: report.result_key(bucket) for bucket in _plan(reporting, report)}
    if not documents.names(report.working_folder).issuperset(keys.values()):
        return None
    results = {bucket: documents.read(key) for bucket, key in keys.items()}
    whole = WholeReport(
        report=report,
        environment=settings.environment,
        policy=reporting.policy,
        ended=reporting.clock.now(),
        # What S3 lists it also hands out; files that are there are not removed for a month.
        buckets={bucket: BucketReport.from_document(found) for bucket, found in results.items() if found},
        days=[day_count(day, documents.read(manifest_key(day))) for day in report.days(settings.report_period_days)],
    )
    text, summary = reporting.page.html(whole), whole.document
    for page_key, summary_key, current in zip(
        report.page_keys, report.summary_keys, _current(reporting, report), strict=True
    ):
        if current:
            reporting.files.write_page(page_key, text)
            documents.write(summary_key, summary)
    return whole
