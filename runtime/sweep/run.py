"""What a sweep does in each slice and at the end: it compares records, schedule rows and S3's list, and repairs."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import attrs
from typing_extensions import override

from runtime.bucket_runs.count_document import count_document, count_of
from runtime.bucket_runs.read_ahead import read_ahead
from runtime.bucket_runs.run import UNFINISHED, incomplete, supersedes
from runtime.bucket_runs.side_by_side import side_by_side
from runtime.bucket_runs.slices import BucketRuns, Step
from runtime.counts import FixityCount
from runtime.fixity.add_to_count import add_to_count
from runtime.fixity.due_check import DueCheck
from runtime.fixity.ports import SchedulePages, VerificationSchedule
from runtime.fixity.records import RecordState
from runtime.fixity.schedule import ScheduleRow
from runtime.settings import SweepSettings
from runtime.shared.pages import Malformed
from runtime.shared.ports import Queue
from runtime.sweep.coverage import Coverage
from runtime.sweep.judge import ListedObject, Unrecorded, has_vanished, judge, lacks_record, was_replaced
from runtime.sweep.ports import ObjectList, RecordStates
from runtime.sweep.progress import SweepProgress
from runtime.sweep.repairs import Repairs
from runtime.sweep.slices import Sweep, SweepSlice


@attrs.frozen(kw_only=True)
class Sweeping(BucketRuns[Sweep, SweepSlice, SweepProgress, Coverage]):
    """Ports and settings of the sweep."""

    records: RecordStates
    rows: SchedulePages  # to read
    objects: ObjectList
    schedule: VerificationSchedule  # to write
    checks: Queue[DueCheck]
    deposits: Queue[Unrecorded]
    settings: SweepSettings

    @override
    def run(self, started: datetime) -> Sweep:
        return Sweep(started)

    @override
    def slice(self, run: Sweep, bucket: str, place: Mapping[str, Any] | None = None) -> SweepSlice:
        return SweepSlice(run=run, bucket=bucket) if place is None else SweepSlice.at(run, bucket, place)

    @override
    def nothing(self) -> SweepProgress:
        return SweepProgress()

    @override
    def work(self, part: SweepSlice, deadline: datetime) -> Step[SweepSlice, SweepProgress]:
        progress = SweepProgress()
        with ThreadPoolExecutor(max_workers=self.settings.batch_concurrency) as pool:
            last = _Pass(self, part.run, pool, progress).through(part, deadline)
        totals = FixityCount()
        totals.add(part.totals)
        totals.add(progress.found)
        if last is None:
            return Step(progress=progress, result=count_document(totals))
        return Step(progress=progress, following=attrs.evolve(part, after=last, totals=totals))

    @override
    def abandoned(self, part: SweepSlice) -> Mapping[str, Any]:
        return count_document(part.totals)

    @override
    def finish(self, run: Sweep, results: Mapping[str, Mapping[str, Any]]) -> Coverage:
        documents = self.documents
        latest, of_day = documents.read(run.latest), documents.read(run.report_key)
        coverage = Coverage(
            sweep=run,
            buckets={bucket: count_of(found) for bucket, found in results.items()},
            unfinished={bucket: why for bucket, found in results.items() if (why := found.get(UNFINISHED))},
            newest=supersedes(run, latest, itself=True),
        )
        report = coverage.document(self.settings.environment, self.policy, self.clock.now())
        for key, standing in ((run.report_key, of_day), (run.latest, latest)):
            if supersedes(run, standing, itself=incomplete(standing)):
                documents.write(key, report)
        return coverage


class _Pass:
    """One pass over a slice."""

    def __init__(self, sweeping: Sweeping, sweep: Sweep, pool: ThreadPoolExecutor, progress: SweepProgress) -> None:
        self._sweeping = sweeping
        self._pool = pool
        self._progress = progress
        self._started = sweep.started
        self._sweep = sweep
        self._now = sweeping.clock.now()
        self._policy, self._young = sweeping.policy, timedelta(hours=sweeping.settings.young_hours)
        self._repairs = Repairs(
            checks=sweeping.checks,
            schedule=sweeping.schedule,
            records=sweeping.records,
            deposits=sweeping.deposits,
            pool=pool,
            progress=progress,
        )

    def through(self, part: SweepSlice, deadline: datetime) -> str | None:
        """Look at objects in order. Return the key where the time or the slice ended, None at the bucket's end."""
        sweeping, progress, repairs = self._sweeping, self._progress, self._repairs
        found = side_by_side(
            read_ahead(self._pool, sweeping.records.page, part.bucket, part.after),
            read_ahead(self._pool, sweeping.rows.page, part.bucket, part.after),
            read_ahead(self._pool, sweeping.objects.page, part.bucket, part.after),
        )
        for key, record, row, listed in found:
            self._judge(record, row, listed)
            if repairs.are_enough:
                repairs.make()
            if progress.looked_at >= sweeping.settings.slice_records or sweeping.clock.now() >= deadline:
                repairs.make()
                return key
        repairs.make()
        return None

    def _judge(
        self, record: RecordState | Malformed | None, row: ScheduleRow | Malformed | None, listed: ListedObject | None
    ) -> None:
        """Count one object, and note what to do about it."""
        progress, found, repairs = self._progress, self._progress.found, self._repairs
        progress.looked_at += 1
        row = _usable(row, record, self._now)
        if isinstance(row, Malformed):
            progress.malformed_rows.append(row)
            found.malformed += 1
        if isinstance(record, Malformed):
            # The object is managed; nothing else is known. So its row stays, and no check is requested.
            progress.malformed_records.append(record)
            found.malformed += 1
            found.objects += 1
        elif record is not None:
            verdict = judge(record, row, self._now, self._policy)
            add_to_count(found, record, covered=verdict.covered, overdue=verdict.overdue)
            found.waiting += verdict.waiting
            found.missing_rows += verdict.missing_row
            found.checks_queued += verdict.check is not None
            if verdict.changes_something:
                repairs.verdicts.append(verdict)
            if listed is None:
                if has_vanished(record, self._started, self._now):
                    repairs.vanished.append(_doubted(record))
            elif was_replaced(record, listed, self._started, self._now, self._young):
                repairs.replaced.append(_doubted(record))
        else:
            if isinstance(row, ScheduleRow):
                repairs.unmatched.append(row)
            if listed is not None and lacks_record(listed, self._started, self._young):
                repairs.without_record.append(Unrecorded(sweep=self._sweep, listed=listed))


def _doubted(record: RecordState) -> DueCheck:
    return DueCheck(record.ref, record.version_id, outdated=True)


def _usable(
    row: ScheduleRow | Malformed | None, record: RecordState | Malformed | None, now: datetime
) -> ScheduleRow | Malformed | None:
    """Return a record's row that will not expire as one that cannot be read: only expiry requests the check."""
    if isinstance(row, ScheduleRow) and record is not None and (problem := row.stuck(now)):
        return Malformed(ref=row.ref, problem=problem)
    return row
