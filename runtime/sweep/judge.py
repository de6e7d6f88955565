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
# How long a multipart upload may have taken.
_UPLOAD_IN_PARTS: Final = timedelta(days=1)
# For the ids of the events that a sweep makes.
_NAMESPACE: Final = UUID("5b0c7f3e-2d41-4c58-8a96-1e7d9f20b3c4")


@attrs.frozen(kw_only=True)
class ListedObject:
    """An object as S3 lists it."""

    ref: ObjectRef
    size: int  # bytes of the current version
    etag: str  # of the current version, without quotation marks
    modified: datetime  # when S3 received the version, UTC; when it began for a multipart upload

    def settled(self, started: datetime, young: timedelta) -> bool:
        """Tell whether the records should know the version: when the sweep began it was older than the upload grace."""
        in_parts = "-" in self.etag
        return self.modified < started - young - (_UPLOAD_IN_PARTS if in_parts else timedelta(0))


@attrs.frozen(kw_only=True)
class Verdict:
    """What to count and do about one record."""

    covered: bool  # found good, or deposited, within interval and grace, and not harmed since
    overdue: bool = False  # its check is late by more than the grace
    missing_row: bool = False  # it has no schedule row and should have one
    waiting: bool = False  # its schedule row has expired and its check is probably in the queue
    check: DueCheck | None = None  # to be requested at once
    row: ScheduleRow | None = None  # to be written
    replaces: bool = False  # the row replaces another; else it is written only if there is none

    @property
    def changes_something(self) -> bool:
        """Whether something must be done."""
        return self.row is not None


_IN_ORDER: Final = {covered: Verdict(covered=covered) for covered in (False, True)}


def judge(record: RecordState, row: ScheduleRow | Malformed | None, now: datetime, policy: SweepPolicy) -> Verdict:
    """Return what to do about a record, given its schedule row.

    The check of an overdue object is requested at once, however late it is (lesson L26). Its row is set to a day later,
    which brings it back if the check never ends. While such a row runs nothing is done, so repeating a sweep changes
    nothing.

    An object without a row gets one for the date of its record. If that date has passed, it gets its own place in the
    coming day, so that a lost table does not come due in one hour. A row that cannot be read is written again from the
    record.
    """
    covered = policy.covers(record.last_sure, now) and not record.harmed
    if policy.overdue(record.next_check, now):
        if isinstance(row, ScheduleRow) and now < row.due <= now + RETRY:
            return Verdict(covered=covered, overdue=True)
        return Verdict(
            covered=covered,
            overdue=True,
            missing_row=row is None,
            check=DueCheck(record.ref, record.version_id),
            row=ScheduleRow.of(record, now + RETRY),
            replaces=True,
        )
    if isinstance(row, ScheduleRow):
        return _IN_ORDER[covered]
    if record.next_check > now:
        due = ScheduleRow.of(record, record.next_check)
        return Verdict(covered=covered, missing_row=row is None, row=due, replaces=row is not None)
    # The row has expired and the check has not run: it is probably in the queue. If not, this row brings it back.
    coming = ScheduleRow.of(record, now + phase(record.ref) * _COMING_DAY)
    return Verdict(covered=covered, waiting=True, row=coming, replaces=row is not None)


def lacks_record(listed: ListedObject, started: datetime, young: timedelta) -> bool:
    """Tell whether an object without a record should have had one when the sweep began."""
    return not listed.ref.is_folder_marker(listed.size) and listed.settled(started, young)


def has_vanished(record: RecordState, started: datetime, now: datetime) -> bool:
    """Tell whether a managed object that S3 does not list must be checked: it is lost, or the event of its deletion is.

    An object deposited after the sweep began may be missing from the list. An object that is checked within a day
    anyway, as all failing objects are, needs no request.
    """
    return _is_held_against_list(record, started, now)


def was_replaced(record: RecordState, listed: ListedObject, started: datetime, now: datetime, young: timedelta) -> bool:
    """Tell whether S3 lists another version than the managed one, although its event should have arrived.

    S3 lists no version ids. A version that S3 received after the record's deposit is another one, and so is one of
    another size or ETag: for a multipart upload S3 lists when it began. An object that is checked within a day anyway
    needs no request: the check of a failing object asks for the current version, and the next sweep requests another
    one.
    """
    if not (_is_held_against_list(record, started, now) and listed.settled(started, young)):
        return False
    return (listed.size, listed.etag) != (record.size, record.etag) or listed.modified > record.deposit_date


def _is_held_against_list(record: RecordState, started: datetime, now: datetime) -> bool:
    return record.deposit_date < started and record.next_check > now + RETRY


@attrs.frozen(kw_only=True)
class Unrecorded:
    """An object without a record, to be deposited."""

    sweep: Sweep
    listed: ListedObject

    @property
    def message(self) -> dict[str, Any]:
        """Message of the object-created queue: the event that S3 should have sent, in EventBridge's form.

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
