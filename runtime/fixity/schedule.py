"""When an object is checked next; due dates are spread evenly over the days."""

import hashlib
import math
from datetime import datetime, timedelta
from typing import Final, Self

import attrs

from runtime.fixity.records import RecordState
from runtime.shared.object_ref import ObjectRef

RETRY: Final = timedelta(days=1)
_APART: Final = timedelta(hours=12)
# DynamoDB never removes a row whose time is longer ago than five years.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
_OLDEST_EXPIRY: Final = timedelta(days=5 * 365)
# Between the text of a due date and its seconds.
_ROUNDING_SECONDS: Final = 1
_EARLIEST: Final = timedelta(days=1)


@attrs.frozen(kw_only=True)
class ScheduleRow:
    """One row of the scheduler table; when it expires the object is due."""

    ref: ObjectRef
    version_id: str
    sequencer: str  # of the event behind the row, normalised
    due: datetime  # UTC
    expiry: float | None = (
        None  # seconds since 1970, where a person set the row's TTL to another time than the due date
    )

    @classmethod
    def of(cls, record: RecordState, due: datetime) -> Self:
        """Return the row of a managed object."""
        return cls(ref=record.ref, version_id=record.version_id, sequencer=record.sequencer, due=due)

    @property
    def ttl(self) -> int:
        """The due date in seconds since 1970, rounded up, for DynamoDB's TTL."""
        return math.ceil(self.due.timestamp())

    def stuck(self, now: datetime) -> str:
        """Return why the row will not expire by its due date; empty if it will."""
        if self.expiry is None:
            return ""
        if self.expiry > self.ttl + _ROUNDING_SECONDS:
            return f"its TTL {self.expiry:.0f} is later than NextChecksumDate, which is {self.ttl}"
        if self.expiry < (now - _OLDEST_EXPIRY).timestamp():
            return f"its TTL {self.expiry:.0f} is more than five years ago: DynamoDB never removes such a row"
        return ""


def phase(ref: ObjectRef) -> float:
    """Return the object's fixed place in the interval, in [0, 1), uniform over all objects."""
    digest = hashlib.sha256(f"{ref.bucket}\0{ref.key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def first_check(ref: ObjectRef, deposited: datetime, interval: timedelta) -> datetime:
    """Return when a new deposit is first checked.

    Deposits of one day are spread evenly from one day to one interval later. So a bulk load never comes due all at
    once, and every object is read within its interval, which is longer than a day.
    """
    return deposited + _EARLIEST + phase(ref) * (interval - _EARLIEST)


def next_check(checked: datetime, interval: timedelta, *, success: bool) -> datetime:
    """Return when an object is checked again: one interval after a match, one day after anything else."""
    return checked + (interval if success else RETRY)


def another_try(ref: ObjectRef, put_aside: datetime) -> datetime:
    """Return when a deferred object, or one that came back, is checked: a day later, apart from others.

    Objects that are too large together fit one by one, but not if they come due in one batch again.
    """
    return put_aside + RETRY + phase(ref) * _APART
