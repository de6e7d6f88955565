"""A run over all buckets: its name, its files, and which run takes the place of another."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import attrs

from runtime.contract import ManagedPrefix
from runtime.settings import ReportSettings, SweepSettings
from runtime.shared.errors import MalformedMessageError
from runtime.shared.timestamps import moment_of, timestamp

_MINUTE: Final = timedelta(minutes=1)
# Of a bucket, in sweeps and reports: why the work on it was given up; empty, or not there, where it came to its end.
UNFINISHED: Final = "unfinished"
# By how much a clock may be ahead of ours.
_AHEAD: Final = timedelta(minutes=5)
LATEST_REPORT: Final = f"{ManagedPrefix.COVERAGE}latest.json"


@attrs.frozen(kw_only=True)
class SweepPolicy:
    """What an environment promises.

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


@attrs.frozen
class Sweep:
    """One sweep, known by the moment at which it was to start.

    Attributes:
        started: that moment, UTC.
    """

    started: datetime

    @property
    def time(self) -> str:
        """The moment as messages and reports write it."""
        return timestamp(self.started, "auto")

    @property
    def folder(self) -> str:
        """The folder that holds the plan and what was counted, while the sweep goes on."""
        return f"{ManagedPrefix.SWEEPS}{self.started.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}/"

    @property
    def plan_key(self) -> str:
        """Key of the file that names the buckets of the sweep."""
        return f"{self.folder}plan.json"

    def totals_key(self, bucket: str) -> str:
        """Return the key of the file that holds what was counted in a bucket."""
        return f"{self.folder}{bucket}.json"

    @property
    def report_key(self) -> str:
        """Key of the report."""
        return f"{ManagedPrefix.COVERAGE}{self.started.astimezone(UTC):%Y-%m-%d}.json"


def planned(main_buckets: Iterable[str], latest: Mapping[str, Any] | None) -> list[str]:
    """Return the buckets that a sweep has to look at, in order.

    A bucket that the latest report still found objects in, or could not look at to its end, is looked at even if S3
    does not list it any more: its objects do not drop out of care quietly.

    Args:
        main_buckets: the main buckets that there are.
        latest: the latest report; None where there is none.
    """
    known = {} if latest is None else latest["buckets"]
    return sorted(
        {*main_buckets, *(name for name, found in known.items() if found["objects"] or found.get(UNFINISHED))}
    )


def refuse_future(started: datetime, now: datetime) -> None:
    """Refuse a sweep or report that is to have started later than now: until then no other could take its place.

    Args:
        started: the moment that the message names.
        now: the present moment, UTC.

    Raises:
        MalformedMessageError: it lies ahead by more than clocks differ.
    """
    if started > now + _AHEAD:
        raise MalformedMessageError(
            f"got the time {timestamp(started, 'auto')}; allowed: at most {_AHEAD // _MINUTE} minutes later than now,"
            f" {timestamp(now, 'auto')}"
        )


def incomplete(report: Mapping[str, Any] | None) -> bool:
    """Tell whether a report names a bucket whose sweep was given up: then the same sweep may write it again."""
    return report is not None and any(found.get(UNFINISHED) for found in report["buckets"].values())


def supersedes(sweep: Sweep, report: Mapping[str, Any] | None, *, itself: bool = False) -> bool:
    """Tell whether the report of a sweep takes the place of another.

    Args:
        sweep: the sweep that ended.
        report: the report that stands; None where there is none.
        itself: the answer where the report that stands is of this very sweep.
    """
    if report is None:
        return True
    standing = moment_of(report["started"])
    return itself if standing == sweep.started else standing < sweep.started
