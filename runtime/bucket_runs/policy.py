"""The environment's promise; sweep and report judge by it."""

from datetime import datetime, timedelta
from typing import Self

import attrs

from runtime.settings import ReportSettings, SweepSettings


@attrs.frozen(kw_only=True)
class SweepPolicy:
    """The promise."""

    interval: timedelta  # between two checks
    grace: timedelta  # how late a check may be before the object is overdue

    @classmethod
    def of(cls, settings: SweepSettings | ReportSettings) -> Self:
        """Return the promise of the settings."""
        return cls(
            interval=timedelta(days=settings.check_interval_days), grace=timedelta(days=settings.check_grace_days)
        )

    def covers(self, last_sure: datetime, now: datetime) -> bool:
        """Tell whether an object was last known to be good within interval and grace."""
        return last_sure >= now - self.interval - self.grace

    def overdue(self, due: datetime, now: datetime) -> bool:
        """Tell whether a check is late by more than the grace."""
        return due < now - self.grace
