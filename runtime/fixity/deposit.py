"""Deposit the current version of an object: digests, evidence, record, first due date."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from runtime.fixity import evidence as ev
from runtime.fixity.context import Attempt, Care, Finding
from runtime.fixity.errors import OutOfTimeError, ReadRefusedError
from runtime.fixity.objects import ObjectFacts
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import COULD_NOT_BE_READ, CheckReport, FixityRecord
from runtime.fixity.remove import remove
from runtime.fixity.schedule import RETRY, ScheduleRow, another_try, first_check
from runtime.fixity.sequencer import BEFORE_ALL_EVENTS
from runtime.shared.errors import ObjectAbsentError, TransientError
from runtime.shared.object_ref import ObjectRef

# A deletion may have overtaken a deposit that took this long.
SETTLED: Final = timedelta(seconds=0.1)
_MARKER: Final = "folder marker: not managed"


def deposit(care: Care, ref: ObjectRef, sequencer: str, attempt: Attempt, *, returned: bool = False) -> Finding:
    """Deposit the version that is current now; the event does not decide which one (lesson L07).

    Replaying an event changes nothing: the baseline of a version is written once. After a crash between the two writes
    the next attempt finds the record and writes the missing schedule row.

    The sequencer is that of the event, normalised. `returned`: a deletion brought an older version back. Its replica is
    hidden then and S3 will remove it, so the first check, which sees that, comes soon.

    If S3 refuses the bytes for good, or on the last attempt, the record says so and has no digests (lesson L38).

    Raises:
        UnreadableError: the object could not be read; nothing is recorded (lesson L03).
        TransientError: a table did not answer, or S3 shows neither the object nor a delete marker for the first time.
        RefusedError: a table refused.
    """
    try:
        return _Deposit(care, ref, sequencer, attempt, None, returned).run()
    except ObjectAbsentError as error:
        if error.delete_marker:
            # An earlier attempt may have ended between its writes and its second look.
            remove(care, ref, sequencer)
        elif attempt.receives == 1:
            # In the first minutes of a bucket's versioning S3 may not show what was just uploaded:
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
            raise TransientError(f"{error}, nor a delete marker: looked at once more before it is dropped") from error
        return Finding(ref=ref, action="nothing is current: dropped")


def deposit_marker(care: Care, ref: ObjectRef, sequencer: str, attempt: Attempt) -> Finding:
    """Follow the event of an empty object with which consoles show a folder (lesson L28).

    S3 is asked only if the key has a record. Errors as in `deposit`.
    """
    if care.records.get(ref) is None:
        return Finding(ref=ref, action=_MARKER)
    return deposit(care, ref, sequencer, attempt)


def deposit_unrecorded(care: Care, ref: ObjectRef, attempt: Attempt) -> Finding:
    """Deposit an object that had no record when a sweep looked, unless it has one by now.

    While uploads wait in the queue for days, each sweep asks for them again: only the first message leads to a read
    (as in ADR 71). Errors as in `deposit`.
    """
    standing = care.records.get(ref)
    if standing is not None:
        return _recorded_before(care, standing)
    return deposit(care, ref, BEFORE_ALL_EVENTS, attempt)


def deposit_again(care: Care, standing: FixityRecord, attempt: Attempt) -> Finding:
    """Deposit the current version in place of a record without a trusted baseline, or of a missing version.

    Raises:
        ObjectAbsentError: no version is current.
        UnreadableError: the object could not be read; nothing is recorded.
        TransientError: a table did not answer.
        RefusedError: a table refused.
    """
    return _Deposit(care, standing.ref, standing.sequencer, attempt, standing).run()


@attrs.frozen
class _Deposit:
    """One deposit's fixed arguments."""

    care: Care
    ref: ObjectRef
    sequencer: str
    attempt: Attempt
    standing: FixityRecord | None
    returned: bool = False

    def run(self) -> Finding:
        """Read, compare, write."""
        care = self.care
        started = care.clock.now()
        try:
            examined = care.reader(self.attempt).examine(
                self.ref, None, algorithms=care.settings.digest_algorithms, evidence_of=ev.from_s3
            )
        except OutOfTimeError as error:
            return self._out_of_time(error, started)
        except ReadRefusedError as error:
            if not (error.lasting or self.attempt.last_receive):
                raise
            return self._refused(error, started)
        if self.ref.is_folder_marker(examined.facts.size):
            # The marker replaced any managed object of the same key.
            return attrs.evolve(remove(care, self.ref, self.sequencer), action=_MARKER)
        outcome, message = examined.finding
        report = CheckReport(
            outcome=outcome,
            success=outcome is Outcome.MATCH,
            message=message,
            comparisons=examined.comparisons,
            computed=examined.computed,
            bytes_read=examined.facts.size,
            reads=examined.reads,
            storage_class=examined.facts.storage_class,
            replication=examined.facts.replication,
            started=started,
            ended=care.clock.now(),
            agent=self.attempt.agent,
        )
        return self.write(self._record(examined.facts, examined.computed, report), examined.facts.modified)

    def _out_of_time(self, error: OutOfTimeError, started: datetime) -> Finding:
        standing = self.standing
        if standing and standing.is_of(error.facts.version) and standing.failing:
            # A known failure stays known.
            return put_aside(self.care, standing, str(error))
        report = CheckReport(
            outcome=Outcome.DEFERRED,
            success=None,
            message=f"deferred: {error}",
            storage_class=error.facts.storage_class,
            replication=error.facts.replication,
            started=started,
            ended=self.care.clock.now(),
            agent=self.attempt.agent,
        )
        return self.write(self._record(error.facts, {}, report), error.facts.modified)

    def _refused(self, error: ReadRefusedError, started: datetime) -> Finding:
        """Record an object that S3 lists and does not return."""
        facts = self.care.store.listed(self.ref)
        if self.ref.is_folder_marker(facts.size):
            return attrs.evolve(remove(self.care, self.ref, self.sequencer), action=_MARKER)
        try:
            # Another version may be current by now: S3 must have refused this one.
            with self.care.store.open(self.ref, facts.version_id):
                raise TransientError(f"another version became current while S3 was asked: {error}")
        except ReadRefusedError as confirmed:
            error = confirmed
        report = CheckReport(
            outcome=Outcome.UNREADABLE,
            success=False,
            message=f"{COULD_NOT_BE_READ}{error}",
            storage_class=facts.storage_class,
            started=started,
            ended=self.care.clock.now(),
            agent=self.attempt.agent,
        )
        finding = self.write(self._record(facts, {}, report), facts.modified)
        if error.lasting or finding.known or finding.outcome is not Outcome.UNREADABLE:
            return finding
        # Once somebody has repaired the permission, a redrive deposits at once.
        return attrs.evolve(finding, action=f"{finding.action}: sent to the dead-letter queue", back_to_queue=True)

    def _record(self, facts: ObjectFacts, digests: Mapping[str, str], report: CheckReport) -> FixityRecord:
        same_version = self.standing is not None and self.standing.is_of(facts.version)
        return FixityRecord(
            ref=facts.ref,
            version_id=facts.version_id,
            size=facts.size,
            etag=facts.etag,
            sequencer=self.sequencer,
            digests=digests,
            primary_algorithm=self.care.settings.digest_algorithms[0],
            deposit_date=self.standing.deposit_date if self.standing and same_version else report.ended,
            last_good_date=report.ended if report.success else None,
            next_check=self._next_check(report),
            last_check=report,
        )

    def _next_check(self, report: CheckReport) -> datetime:
        if report.success and not self.returned:
            return first_check(self.ref, report.ended, self.care.interval)
        failed = report.success is False
        return report.ended + RETRY if failed else another_try(self.ref, report.ended)

    def write(self, record: FixityRecord, modified: datetime) -> Finding:
        """Write record and row, unless a newer event was recorded. `modified` is S3's date of the version."""
        care = self.care
        if not care.records.deposit(record, modified=modified, again=self.standing is not None):
            return self._stand_back(record, modified)
        care.schedule.put(ScheduleRow.of(record, record.next_check))
        if self._deleted_meanwhile(record.last_check.started):
            remove(care, record.ref, record.sequencer)
            return Finding(ref=record.ref, action="deleted while it was read: dropped", version_id=record.version_id)
        actions = {Outcome.DEFERRED: "deferred", Outcome.UNREADABLE: "recorded without digests: S3 refuses its bytes"}
        action = actions.get(record.last_check.outcome, "deposited")
        return Finding.of_check(record, action, before=self.standing)

    def _stand_back(self, record: FixityRecord, modified: datetime) -> Finding:
        standing = self.care.records.get(record.ref)
        if standing is None or standing.identity != record.identity:
            return Finding(ref=record.ref, action="a newer event was recorded: dropped", version_id=record.version_id)
        unread = standing.last_check.outcome is Outcome.UNREADABLE and not standing.has_baseline
        if unread and record.last_check.success and self.standing is None:
            # S3 refused the bytes before; this time it returned them.
            return attrs.evolve(self, standing=standing).write(record, modified)
        if standing.sequencer < record.sequencer:
            self.care.records.advance(record.ref, record.version_id, record.sequencer)
        return _recorded_before(self.care, standing)

    def _deleted_meanwhile(self, since: datetime) -> bool:
        # A removal leaves nothing for the conditional write to fail on, so a slow deposit checks again that the object
        # exists.
        if self.care.clock.now() - since < SETTLED:
            return False
        try:
            self.care.store.current_version(self.ref)
        except ObjectAbsentError:
            return True
        return False


def put_aside(care: Care, record: FixityRecord, reason: str) -> Finding:
    """Defer a check that did not fit the time left, and change nothing else.

    Raises:
        TransientError: a table did not answer.
        RefusedError: a table refused.
    """
    due = another_try(record.ref, care.clock.now())
    if care.records.postpone(record, due):
        care.schedule.put(ScheduleRow.of(record, due))
    return Finding(
        ref=record.ref,
        action="deferred",
        version_id=record.version_id,
        outcome=Outcome.DEFERRED,
        message=f"deferred: {reason}",
    )


def _recorded_before(care: Care, standing: FixityRecord) -> Finding:
    care.schedule.put_if_absent(ScheduleRow.of(standing, standing.next_check))
    if care.records.get(standing.ref) is None:
        # The record was removed meanwhile: no row may stay without a record.
        care.schedule.remove(standing.ref, standing.sequencer)
    return Finding(ref=standing.ref, action="recorded before: nothing changed", version_id=standing.version_id)
