"""What a sweep found in a whole environment."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from runtime.bucket_runs.count_document import count_document
from runtime.bucket_runs.policy import SweepPolicy
from runtime.bucket_runs.run import UNFINISHED
from runtime.counts import FixityCount
from runtime.shared.timestamps import timestamp
from runtime.sweep.slices import Sweep

_FORMAT: Final = "duracloud-coverage/1"


@attrs.frozen(kw_only=True)
class Coverage:
    """What the sweep found."""

    sweep: Sweep
    buckets: Mapping[str, FixityCount]  # counts by bucket
    unfinished: Mapping[str, str] = attrs.field(factory=dict)  # why the sweep of a bucket was abandoned, by bucket
    newest: bool = True  # no later sweep has ended

    @property
    def totals(self) -> FixityCount:
        """The sum over the finished buckets."""
        sum_ = FixityCount()
        for bucket, totals in self.buckets.items():
            if bucket not in self.unfinished:
                sum_.add(totals)
        return sum_

    def document(self, environment: str, policy: SweepPolicy, ended: datetime) -> dict[str, Any]:
        """Return the coverage report. `ended` is when the sweep ended, UTC."""
        totals = self.totals
        return {
            "format": _FORMAT,
            "environment": environment,
            "started": self.sweep.time,
            "ended": timestamp(ended, "auto"),
            "interval_days": policy.interval / timedelta(days=1),
            "grace_days": policy.grace / timedelta(days=1),
            **count_document(totals),
            "oldest_unverified_age_seconds": totals.oldest_age(self.sweep.started),
            "coverage_percent": totals.coverage,
            "buckets": {
                name: {
                    **count_document(one),
                    "coverage_percent": one.coverage,
                    UNFINISHED: self.unfinished.get(name, ""),
                }
                for name, one in sorted(self.buckets.items())
            },
        }
