"""What an environment promises, by which sweep and report judge alike."""

from datetime import datetime, timedelta
from typing import Self

import attrs

from runtime.settings import ReportSettings, SweepSettings


@attrs.frozen(kw_only=True)
class SweepPolicy:
    """The promise.

    Attributes:
        interval: time between two checks.
        grace: time by which a check may be late before the object counts as overdue.
    """

    interval: timedelta
    grace: timedelta

    @classmethod
    def of(cls, settings: SweepSettings | ReportSettings) -> Self:
        """Return the promise that settings make."""
        return cls(
            interval=timedelta(days=settings.check_interval_days), grace=timedelta(days=settings.check_grace_days)
        )

    def covers(self, last_sure: datetime, now: datetime) -> bool:
        """Tell whether an object was last known to be good within the interval and the grace."""
        return last_sure >= now - self.interval - self.grace

    def overdue(self, due: datetime, now: datetime) -> bool:
        """Tell whether a check is late by more than the grace."""
        return due < now - self.grace
