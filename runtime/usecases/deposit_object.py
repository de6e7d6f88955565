"""Take the current version of an object under care: digests, evidence, record, first due date."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from runtime.domain import evidence as ev
from runtime.domain.errors import ObjectAbsentError, OutOfTimeError
from runtime.domain.objects import ObjectFacts, ObjectRef
from runtime.domain.outcome import Outcome
from runtime.domain.records import CheckReport, FixityRecord, outcome_of
from runtime.domain.schedule import RETRY, ScheduleRow, first_check
from runtime.usecases.care import Attempt, Care, Finding
from runtime.usecases.examine_bytes import ReadLimits, examine

_SETTLED: Final = timedelta(seconds=2)


def deposit(care: Care, ref: ObjectRef, sequencer: str, attempt: Attempt) -> Finding:
    """Take the version that is current now under care, whatever the event said (lesson L07).

    Replaying an event changes nothing: the baseline of a version is written once. A crash between the two writes is
    mended by the message's next receive, which finds the record and writes the missing schedule row.

    Args:
        care: ports and policy.
        ref: the object.
        sequencer: order of the event that led here, normalised: what is seen now is at least as new.
        attempt: the invocation.

    Returns:
        What was done.

    Raises:
        UnreadableError: the object could not be read; nothing is recorded (lesson L03).
        TransientError: a table did not answer.
        RefusedError: a table refused.
    """
    started = care.clock.now()
    try:
        examined = examine(
            care.store,
            care.clock,
            ref,
            None,
            algorithms=care.algorithms,
            evidence_of=ev.from_s3,
            limits=ReadLimits(deadline=attempt.deadline, rate=care.read_rate),
        )
    except ObjectAbsentError:
        return Finding(ref=ref, action="nothing is current: dropped")
    except OutOfTimeError as error:
        ended = care.clock.now()
        report = CheckReport(
            outcome=Outcome.DEFERRED,
            success=None,
            message=f"put aside: {error}",
            storage_class=error.facts.storage_class,
            started=started,
            ended=ended,
            agent=attempt.agent,
        )
        return _write(care, _record(care, error.facts, sequencer, {}, report))
    if examined.facts.is_folder_marker:
        return Finding(ref=ref, action="folder marker: ignored")
    outcome, message = outcome_of(examined.comparisons)
    report = CheckReport(
        outcome=outcome,
        success=outcome is Outcome.MATCH,
        message=message,
        comparisons=examined.comparisons,
        computed=examined.computed,
        bytes_read=examined.facts.size,
        reads=examined.reads,
        storage_class=examined.facts.storage_class,
        started=started,
        ended=care.clock.now(),
        agent=attempt.agent,
    )
    return _write(care, _record(care, examined.facts, sequencer, examined.computed, report))


def _record(
    care: Care, facts: ObjectFacts, sequencer: str, digests: Mapping[str, str], report: CheckReport
) -> FixityRecord:
    due = first_check(facts.ref, report.ended, care.interval) if report.success else report.ended + RETRY
    return FixityRecord(
        ref=facts.ref,
        version_id=facts.version_id,
        size=facts.size,
        etag=facts.etag,
        sequencer=sequencer,
        digests=digests,
        primary_algorithm=care.algorithms[0],
        deposit_date=report.ended,
        last_good_date=report.ended if report.success else None,
        next_check=due,
        last_check=report,
    )


def _write(care: Care, record: FixityRecord) -> Finding:
    standing = care.records.deposit(record)
    if standing is not None:
        return _stand_back(care, record, standing)
    care.schedule.put(_row(record))
    if _deleted_meanwhile(care, record.ref, record.last_check.started):
        care.records.remove(record.ref, record.sequencer)
        care.schedule.remove(record.ref, record.sequencer)
        return Finding(ref=record.ref, action="deleted while it was read: dropped", version_id=record.version_id)
    report = record.last_check
    return Finding(
        ref=record.ref,
        action="put aside" if report.outcome is Outcome.DEFERRED else "deposited",
        version_id=record.version_id,
        outcome=report.outcome,
        success=report.success,
        message=report.message,
        bytes_read=report.bytes_read * report.reads,
    )


def _stand_back(care: Care, record: FixityRecord, standing: FixityRecord) -> Finding:
    if standing.version_id != record.version_id:
        return Finding(ref=record.ref, action="a newer event was recorded: dropped", version_id=record.version_id)
    if standing.sequencer < record.sequencer:
        care.records.advance(record.ref, record.version_id, record.sequencer)
    care.schedule.put_if_absent(_row(standing))
    return Finding(ref=record.ref, action="recorded before: nothing changed", version_id=record.version_id)


def _row(record: FixityRecord) -> ScheduleRow:
    return ScheduleRow(
        ref=record.ref, version_id=record.version_id, sequencer=record.sequencer, due=record.next_check
    )


def _deleted_meanwhile(care: Care, ref: ObjectRef, since: datetime) -> bool:
    # A removal leaves no trace that a slow deposit could be refused by, so a slow one looks again.
    if care.clock.now() - since < _SETTLED:
        return False
    try:
        care.store.current_version(ref)
    except ObjectAbsentError:
        return True
    return False
