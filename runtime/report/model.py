"""The content of a report: each bucket, the days before, and the whole environment."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Self

import attrs

from runtime.audit.events import Kind
from runtime.bucket_runs.policy import SweepPolicy
from runtime.bucket_runs.run import UNFINISHED
from runtime.fixity.outcome import Outcome
from runtime.report.count import ReportCount
from runtime.report.inventory import Storage
from runtime.report.slices import Report
from runtime.shared.timestamps import timestamp

_FORMAT: Final = "duracloud-report/1"
_FAILING: Final = (Outcome.MISMATCH, Outcome.UNREADABLE, Outcome.ABSENT, Outcome.NO_BASELINE)


@attrs.frozen(kw_only=True)
class BucketReport:
    """What was found in one bucket."""

    count: ReportCount
    storage: Storage | None  # by the newest inventory; None if there is none
    problem: str = ""  # why an existing inventory could not be used
    unfinished: str = ""  # why the bucket was abandoned

    @property
    def document(self) -> dict[str, Any]:
        """The report of the bucket as JSON values."""
        return {
            "count": self.count.document,
            "storage": None if self.storage is None else self.storage.document,
            "problem": self.problem,
            UNFINISHED: self.unfinished,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return what `document` wrote."""
        storage = document["storage"]
        return cls(
            count=ReportCount.from_document(document["count"]),
            storage=None if storage is None else Storage.from_document(storage),
            problem=document["problem"],
            # Results from before a software update lack it.
            unfinished=document.get(UNFINISHED, ""),
        )


@attrs.frozen(kw_only=True)
class DayCount:
    """What the audit trail counted on one day, UTC."""

    day: date
    known: bool = True  # the day has a manifest
    first: bool = False  # the manifest is the first of the trail: nothing was recorded before this day
    checks: int = 0  # with deposits
    # checks that found damage, a missing or unreadable object, or no known baseline; daily until repaired
    incidents: int = 0
    recoveries: int = 0  # objects found good again
    repairs: int = 0  # objects replaced by a good version


def day_count(day: date, manifest: Mapping[str, Any] | None) -> DayCount:
    """Return the counts of a day's manifest; an unreadable manifest counts as missing."""
    try:
        counts: Mapping[str, Mapping[str, int]] = {} if manifest is None else manifest["counts"]
        examined = [counts.get(kind, {}) for kind in (Kind.CHECK, Kind.DEPOSIT)]
        return DayCount(
            day=day,
            known=manifest is not None,
            first=manifest is not None and manifest.get("number") == 1,
            checks=sum(sum(kind.values()) for kind in examined),
            incidents=sum(kind.get(outcome, 0) for kind in examined for outcome in _FAILING),
            recoveries=sum(counts.get(Kind.RECOVERY, {}).values()),
            repairs=sum(counts.get(Kind.REPAIR, {}).values()),
        )
    except (KeyError, TypeError, AttributeError):
        return DayCount(day=day, known=False)


@attrs.frozen(kw_only=True)
class WholeReport:
    """Everything that a report says."""

    report: Report
    environment: str
    policy: SweepPolicy
    ended: datetime  # when the last list was complete, UTC
    buckets: Mapping[str, BucketReport]
    days: Sequence[DayCount]  # in order
    firing: Sequence[str] | None = ()  # alarms in ALARM, without the environment; None if that is not known

    @property
    def total(self) -> ReportCount:
        """The sum over the finished buckets."""
        total = ReportCount()
        for _, bucket in sorted(self.buckets.items()):
            if not bucket.unfinished:
                total.add(bucket.count)
        return total

    @property
    def recorded_days(self) -> Sequence[DayCount]:
        """The days since the audit trail began; all if the period does not show its beginning."""
        first = next((number for number, one in enumerate(self.days) if one.first), 0)
        return self.days[first:]

    @property
    def unsigned(self) -> int:
        """The number of days on which something may have been recorded, and that have no manifest."""
        return sum(not one.known for one in self.recorded_days)

    @property
    def unfinished(self) -> dict[str, str]:
        """Why buckets were abandoned, by bucket."""
        return {name: one.unfinished for name, one in sorted(self.buckets.items()) if one.unfinished}

    @property
    def stored(self) -> dict[str, Storage]:
        """What the buckets store, of those with an inventory."""
        return {name: one.storage for name, one in sorted(self.buckets.items()) if one.storage is not None}

    @property
    def document(self) -> dict[str, Any]:
        """The report for programs."""
        total = self.total
        return {
            "format": _FORMAT,
            "environment": self.environment,
            "started": self.report.time,
            "ended": timestamp(self.ended, "auto"),
            "interval_days": self.policy.interval / timedelta(days=1),
            "grace_days": self.policy.grace / timedelta(days=1),
            **total.figures,
            "coverage_percent": total.coverage,
            "buckets": {
                name: {
                    **bucket.count.figures,
                    "coverage_percent": bucket.count.coverage,
                    "list": None if bucket.unfinished else f"{name}.csv",
                    "sha256sums": None if bucket.unfinished else f"{name}.sha256",
                    "storage": None if bucket.storage is None else bucket.storage.document,
                    "storage_problem": bucket.problem,
                    UNFINISHED: bucket.unfinished,
                }
                for name, bucket in sorted(self.buckets.items())
            },
            "days": [{**attrs.asdict(one), "day": one.day.isoformat()} for one in self.days],
            "unsigned_days": self.unsigned,
            "today": {"checks": total.checked_today, "incidents": total.failed_today},
            "alarms_firing": None if self.firing is None else list(self.firing),
        }


def largest_folders(stored: Mapping[str, Storage], most: int) -> Iterable[tuple[str, str, int, int]]:
    """Return the largest folders of all buckets: bucket, folder, number of current objects, bytes of all versions."""
    found = [
        (bucket, folder, amount.objects, amount.whole_size)
        for bucket, storage in stored.items()
        for folder, amount in storage.folders.items()
    ]
    return sorted(found, key=lambda one: (-one[3], one[0], one[1]))[:most]
