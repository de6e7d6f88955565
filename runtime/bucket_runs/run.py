"""A run over all buckets, a sweep or a report: its name, its files, and which run supersedes another."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

import attrs

from runtime.shared.errors import MalformedMessageError
from runtime.shared.timestamps import moment_of, timestamp

_MINUTE: Final = timedelta(minutes=1)
# In the document of a bucket: why its run was abandoned; empty, or missing, if it finished.
UNFINISHED: Final = "unfinished"
# Tolerated clock skew.
_AHEAD: Final = timedelta(minutes=5)


@attrs.frozen
class Run:
    """One run, identified by its planned start."""

    kind: ClassVar[str]  # in errors and logs
    root: ClassVar[str]  # folder of the managed bucket for files of unfinished runs
    latest: ClassVar[str]  # key of the newest run's result
    started: datetime  # UTC

    @property
    def time(self) -> str:
        """The start as messages and files write it."""
        return timestamp(self.started, "auto")

    @property
    def folder(self) -> str:
        """Folder of the plan and of the results of buckets."""
        return f"{self.root}{self.started.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}/"

    @property
    def plan_key(self) -> str:
        """Key of the document that lists the run's buckets."""
        return f"{self.folder}plan.json"

    def result_key(self, bucket: str) -> str:
        """Return the key of a bucket's result."""
        return f"{self.folder}{bucket}.json"


def planned(main_buckets: Iterable[str], latest: Mapping[str, Any] | None) -> list[str]:
    """Return the buckets of a run, in order.

    A bucket in which the newest run (`latest`) found objects, or that it did not finish, belongs to the run even if S3
    no longer lists it: no object leaves the count unnoticed.
    """
    known = {} if latest is None else latest["buckets"]
    return sorted(
        {*main_buckets, *(name for name, found in known.items() if found["objects"] or found.get(UNFINISHED))}
    )


def refuse_future(run: Run, now: datetime) -> None:
    """Refuse a run that starts later than now: until then no other run could supersede it.

    Raises:
        MalformedMessageError: it lies further ahead than clocks differ.
    """
    if run.started > now + _AHEAD:
        raise MalformedMessageError(
            f"got the time {run.time}; allowed: at most {_AHEAD // _MINUTE} minutes later than now,"
            f" {timestamp(now, 'auto')}"
        )


def incomplete(found: Mapping[str, Any] | None) -> bool:
    """Tell whether a result lacks a bucket; then the same run may write it again."""
    return found is not None and any(bucket.get(UNFINISHED) for bucket in found["buckets"].values())


def supersedes(run: Run, standing: Mapping[str, Any] | None, *, itself: bool = False) -> bool:
    """Tell whether a run's result replaces the existing one; `itself` is the answer if that is of the same run."""
    if standing is None:
        return True
    started = moment_of(standing["started"])
    return itself if started == run.started else started < run.started
