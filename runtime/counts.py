"""Counts of managed objects: one table. Metrics, alarms, dashboard and documents derive from it.

The infrastructure imports it too: standard library and `runtime.contract` only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

from runtime.contract import Metric, Severity

_ENTRY: Final = "entry"


class CountAlarm(NamedTuple):
    """The alarm on a count of the sweep."""

    name: str  # without the environment; also its heading in the runbook
    severity: Severity  # how soon a person must act
    # a sentence; settings in braces: `grace_days`, `longest_days` (interval and grace), `coverage_percent`
    meaning: str
    threshold: str | None  # setting in `[alarms]`; None if the threshold is interval and grace
    below: bool = False  # it fires below the threshold, not from it on


class Counted(NamedTuple):
    """One count."""

    key: str  # name in JSON
    meaning: str
    metric: str = ""  # of the sweep: the sum of all counts with this metric; empty if none
    label: str = ""  # in the dashboard's list of problems; empty if it is no problem
    alarm: CountAlarm | None = None


def _counted(  # noqa: PLR0913 (the columns of the table, by name)
    key: str, meaning: str, metric: str = "", label: str = "", alarm: CountAlarm | None = None, *, start: int | None = 0
) -> Any:  # noqa: ANN401 (a field, typed by the class)
    return field(default=start, metadata={_ENTRY: Counted(key, meaning, metric, label, alarm)})


@dataclass(kw_only=True, slots=True)
class FixityCount:
    """A running count of managed objects, and the table of counts."""

    objects: int = _counted("objects", "managed objects", Metric.OBJECTS_UNDER_CARE)
    size: int = _counted("bytes", "their bytes", Metric.BYTES_UNDER_CARE)
    oldest: datetime | None = _counted(  # noqa: RUF009 (a field)
        "oldest_unverified",
        "the oldest date on which an object was last found good, or deposited if never found good; deferred and"
        " disputed objects do not count",
        Metric.OLDEST_UNVERIFIED_AGE,
        alarm=CountAlarm(
            "oldest-unverified", Severity.WARNING, "An object was not found good for {longest_days} days.", None
        ),
        start=None,
    )
    covered: int = _counted(
        "within_interval",
        "objects found good, or deposited, within interval and grace, that have not failed since; those in `disputed`"
        " have not failed",
        Metric.COVERAGE_WITHIN_INTERVAL,
        alarm=CountAlarm(
            "coverage",
            Severity.CRITICAL,
            "Fewer than {coverage_percent} % of the objects were found good in {longest_days} days.",
            "coverage_percent",
            below=True,
        ),
    )
    failing: int = _counted(
        "failing",
        "objects whose newest check failed, except those in `disputed`",
        "FailingObjects",
        "failing",
        CountAlarm(
            "failing-objects",
            Severity.CRITICAL,
            "Objects are damaged, lost or unreadable, or their replicas are, and were not repaired yet.",
            "failing_objects",
        ),
    )
    disputed: int = _counted(
        "disputed",
        "objects that contradict nothing but the digest that their depositor sent",
        "DisputedObjects",
        "with another digest than the depositor sent",
        CountAlarm(
            "disputed-objects",
            Severity.WARNING,
            "Files that arrived do not have the digests that their depositors sent; nothing was damaged since.",
            "disputed_objects",
        ),
    )
    overdue: int = _counted(
        "overdue",
        "objects whose check is late by more than the grace",
        "OverdueObjects",
        "overdue",
        CountAlarm(
            "overdue-objects",
            Severity.WARNING,
            "Objects were not checked by {grace_days} days after their date.",
            "overdue_objects",
        ),
    )
    never_verified: int = _counted(
        "never_verified", "objects that were never found good", "NeverVerified", "never verified"
    )
    waiting: int = _counted(
        "waiting", "objects whose check is due and not made yet, and whose schedule row has expired"
    )
    missing_rows: int = _counted(
        "missing_schedule_rows",
        "objects whose schedule row was missing; the sweep wrote it again",
        "MissingScheduleRows",
        "without a schedule row",
    )
    orphan_rows: int = _counted(
        "orphan_schedule_rows",
        "schedule rows without a record; the sweep removed them",
        "OrphanScheduleRows",
        "schedule rows without a record",
    )
    deferred: int = _counted(
        "deferred",
        "objects that no function has had the time to read since their deposit",
        "DeferredObjects",
        "never read",
        CountAlarm(
            "deferred-objects",
            Severity.WARNING,
            "Objects were never read, because no function had the time for all their bytes.",
            "deferred_objects",
        ),
    )
    unreplicated: int = _counted(
        "unreplicated",
        "objects without a replica by S3, as far as their newest check knows",
        "UnreplicatedObjects",
        "without a replica",
        CountAlarm(
            "unreplicated-objects",
            Severity.WARNING,
            "Objects have no copy in the other region, because S3 has made none.",
            "unreplicated_objects",
        ),
    )
    unrecorded: int = _counted(
        "unrecorded",
        "objects that S3 lists without a record; the sweep requested their deposit, and they are not in `objects`",
        "UnrecordedObjects",
        "without a record",
        CountAlarm(
            "unrecorded-objects",
            Severity.WARNING,
            "Objects, or newer versions of them, had no fixity record; the sweep requested their deposit.",
            "unrecorded_objects",
        ),
    )
    vanished: int = _counted(
        "vanished",
        "managed objects that S3 does not list; the sweep requested their check, which says whether they were deleted"
        " or lost",
    )
    replaced: int = _counted(
        "replaced",
        "managed objects that S3 lists with another version; the sweep requested their check, which deposits what is"
        " current",
        "UnrecordedObjects",
    )
    malformed: int = _counted(
        "malformed",
        "records and schedule rows that cannot be read; the object of such a record is in `objects`, and not covered",
        "MalformedRecords",
        "records that cannot be read",
        CountAlarm(
            "malformed-records",
            Severity.WARNING,
            "Records or schedule rows cannot be read; objects of such records are not checked.",
            "malformed_records",
        ),
    )
    checks_queued: int = _counted("checks_queued", "checks that the sweep requested")

    def add(self, other: Self) -> None:
        """Add another count."""
        for name in COUNTS:
            if name != "oldest":
                setattr(self, name, getattr(self, name) + getattr(other, name))
        self.oldest = min((date for date in (self.oldest, other.oldest) if date is not None), default=None)

    @property
    def coverage(self) -> float:
        """Percent of the objects found good, or deposited, within interval and grace; 100 if there are none."""
        return 100 * self.covered / self.objects if self.objects else 100.0

    @property
    def overdue_share(self) -> float:
        """Percent of the objects whose check is late by more than the grace; 0 for one object, which is no share."""
        return 100 * self.overdue / self.objects if self.overdue > 1 else 0.0

    def oldest_age(self, now: datetime) -> float:
        """Return the seconds since the oldest object was last known to be good, or deposited; 0 if there are none."""
        return 0 if self.oldest is None else max(0.0, (now - self.oldest).total_seconds())

    def metrics(self, now: datetime) -> dict[str, float]:
        """Return the values of the metrics at a moment."""
        values: dict[str, float] = {}
        for name, counted in COUNTS.items():
            if counted.metric and name != "oldest":
                values[counted.metric] = values.get(counted.metric, 0) + getattr(self, name)
        return values | {
            Metric.OLDEST_UNVERIFIED_AGE: self.oldest_age(now),
            Metric.COVERAGE_WITHIN_INTERVAL: self.coverage,
            Metric.OVERDUE_SHARE: self.overdue_share,
        }


COUNTS: Final[Mapping[str, Counted]] = {one.name: one.metadata[_ENTRY] for one in fields(FixityCount)}


def alarm_on(count: str) -> str:
    """Return the name of the alarm on a count, empty if it has none."""
    alarm = COUNTS[count].alarm
    return "" if alarm is None else alarm.name
