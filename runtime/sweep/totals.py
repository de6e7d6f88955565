"""What a sweep counts, and what the counts of an environment say."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Self

import attrs

from runtime.bucket_runs.run import UNFINISHED, Sweep, SweepPolicy
from runtime.fixity.records import RecordState
from runtime.shared.timestamps import moment_of, timestamp
from runtime.sweep.judge import Verdict

_FORMAT: Final = "duracloud-coverage/1"


@attrs.define(kw_only=True)
class Totals:
    """A running count.

    Attributes:
        objects: objects under care.
        size: their bytes.
        oldest: the longest ago that one of them was last known to be good, or deposited, without those that are
            deferred; None where there are none.
        within_interval: objects found good, or deposited, within the interval and the grace, and that have not failed
            since.
        never_verified: objects that were never found good.
        overdue: objects whose check is late by more than the grace.
        waiting: objects whose check is due and on its way.
        missing_rows: objects that had no schedule row and should have had one.
        orphan_rows: schedule rows without a record, which were removed.
        unrecorded: objects that had no record and should have had one, which were asked to be taken under care.
        vanished: objects under care that S3 does not list, whose check was asked for.
        replaced: objects under care of which S3 lists another version, whose check was asked for.
        failing: objects whose newest check failed.
        deferred: objects that no function had the time to read since they were deposited.
        unreplicated: objects of which S3 has made no replica.
        malformed: records and schedule rows that cannot be read; the objects of such records are counted, and are not
            within the interval.
        checks_queued: checks asked for at once.
    """

    objects: int = 0
    size: int = 0
    oldest: datetime | None = None
    within_interval: int = 0
    never_verified: int = 0
    overdue: int = 0
    waiting: int = 0
    missing_rows: int = 0
    orphan_rows: int = 0
    unrecorded: int = 0
    vanished: int = 0
    replaced: int = 0
    failing: int = 0
    deferred: int = 0
    unreplicated: int = 0
    malformed: int = 0
    checks_queued: int = 0

    def count(self, record: RecordState, verdict: Verdict) -> None:
        """Add one object."""
        self.objects += 1
        self.size += record.size
        # What is deferred has an alarm of its own; here it would hide every other object that waits.
        if not record.deferred and (self.oldest is None or record.last_sure < self.oldest):
            self.oldest = record.last_sure
        self.within_interval += verdict.covered
        self.never_verified += record.last_good_date is None
        self.failing += record.failing
        self.deferred += record.deferred
        self.unreplicated += record.lacks_replica
        self.overdue += verdict.overdue
        self.waiting += verdict.waiting
        self.missing_rows += verdict.missing_row
        self.checks_queued += verdict.check is not None

    def add(self, other: "Totals") -> None:
        """Add another count."""
        for field in attrs.fields(Totals):
            if field.name != "oldest":
                setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))
        self.oldest = min((date for date in (self.oldest, other.oldest) if date is not None), default=None)

    @property
    def coverage(self) -> float:
        """Percent of the objects found good, or deposited, within the interval and the grace; 100 of none."""
        return 100 * self.within_interval / self.objects if self.objects else 100.0

    @property
    def document(self) -> dict[str, Any]:
        """The count as JSON values, as reports and messages hold it."""
        return {
            "objects": self.objects,
            "bytes": self.size,
            "oldest_unverified": None if self.oldest is None else timestamp(self.oldest, "auto"),
            "within_interval": self.within_interval,
            "never_verified": self.never_verified,
            "overdue": self.overdue,
            "waiting": self.waiting,
            "missing_schedule_rows": self.missing_rows,
            "orphan_schedule_rows": self.orphan_rows,
            "unrecorded": self.unrecorded,
            "vanished": self.vanished,
            "replaced": self.replaced,
            "failing": self.failing,
            "deferred": self.deferred,
            "unreplicated": self.unreplicated,
            "malformed": self.malformed,
            "checks_queued": self.checks_queued,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the count that `document` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        oldest = document["oldest_unverified"]
        return cls(
            objects=int(document["objects"]),
            size=int(document["bytes"]),
            oldest=None if oldest is None else moment_of(oldest),
            within_interval=int(document["within_interval"]),
            never_verified=int(document["never_verified"]),
            overdue=int(document["overdue"]),
            waiting=int(document["waiting"]),
            missing_rows=int(document["missing_schedule_rows"]),
            orphan_rows=int(document["orphan_schedule_rows"]),
            # A slice that was queued before an update of the software does not say these.
            unrecorded=int(document.get("unrecorded", 0)),
            vanished=int(document.get("vanished", 0)),
            replaced=int(document.get("replaced", 0)),
            failing=int(document.get("failing", 0)),
            deferred=int(document.get("deferred", 0)),
            unreplicated=int(document.get("unreplicated", 0)),
            malformed=int(document.get("malformed", 0)),
            checks_queued=int(document["checks_queued"]),
        )


@attrs.frozen(kw_only=True)
class Slice:
    """A part of the sweep of a bucket, which is to be worked on.

    Attributes:
        sweep: the sweep.
        bucket: the bucket.
        after: the key after which it begins; None at the bucket's start.
        totals: what was counted in the bucket before it.
    """

    sweep: Sweep
    bucket: str
    after: str | None = None
    totals: Totals = attrs.field(factory=Totals)

    @property
    def message(self) -> dict[str, Any]:
        """The message of the sweep queue."""
        return {
            "action": "slice",
            "time": self.sweep.time,
            "bucket": self.bucket,
            "after": self.after,
            "totals": self.totals.document,
        }


@attrs.frozen(kw_only=True)
class Coverage:
    """What a sweep found in a whole environment.

    Attributes:
        sweep: the sweep.
        buckets: what was counted, by bucket.
        unfinished: why the sweep of a bucket was given up, by bucket.
        newest: whether no later sweep has ended.
    """

    sweep: Sweep
    buckets: Mapping[str, Totals]
    unfinished: Mapping[str, str] = attrs.field(factory=dict)
    newest: bool = True

    @property
    def totals(self) -> Totals:
        """The sum over the buckets that came to their end."""
        sum_ = Totals()
        for bucket, totals in self.buckets.items():
            if bucket not in self.unfinished:
                sum_.add(totals)
        return sum_

    @property
    def oldest_age(self) -> float:
        """Seconds from when the oldest object was last known to be good, or deposited, to the start of the sweep."""
        oldest = self.totals.oldest
        return 0 if oldest is None else max(0.0, (self.sweep.started - oldest).total_seconds())

    def document(self, environment: str, policy: SweepPolicy, ended: datetime) -> dict[str, Any]:
        """Return the report.

        Args:
            environment: the environment's name.
            policy: what it promises.
            ended: when the sweep ended, UTC.
        """
        totals = self.totals
        return {
            "format": _FORMAT,
            "environment": environment,
            "started": self.sweep.time,
            "ended": timestamp(ended, "auto"),
            "interval_days": policy.interval / timedelta(days=1),
            "grace_days": policy.grace / timedelta(days=1),
            **totals.document,
            "oldest_unverified_age_seconds": self.oldest_age,
            "coverage_percent": totals.coverage,
            "buckets": {
                name: {
                    **one.document,
                    "coverage_percent": one.coverage,
                    UNFINISHED: self.unfinished.get(name, ""),
                }
                for name, one in sorted(self.buckets.items())
            },
        }
