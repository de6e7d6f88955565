"""Check a managed object: read it, compare it with its baseline, and always schedule the next check."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from runtime.fixity import evidence as ev
from runtime.fixity.check_replica import Replicas, examine_replica
from runtime.fixity.context import Attempt, Care, Finding
from runtime.fixity.deposit import deposit_again, put_aside
from runtime.fixity.digests import ALGORITHMS
from runtime.fixity.due_check import DueCheck
from runtime.fixity.errors import OutOfTimeError, ReadRefusedError, UnreadableError
from runtime.fixity.evidence import Comparison, Evidence, Source, Verdict
from runtime.fixity.objects import ObjectFacts
from runtime.fixity.outcome import Outcome
from runtime.fixity.read_object import Examination
from runtime.fixity.records import COULD_NOT_BE_READ, CheckReport, FixityRecord
from runtime.fixity.remove import remove
from runtime.fixity.replica import GONE, NOT_REACHED, not_reached
from runtime.fixity.schedule import RETRY, ScheduleRow, next_check
from runtime.shared.errors import ObjectAbsentError, ThrottledError, TransientError


def verify(care: Care, replicas: Replicas, due: DueCheck, attempt: Attempt) -> Finding:
    """Check the managed version.

    If S3's list shows another version or none, ask S3 first which version is current: a replaced or deleted version can
    still be read for weeks. If the object cannot be read the finding goes back to the queue; on the last attempt the
    record says so first, and at once if S3 refuses the bytes for good.

    Raises:
        TransientError: a table or S3 did not answer.
        RefusedError: a table or S3 refused.
    """
    record = care.records.get(due.ref)
    if record is None:
        return Finding(ref=due.ref, action="not managed: dropped")
    if due.version_id not in {"", record.version_id}:
        return Finding(
            ref=due.ref,
            action="a newer version is managed: dropped",
            version_id=due.version_id,
            outcome=Outcome.SUPERSEDED,
        )
    if attempt.asked is not None and record.last_check.started > attempt.asked:
        # A check that began later has answered a repeated message; it may have ended before it wrote its row.
        care.schedule.put_if_absent(ScheduleRow.of(record, record.next_check))
        return Finding(ref=due.ref, action="checked since it was asked for: dropped", version_id=record.version_id)
    if attempt.receives > 1:
        # An earlier attempt did not finish, and this one may not: write tomorrow's row before reading.
        care.schedule.put_if_absent(ScheduleRow.of(record, care.clock.now() + RETRY))
    # A failing version may have been replaced or deleted since; it can still be read for weeks.
    doubted = due.outdated or record.failing
    return _Check(care, replicas, record, attempt, care.clock.now()).run(doubted=doubted)


@attrs.frozen
class _Check:
    """One check's fixed arguments."""

    care: Care
    replicas: Replicas
    record: FixityRecord
    attempt: Attempt
    started: datetime

    def run(self, *, doubted: bool) -> Finding:
        """Read, compare, write the check and the next due date. `doubted`: the version may not be current any more."""
        try:
            return (self._not_current() if doubted else None) or self._look()
        except OutOfTimeError as error:
            return put_aside(self.care, self.record, str(error))
        except UnreadableError as error:
            return self._unreadable(str(error), lasting=isinstance(error, ReadRefusedError) and error.lasting)

    def _look(self) -> Finding:
        try:
            if not self.record.has_baseline:
                return self._establish_baseline()
            return self._judge(self._examine())
        except ObjectAbsentError as error:
            finding = self._not_current()
            if finding is None:
                raise UnreadableError("S3 lists the version as current but does not hand it out") from error
            return finding

    def _establish_baseline(self) -> Finding:
        finding = deposit_again(self.care, self.record, self.attempt)
        return attrs.evolve(finding, action=f"had no baseline: {finding.action}")

    def _examine(self) -> Examination:
        return self.care.reader(self.attempt).examine(
            self.record.ref,
            self.record.version_id,
            algorithms=[name for name in self.record.digests if name in ALGORITHMS],
            evidence_of=self._evidence,
        )

    def _evidence(self, facts: ObjectFacts) -> Sequence[Evidence]:
        if not self.record.is_of(facts.version):
            raise ObjectAbsentError("an upload overwrote the version of this id")
        baseline = ev.from_baseline(self.record.digests)
        if self.record.failing:
            return [*baseline, *ev.from_s3(facts)]
        # A good object's baseline is enough: S3's evidence must not cost more digests.
        costs_nothing = [item for item in ev.from_s3(facts) if not item.parts and item.algorithm in self.record.digests]
        return [*baseline, *costs_nothing]

    def _judge(self, examined: Examination) -> Finding:
        replica, missing = self._replica(examined)
        examined = attrs.evolve(examined, comparisons=(*examined.comparisons, *replica))
        outcome, message = examined.finding
        if missing and outcome is Outcome.MATCH:
            outcome, message = Outcome.ABSENT, missing
        if not any(
            item.evidence.source is Source.BASELINE and item.verdict is not Verdict.NOT_COMPARED
            for item in examined.comparisons
        ):
            outcome, message = Outcome.NO_BASELINE, "the baseline holds no digest that this software can compare"
        return self._write(
            self._report(outcome, message, success=outcome is Outcome.MATCH, examined=examined), action="checked"
        )

    def _replica(self, examined: Examination) -> tuple[Sequence[Comparison], str]:
        try:
            found = examine_replica(self.care, self.replicas, self.record, examined.facts.replication, self.attempt)
        except ObjectAbsentError as error:
            return [not_reached(str(error))], f"{GONE}{error}"
        except (ThrottledError, UnreadableError) as error:
            # Damage of the object itself is reported at once, even if its replica cannot be examined.
            if ev.contradictions(examined.comparisons):
                return [not_reached(str(error))], ""
            if isinstance(error, ThrottledError):
                raise
            raise UnreadableError(f"{NOT_REACHED}{error}") from error
        return found, ""

    def _not_current(self) -> Finding | None:
        """Return the finding if the managed version is not current any more, None if it is."""
        try:
            current = self.care.current_version(self.record.ref)
        except ObjectAbsentError as error:
            if error.delete_marker:
                gone = remove(self.care, self.record.ref, self.record.sequencer)
                return attrs.evolve(gone, outcome=Outcome.ABSENT, message="deleted: a delete marker is current")
            message = "the object is gone and there is no delete marker"
            return self._write(self._report(Outcome.ABSENT, message, success=False), action="checked")
        if self.record.is_of(current):
            return None
        try:
            finding = deposit_again(self.care, self.record, self.attempt)
        except ObjectAbsentError as error:
            raise TransientError(f"the object changed while it was looked at: {error}") from error
        except UnreadableError as error:
            raise UnreadableError(f"another version is current, {current.id}: {error}") from error
        return attrs.evolve(finding, action=f"another version is current: {finding.action}", outcome=Outcome.SUPERSEDED)

    def _unreadable(self, reason: str, *, lasting: bool) -> Finding:
        """Record that the object could not be read, or try again.

        The dead-letter queue gets a message for what may be repaired outside of the object, and for each failure once.
        """
        message = f"{COULD_NOT_BE_READ}{reason}"
        if self.attempt.last_receive or lasting:
            written = self._write(self._report(Outcome.UNREADABLE, message, success=False), action="unreadable")
            if lasting or written.known or written.outcome is not Outcome.UNREADABLE:
                return written
            return attrs.evolve(written, action="unreadable: sent to the dead-letter queue", back_to_queue=True)
        return Finding(
            ref=self.record.ref,
            action="to be read again",
            version_id=self.record.version_id,
            outcome=Outcome.UNREADABLE,
            message=message,
            back_to_queue=True,
        )

    def _report(
        self, outcome: Outcome, message: str, *, success: bool, examined: Examination | None = None
    ) -> CheckReport:
        return CheckReport(
            outcome=outcome,
            success=success,
            message=message,
            comparisons=examined.comparisons if examined else (),
            computed=examined.computed if examined else {},
            bytes_read=examined.facts.size if examined else 0,
            reads=examined.reads if examined else 0,
            storage_class=examined.facts.storage_class if examined else "",
            replication=examined.facts.replication if examined else None,
            started=self.started,
            ended=self.care.clock.now(),
            agent=self.attempt.agent,
        )

    def _write(self, report: CheckReport, *, action: str) -> Finding:
        due = next_check(report.ended, self.care.interval, success=bool(report.success))
        checked = attrs.evolve(
            self.record,
            last_check=report,
            next_check=due,
            last_good_date=report.ended if report.success else self.record.last_good_date,
        )
        if not self.care.records.record_check(checked):
            return Finding(
                ref=self.record.ref,
                action="removed or overwritten meanwhile: dropped",
                version_id=self.record.version_id,
                outcome=Outcome.SUPERSEDED,
            )
        self.care.schedule.put(ScheduleRow.of(checked, due))
        return Finding.of_check(checked, action, before=self.record)
