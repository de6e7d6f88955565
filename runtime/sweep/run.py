"""Look at every record and schedule row of an environment, slice by slice, and repair the schedule."""

from collections.abc import Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

import attrs

from runtime.bucket_runs.count_document import count_document, count_of
from runtime.bucket_runs.run import (
    LATEST_REPORT,
    UNFINISHED,
    Sweep,
    SweepPolicy,
    incomplete,
    planned,
    refuse_future,
    supersedes,
)
from runtime.bucket_runs.slices import finished, read_ahead, write_result
from runtime.counts import FixityCount
from runtime.fixity.due_check import DueCheck
from runtime.fixity.ports import SchedulePages, VerificationSchedule
from runtime.fixity.queue_due_checks import queue_due
from runtime.fixity.records import RecordState
from runtime.fixity.schedule import ScheduleRow
from runtime.settings import SweepSettings
from runtime.shared.errors import RefusedError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.shared.ports import Clock, Documents, MainBuckets, Queue
from runtime.sweep.judge import (
    ListedObject,
    Unrecorded,
    Verdict,
    has_vanished,
    judge,
    lacks_record,
    side_by_side,
    was_replaced,
)
from runtime.sweep.ports import ObjectList, RecordStates
from runtime.sweep.totals import Coverage, Slice

# Repairs made together: enough to be worth it, few enough to be done again after a crash.
_TOGETHER: Final = 500


@attrs.frozen(kw_only=True)
class Sweeping:
    """The ports and the policy of the sweep.

    Attributes:
        buckets: the main buckets.
        records: the fixity records, in order.
        rows: the schedule rows, in order.
        objects: S3's own list of objects, in order.
        schedule: the schedule rows, to be written.
        checks: the queue of checks.
        deposits: the queue of objects to be taken under care.
        slices: the queue by which the sweep goes on.
        files: plans, counts and reports.
        clock: tells the time.
        settings: the function's settings.
    """

    buckets: MainBuckets
    records: RecordStates
    rows: SchedulePages
    objects: ObjectList
    schedule: VerificationSchedule
    checks: Queue[DueCheck]
    deposits: Queue[Unrecorded]
    slices: Queue[Slice]
    files: Documents
    clock: Clock
    settings: SweepSettings

    @property
    def policy(self) -> SweepPolicy:
        """Interval and grace."""
        return SweepPolicy.of(self.settings)

    @property
    def young(self) -> timedelta:
        """Time before a sweep within which an object was uploaded that need not have a record yet."""
        return timedelta(hours=self.settings.young_hours)


@attrs.frozen(kw_only=True)
class Progress:
    """What one slice did.

    Attributes:
        looked_at: objects and left-over rows.
        found: what was counted in this slice.
        orphans: objects whose left-over schedule row was removed.
        unrecorded: objects that had no record and were asked to be taken under care.
        vanished: objects under care that S3 does not list, whose check was asked for.
        replaced: objects under care of which S3 lists another version, whose check was asked for.
        asked_for: objects whose check was asked for.
        restored: objects that got a schedule row because they had none that could be read.
        malformed_records: records that cannot be read, which were left alone.
        malformed_rows: schedule rows that cannot be read; where there is a record, it was written anew.
        bucket_ended: whether the bucket's end was reached.
        coverage: what the sweep found, where this slice was its last; otherwise None.
    """

    looked_at: int
    found: FixityCount
    orphans: Sequence[ObjectRef] = ()
    unrecorded: Sequence[ObjectRef] = ()
    vanished: Sequence[ObjectRef] = ()
    replaced: Sequence[ObjectRef] = ()
    asked_for: Sequence[ObjectRef] = ()
    restored: Sequence[ObjectRef] = ()
    malformed_records: Sequence[Malformed] = ()
    malformed_rows: Sequence[Malformed] = ()
    bucket_ended: bool
    coverage: Coverage | None


def start(sweeping: Sweeping, sweep: Sweep) -> tuple[list[str], Coverage | None]:
    """Begin a sweep: note which buckets it has to look at and queue the first slice of each.

    Doing it again queues the slices again, which does no harm; the buckets stay those noted first.

    Args:
        sweeping: ports and policy.
        sweep: the sweep.

    Returns:
        The buckets, and what the sweep found where there are none; otherwise None.

    Raises:
        MalformedMessageError: the sweep lies in the future.
        TransientError: a service did not answer; the message is to be handed out again.
        RefusedError: a service refused.
    """
    refuse_future(sweep.started, sweeping.clock.now())
    buckets = planned(sweeping.buckets.names(), sweeping.files.read(LATEST_REPORT))
    sweeping.files.write_once(sweep.plan_key, {"started": sweep.time, "buckets": buckets})
    buckets = _plan(sweeping, sweep)
    sweeping.slices.send([Slice(sweep=sweep, bucket=bucket) for bucket in buckets])
    return buckets, None if buckets else _end(sweeping, sweep)


def advance(sweeping: Sweeping, part: Slice, deadline: datetime) -> Progress:
    """Work on a slice, then queue the next one or end the bucket.

    Everything is written before the next slice is queued, so a crash leaves this one in the queue (lesson L27);
    working on it again finds what was repaired before in order. Where another copy of the slice has brought the bucket
    to its end meanwhile there is nothing to do.

    Args:
        sweeping: ports and policy.
        part: the slice.
        deadline: the moment by which it is cut short; a first object is looked at in any case.

    Raises:
        TransientError: a service did not answer; the message is to be handed out again.
        RefusedError: a service refused.
    """
    key = part.sweep.totals_key(part.bucket)
    if finished(sweeping.files, key):
        return Progress(looked_at=0, found=FixityCount(), bucket_ended=True, coverage=_end(sweeping, part.sweep))
    with ThreadPoolExecutor(max_workers=sweeping.settings.batch_concurrency) as pool:
        work = _Work(sweeping, pool)
        last = work.through(part, deadline)
    totals = FixityCount()
    totals.add(part.totals)
    totals.add(work.found)
    if last is not None:
        sweeping.slices.send([attrs.evolve(part, after=last, totals=totals)])
    else:
        write_result(sweeping.files, key, count_document(totals))
    return Progress(
        looked_at=work.looked_at,
        found=work.found,
        orphans=work.orphans,
        unrecorded=work.unrecorded,
        vanished=work.vanished,
        replaced=work.replaced,
        asked_for=work.asked_for,
        restored=work.restored,
        malformed_records=work.malformed_records,
        malformed_rows=work.malformed_rows,
        bucket_ended=last is None,
        coverage=_end(sweeping, part.sweep) if last is None else None,
    )


def give_up(sweeping: Sweeping, part: Slice, reason: str) -> Coverage | None:
    """Note that the sweep of a bucket does not come to its end, so that the others are not kept waiting.

    Should the slice be worked on after all, what it finds takes the place of this.

    Args:
        sweeping: ports and policy.
        part: the slice that was tried for the last time.
        reason: why, in one line.

    Returns:
        What the sweep found, where it ends by this; otherwise None.

    Raises:
        TransientError: a service did not answer.
        RefusedError: a service refused.
    """
    document = {**count_document(part.totals), UNFINISHED: reason}
    sweeping.files.write_once(part.sweep.totals_key(part.bucket), document)
    return _end(sweeping, part.sweep)


class _Work:
    """One pass over a slice."""

    def __init__(self, sweeping: Sweeping, pool: ThreadPoolExecutor) -> None:
        self._sweeping = sweeping
        self._pool = pool
        self._now = sweeping.clock.now()
        # Once for all objects.
        self._policy, self._young = sweeping.policy, sweeping.young
        self._verdicts: list[Verdict] = []
        self._unmatched: list[ScheduleRow] = []
        self._without_record: list[Unrecorded] = []
        self._vanished: list[DueCheck] = []
        self._replaced: list[DueCheck] = []
        self.looked_at = 0
        self.found = FixityCount()
        self.orphans: list[ObjectRef] = []
        self.unrecorded: list[ObjectRef] = []
        self.vanished: list[ObjectRef] = []
        self.replaced: list[ObjectRef] = []
        self.asked_for: list[ObjectRef] = []
        self.restored: list[ObjectRef] = []
        self.malformed_records: list[Malformed] = []
        self.malformed_rows: list[Malformed] = []

    def through(self, part: Slice, deadline: datetime) -> str | None:
        """Look at objects in order. Returns the key at which it was cut short; None at the bucket's end."""
        sweeping = self._sweeping
        found = side_by_side(
            read_ahead(self._pool, sweeping.records.page, part.bucket, part.after),
            read_ahead(self._pool, sweeping.rows.page, part.bucket, part.after),
            read_ahead(self._pool, sweeping.objects.page, part.bucket, part.after),
        )
        for key, record, row, listed in found:
            self._judge(part.sweep, record, row, listed)
            if sum(map(len, self._waiting)) >= _TOGETHER:
                self._repair()
            if self.looked_at >= sweeping.settings.slice_records or sweeping.clock.now() >= deadline:
                self._repair()
                return key
        self._repair()
        return None

    def _judge(
        self,
        sweep: Sweep,
        record: RecordState | Malformed | None,
        row: ScheduleRow | Malformed | None,
        listed: ListedObject | None,
    ) -> None:
        """Count one object, and note what is to be done about it."""
        self.looked_at += 1
        if isinstance(row, Malformed):
            self.malformed_rows.append(row)
            self.found.malformed += 1
        if isinstance(record, Malformed):
            # It says that the object is under care, and nothing else: the row stays, nothing is asked for.
            self.malformed_records.append(record)
            self.found.malformed += 1
            self.found.objects += 1
        elif record is not None:
            verdict = judge(record, row, self._now, self._policy)
            self.found.add_record(record, covered=verdict.covered, overdue=verdict.overdue)
            self.found.waiting += verdict.waiting
            self.found.missing_rows += verdict.missing_row
            self.found.checks_queued += verdict.check is not None
            if verdict.changes_something:
                self._verdicts.append(verdict)
            doubted = DueCheck(record.ref, record.version_id, outdated=True)
            if listed is None:
                if has_vanished(record, sweep.started, self._now):
                    self._vanished.append(doubted)
            elif was_replaced(record, listed, sweep.started, self._now, self._young):
                self._replaced.append(doubted)
        else:
            if isinstance(row, ScheduleRow):
                self._unmatched.append(row)
            if listed is not None and lacks_record(listed, sweep.started, self._young):
                self._without_record.append(Unrecorded(sweep=sweep, listed=listed))

    @property
    def _waiting(self) -> "tuple[Sized, ...]":
        return self._verdicts, self._unmatched, self._without_record, self._vanished, self._replaced

    def _repair(self) -> None:
        asked_for = [verdict.check for verdict in self._verdicts if verdict.check is not None]
        # The checks first: a crash in between asks for them twice, never not at all.
        queue_due(self._sweeping.checks, [*asked_for, *self._vanished, *self._replaced])
        self.asked_for += [check.ref for check in asked_for]
        self.vanished += [check.ref for check in self._vanished]
        self.replaced += [check.ref for check in self._replaced]
        self.found.vanished += len(self._vanished)
        self.found.replaced += len(self._replaced)
        self.found.checks_queued += len(self._vanished) + len(self._replaced)
        self.restored += [row.ref for row in self._pool.map(self._write, self._verdicts) if row is not None]
        removed = [row.ref for row in self._pool.map(self._remove, self._unmatched) if row is not None]
        self.orphans += removed
        self.found.orphan_rows += len(removed)
        # After the rows: a row that is in the way of the object's own is gone by then.
        unrecorded = [one for one in self._pool.map(self._still_lacking, self._without_record) if one is not None]
        self._sweeping.deposits.send(unrecorded)
        self.unrecorded += [one.listed.ref for one in unrecorded]
        self.found.unrecorded += len(unrecorded)
        self._verdicts, self._unmatched, self._without_record = [], [], []
        self._vanished, self._replaced = [], []

    def _write(self, verdict: Verdict) -> ScheduleRow | None:
        """Write a row. Returns it where there was none that could be read, and no check was asked for."""
        row = verdict.row
        if row is None:
            return None
        write = self._sweeping.schedule.put if verdict.replaces else self._sweeping.schedule.put_if_absent
        write(row)
        return row if verdict.check is None else None

    def _remove(self, row: ScheduleRow) -> ScheduleRow | None:
        """Remove a row without a record. Returns it unless there is a record, which the pages did not show yet."""
        if self._sweeping.records.exists(row.ref):
            return None
        self._sweeping.schedule.remove(row.ref, row.sequencer)
        return row

    def _still_lacking(self, found: Unrecorded) -> Unrecorded | None:
        """Return an object unless there is a record, which the pages did not show yet."""
        return None if self._sweeping.records.exists(found.listed.ref) else found


def _plan(sweeping: Sweeping, sweep: Sweep) -> list[str]:
    plan = sweeping.files.read(sweep.plan_key)
    if plan is None:
        raise RefusedError(f"the plan of the sweep of {sweep.time} is gone: start another")
    return list(plan["buckets"])


def _end(sweeping: Sweeping, sweep: Sweep) -> Coverage | None:
    """Write the report where every bucket of the plan has come to its end. Returns what was found, or None."""
    files = sweeping.files
    written = files.names(sweep.folder)
    keys = {bucket: sweep.totals_key(bucket) for bucket in _plan(sweeping, sweep)}
    if not written.issuperset(keys.values()):
        return None
    # What S3 lists it also hands out; files that are there are not removed for a month.
    counted = {bucket: document for bucket, key in keys.items() if (document := files.read(key))}
    latest, of_day = files.read(LATEST_REPORT), files.read(sweep.report_key)
    coverage = Coverage(
        sweep=sweep,
        buckets={bucket: count_of(document) for bucket, document in counted.items()},
        unfinished={bucket: why for bucket, document in counted.items() if (why := document.get(UNFINISHED))},
        newest=supersedes(sweep, latest, itself=True),
    )
    report = coverage.document(sweeping.settings.environment, sweeping.policy, sweeping.clock.now())
    if supersedes(sweep, of_day, itself=incomplete(of_day)):
        files.write(sweep.report_key, report)
    if supersedes(sweep, latest, itself=incomplete(latest)):
        files.write(LATEST_REPORT, report)
    return coverage
