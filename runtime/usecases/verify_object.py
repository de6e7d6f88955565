"""Read an object under care again and compare it with its baseline; whatever comes out, schedule the next check."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from runtime.domain import evidence as ev
from runtime.domain.errors import ObjectAbsentError, OutOfTimeError, RefusedError, TransientError, UnreadableError
from runtime.domain.evidence import Evidence
from runtime.domain.objects import ObjectFacts, ObjectRef
from runtime.domain.outcome import Outcome
from runtime.domain.records import CheckReport, FixityRecord, outcome_of
from runtime.domain.schedule import RETRY, ScheduleRow, next_check
from runtime.usecases.care import Attempt, Care, Finding
from runtime.usecases.deposit_object import deposit
from runtime.usecases.examine_bytes import Examination, ReadLimits, examine
from runtime.usecases.remove_object import remove


def verify(care: Care, ref: ObjectRef, version_id: str | None, attempt: Attempt) -> Finding:
    """Check the version under care.

    Args:
        care: ports and policy.
        ref: the object.
        version_id: the version that was due; None checks whatever version is under care.
        attempt: the invocation.

    Returns:
        What was found and done.

    Raises:
        UnreadableError: the object could not be read. On the last receive the record says so before this is raised.
        TransientError: a table or S3 did not answer.
        RefusedError: a table or S3 refused.
    """
    record = care.records.get(ref)
    if record is None:
        return Finding(ref=ref, action="not under care: dropped")
    if version_id is not None and version_id != record.version_id:
        return Finding(
            ref=ref,
            action="a newer version is under care: dropped",
            version_id=version_id,
            outcome=Outcome.SUPERSEDED,
        )
    if attempt.receives > 1:
        # An earlier attempt did not come to its end, and this one may not: tomorrow's row is written before reading.
        care.schedule.put_if_absent(_row(record, care.clock.now() + RETRY))
    if not record.digests:
        return _without_baseline(care, record, attempt)
    return _Check(care, record, attempt, care.clock.now()).run()


def _without_baseline(care: Care, record: FixityRecord, attempt: Attempt) -> Finding:
    finding = deposit(care, record.ref, record.sequencer, attempt)
    if finding.outcome is None:
        _postpone(care, record)
    return attrs.evolve(finding, outcome=finding.outcome or Outcome.NO_BASELINE)


def _row(record: FixityRecord, due: datetime) -> ScheduleRow:
    return ScheduleRow(ref=record.ref, version_id=record.version_id, sequencer=record.sequencer, due=due)


def _postpone(care: Care, record: FixityRecord) -> None:
    due = care.clock.now() + RETRY
    if care.records.postpone(record.ref, record.version_id, due):
        care.schedule.put(_row(record, due))
