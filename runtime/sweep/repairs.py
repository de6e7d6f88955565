"""The repairs of a sweep, many at a time."""

from concurrent.futures import Executor
from typing import Any, Final

from runtime.fixity.due_check import DueCheck
from runtime.fixity.ports import VerificationSchedule
from runtime.fixity.queue_due_checks import queue_due
from runtime.fixity.schedule import ScheduleRow
from runtime.shared.ports import Queue
from runtime.sweep.judge import Unrecorded, Verdict
from runtime.sweep.ports import RecordStates
from runtime.sweep.progress import SweepProgress

# Repairs made together: few enough to be repeated after a crash.
_TOGETHER: Final = 500


class Repairs:
    """The repairs of a slice, and their ports."""

    def __init__(  # noqa: PLR0913 (four ports, by name)
        self,
        *,
        checks: Queue[DueCheck],
        schedule: VerificationSchedule,
        records: RecordStates,
        deposits: Queue[Unrecorded],
        pool: Executor,
        progress: SweepProgress,
    ) -> None:
        self._checks = checks
        self._schedule = schedule
        self._records = records
        self._deposits = deposits
        self._pool = pool
        self._progress = progress
        self.verdicts: list[Verdict] = []
        self.unmatched: list[ScheduleRow] = []
        self.without_record: list[Unrecorded] = []
        self.vanished: list[DueCheck] = []
        self.replaced: list[DueCheck] = []

    @property
    def _waiting(self) -> tuple[list[Any], ...]:
        return (self.verdicts, self.unmatched, self.without_record, self.vanished, self.replaced)

    @property
    def are_enough(self) -> bool:
        """Whether it is time to make them."""
        return sum(map(len, self._waiting)) >= _TOGETHER

    def make(self) -> None:
        """Make all repairs. Errors as in the ports."""
        progress, found = self._progress, self._progress.found
        asked_for = [verdict.check for verdict in self.verdicts if verdict.check is not None]
        # The checks first: after a crash they are requested twice rather than never.
        queue_due(self._checks, [*asked_for, *self.vanished, *self.replaced])
        progress.asked_for += [check.ref for check in asked_for]
        progress.vanished += [check.ref for check in self.vanished]
        progress.replaced += [check.ref for check in self.replaced]
        found.vanished += len(self.vanished)
        found.replaced += len(self.replaced)
        found.checks_queued += len(self.vanished) + len(self.replaced)
        progress.restored += [row.ref for row in self._pool.map(self._write, self.verdicts) if row is not None]
        removed = [row.ref for row in self._pool.map(self._remove, self.unmatched) if row is not None]
        progress.orphans += removed
        found.orphan_rows += len(removed)
        # After the rows: a left-over row would block the row of the new deposit.
        unrecorded = [one for one in self._pool.map(self._still_lacking, self.without_record) if one is not None]
        self._deposits.send(unrecorded)
        progress.unrecorded += [one.listed.ref for one in unrecorded]
        found.unrecorded += len(unrecorded)
        for made in self._waiting:
            made.clear()

    def _write(self, verdict: Verdict) -> ScheduleRow | None:
        """Write a row. Return it if there was no readable one and no check was requested."""
        row = verdict.row
        if row is None:
            return None
        write = self._schedule.put if verdict.replaces else self._schedule.put_if_absent
        write(row)
        return row if verdict.check is None else None

    def _remove(self, row: ScheduleRow) -> ScheduleRow | None:
        """Remove a row without a record. Return it, or None if there is a record that the pages did not show yet."""
        if self._records.exists(row.ref):
            return None
        self._schedule.remove(row.ref, row.sequencer)
        return row

    def _still_lacking(self, found: Unrecorded) -> Unrecorded | None:
        """Return an object unless there is a record that the pages did not show yet."""
        return None if self._records.exists(found.listed.ref) else found
