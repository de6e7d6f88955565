"""The alarms that an object counts for: whatever they count can be listed (lesson L53)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from runtime.bucket_runs.policy import SweepPolicy
from runtime.counts import alarm_on
from runtime.fixity.records import FixityRecord
from runtime.shared.pages import Malformed


class ObjectAlarm(StrEnum):
    """Alarms whose objects a report lists, by their names without the environment.

    The alarm on coverage counts failing and unverified objects and unreadable records.
    """

    FAILING = alarm_on("failing")
    DISPUTED = alarm_on("disputed")
    UNVERIFIED = alarm_on("oldest")
    OVERDUE = alarm_on("overdue")
    UNREPLICATED = alarm_on("unreplicated")
    DEFERRED = alarm_on("deferred")
    MALFORMED = alarm_on("malformed")


# Listed on the page with their objects, by heading and meaning; failing objects and unreadable records have a list of
# their own there.
WAITING: Final[Mapping[ObjectAlarm, str]] = {
    ObjectAlarm.OVERDUE: "Not checked in time",
    ObjectAlarm.UNVERIFIED: "Not found good within the promised time",
    ObjectAlarm.UNREPLICATED: "Without a replica",
    ObjectAlarm.DEFERRED: "Never read",
}


def alarms_of(record: FixityRecord | Malformed, now: datetime, policy: SweepPolicy) -> Sequence[ObjectAlarm]:
    """Return the alarms that an object counts for at a moment, UTC."""
    if isinstance(record, Malformed):
        return (ObjectAlarm.MALFORMED,)
    counts = {
        ObjectAlarm.FAILING: record.harmed,
        ObjectAlarm.DISPUTED: record.disputed,
        # Deferred and disputed objects have alarms of their own, as in the count of the sweep.
        ObjectAlarm.UNVERIFIED: not (record.deferred or record.disputed) and not policy.covers(record.last_sure, now),
        ObjectAlarm.OVERDUE: policy.overdue(record.next_check, now),
        ObjectAlarm.UNREPLICATED: record.lacks_replica,
        ObjectAlarm.DEFERRED: record.deferred,
    }
    return tuple(alarm for alarm, counted in counts.items() if counted)


def days_overdue(record: FixityRecord, now: datetime, policy: SweepPolicy) -> int | None:
    """Return the whole days since the date of an overdue check, None if it is not overdue."""
    return (now - record.next_check) // timedelta(days=1) if policy.overdue(record.next_check, now) else None


def replication_of(record: FixityRecord) -> str:
    """Return S3's word for the replication, `NONE` if it gave none, empty if it was not reached."""
    found = record.last_check.replication
    return "" if found is None else found.value or found.name
