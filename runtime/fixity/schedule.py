"""When an object is read next: level over the days, for ever, whatever the last check found."""

import hashlib
import math
from datetime import datetime, timedelta
from typing import Final

import attrs

from runtime.shared.object_ref import ObjectRef

RETRY: Final = timedelta(days=1)
_APART: Final = timedelta(hours=12)
_EARLIEST: Final = timedelta(days=1)


@attrs.frozen(kw_only=True)
class ScheduleRow:
    """One row of the scheduler table: its expiry makes the object due.

    Attributes:
        ref: the object.
        version_id: the version to be checked.
        sequencer: order of the event that the row stems from, normalised.
        due: when the object is to be read again, UTC.
    """

    ref: ObjectRef
    version_id: str
    sequencer: str
    due: datetime

    @property
    def ttl(self) -> int:
        """The due date in seconds since 1970, rounded up, as DynamoDB's TTL wants it."""
        return math.ceil(self.due.timestamp())


def phase(ref: ObjectRef) -> float:
    """Return the object's fixed place in the interval, in [0, 1), uniform over all objects."""
    digest = hashlib.sha256(f"{ref.bucket}\0{ref.key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def first_check(ref: ObjectRef, deposited: datetime, interval: timedelta) -> datetime:
    """Return when a new deposit is read for the second time.

    Deposits of one day are spread evenly from one day to one interval later, so that a bulk load never comes due all
    at once and every object is read within its interval.

    Args:
        ref: the object.
        deposited: moment of the deposit, UTC.
        interval: time between two checks, more than a day.
    """
    return deposited + _EARLIEST + phase(ref) * (interval - _EARLIEST)


def next_check(checked: datetime, interval: timedelta, *, success: bool) -> datetime:
    """Return when an object is read after a check: one interval after a match, one day after anything else.

    Args:
        checked: moment of the check, UTC.
        interval: time between two checks.
        success: whether the check matched.
    """
    return checked + (interval if success else RETRY)


def another_try(ref: ObjectRef, put_aside: datetime) -> datetime:
    """Return when an object is read that did not fit the time left, or came back: a day later, apart from others.

    Objects that are too large together fit one by one, but not if they come due in one batch again.

    Args:
        ref: the object.
        put_aside: the moment, UTC.
    """
    return put_aside + RETRY + phase(ref) * _APART
