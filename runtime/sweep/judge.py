"""What the sweep decides about one object."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import attrs

from runtime.bucket_runs.policy import SweepPolicy
from runtime.fixity.due_check import DueCheck
from runtime.fixity.records import RecordState
from runtime.fixity.schedule import RETRY, ScheduleRow, phase
from runtime.fixity.sequencer import BEFORE_ALL_EVENTS
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import timestamp
from runtime.sweep.slices import Sweep

_COMING_DAY: Final = timedelta(days=1)
# How long an upload in parts may have taken.
_UPLOAD_IN_PARTS: Final = timedelta(days=1)
# Ids of the events that a sweep makes are made in it.
_NAMESPACE: Final = UUID("5b0c7f3e-2d41-4c58-8a96-1e7d9f20b3c4")


@attrs.frozen(kw_only=True)
class ListedObject:
    """An object as S3 lists it.

    Attributes:
        ref: the object.
        size: bytes of its current version.
        etag: entity tag of that version, without quotation marks.
        modified: when S3 took that version, UTC; of an upload in parts, when it began.
    """

    ref: ObjectRef
    size: int
    etag: str
    modified: datetime

    def settled(self, started: datetime, young: timedelta) -> bool:
        """Tell whether the records should know of the version.

        Args:
            started: when the sweep began, UTC.
            young: the time before that in which a version came that may still be on its way into the records.
        """
        in_parts = "-" in self.etag
        return self.modified < started - young - (_UPLOAD_IN_PARTS if in_parts else timedelta(0))


@attrs.frozen(kw_only=True)
class Verdict:
    """What is to be counted and done about one record.

    Attributes:
        covered: whether the object was found good, or deposited, within the interval and the grace, and has not failed
            since.
        overdue: whether its check is late by more than the grace.
        missing_row: whether it has no schedule row and should have one.
        waiting: whether it has no schedule row because its check is due and, as far as can be seen, on its way.
        check: a check to be asked for at once; None where there is none.
        row: the schedule row to be written; None where there is none.
        replaces: whether it takes the place of another; else it is written only where there is none.
    """

    covered: bool
    overdue: bool = False
    missing_row: bool = False
    waiting: bool = False
    check: DueCheck | None = None
    row: ScheduleRow | None = None
    replaces: bool = False

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to be done."""
        return self.row is not None


_IN_ORDER: Final = {covered: Verdict(covered=covered) for covered in (False, True)}


def judge(record: RecordState, row: ScheduleRow | Malformed | None, now: datetime, policy: SweepPolicy) -> Verdict:
    """Return what is to be done about a record, given its schedule row.

    An overdue object is asked for at once, however long it is overdue (lesson L26), and its row is set to a day later,
    which brings it back should the check never end. While such a row runs nothing is done: doing it all again changes
    nothing. An object without a row gets one for the date of its record, or, where that has passed, for its own place
    in the coming day, so that a lost table does not come due in one hour. A row that cannot be read is written anew:
    all that a row says is in the record.

    Args:
        record: the record.
        row: the object's schedule row; None where there is none.
        now: the present moment, UTC.
        policy: interval and grace.
    """
    covered = policy.covers(record.last_sure, now) and not record.failing
    if policy.overdue(record.next_check, now):
        if isinstance(row, ScheduleRow) and now < row.due <= now + RETRY:
            return Verdict(covered=covered, overdue=True)
        return Verdict(
            covered=covered,
            overdue=True,
            missing_row=row is None,
            check=DueCheck(record.ref, record.version_id),
            row=_row(record, now + RETRY),
            replaces=True,
        )
    if isinstance(row, ScheduleRow):
        return _IN_ORDER[covered]
    if record.next_check > now:
        due = _row(record, record.next_check)
        return Verdict(covered=covered, missing_row=row is None, row=due, replaces=row is not None)
    # Its row has expired and the check has not been made: most likely it waits in the queue. If not, this row saves it.
    coming = _row(record, now + phase(record.ref) * _COMING_DAY)
    return Verdict(covered=covered, waiting=True, row=coming, replaces=row is not None)


def _row(record: RecordState, due: datetime) -> ScheduleRow:
    return ScheduleRow(ref=record.ref, version_id=record.version_id, sequencer=record.sequencer, due=due)


def lacks_record(listed: ListedObject, started: datetime, young: timedelta) -> bool:
    """Tell whether an object of which no record was found should have had one when the sweep began.

    Args:
        listed: the object.
        started: when the sweep began, UTC.
        young: the time before that in which an object was uploaded that may still be on its way into the records.
    """
    return not listed.ref.is_folder_marker(listed.size) and listed.settled(started, young)


def has_vanished(record: RecordState, started: datetime, now: datetime) -> bool:
    """Tell whether an object under care that S3 does not list is to be looked at: lost, or deleted by a lost event.

    What was deposited after the sweep began may not be in the list that was read; what is checked within a day anyway,
    as all failing objects are, is not asked for.

    Args:
        record: its record.
        started: when the sweep began, UTC.
        now: the present moment, UTC.
    """
    return _is_held_against_list(record, started, now)


def was_replaced(record: RecordState, listed: ListedObject, started: datetime, now: datetime, young: timedelta) -> bool:
    """Tell whether S3 lists another version than the one under care, of which an event should have told.

    S3 lists no version ids. A version that was taken by S3 after the record's deposit is another one, and so is one of
    another size or entity tag: of an upload in parts S3 says when it began. What is checked within a day anyway is not
    asked for: the check of a failing object looks at what is current, and another one is asked for by the next sweep.

    Args:
        record: its record.
        listed: the object.
        started: when the sweep began, UTC.
        now: the present moment, UTC.
        young: the time before that in which a version was uploaded that may still be on its way into the records.
    """
    if not (_is_held_against_list(record, started, now) and listed.settled(started, young)):
        return False
    return (listed.size, listed.etag) != (record.size, record.etag) or listed.modified > record.deposit_date


def _is_held_against_list(record: RecordState, started: datetime, now: datetime) -> bool:
    return record.deposit_date < started and record.next_check > now + RETRY


@attrs.frozen(kw_only=True)
class Unrecorded:
    """An object without a record, to be taken under care.

    Attributes:
        sweep: the sweep that found it.
        listed: the object.
    """

    sweep: Sweep
    listed: ListedObject

    @property
    def message(self) -> dict[str, Any]:
        """The message of the queue of new objects: the event that S3 should have led to, as EventBridge words it.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
        """
        ref = self.listed.ref
        return {
            "id": str(uuid5(_NAMESPACE, f"{self.sweep.time}/{ref.bucket}/{ref.key}")),
            "source": "aws.s3",
            "detail-type": "Object Created",
            "time": timestamp(self.listed.modified, "auto"),
            "detail": {
                "bucket": {"name": ref.bucket},
                "object": {"key": ref.key, "size": self.listed.size, "sequencer": BEFORE_ALL_EVENTS},
                "reason": "duracloud-sweep",
            },
        }
