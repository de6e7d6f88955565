"""A run over all buckets, a sweep or a report: its name, its files, and which run takes the place of another."""

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
    """One run, known by the moment at which it was to start.

    Attributes:
        kind: what errors and logs call it.
        root: the folder of the managed bucket under which runs of the kind keep their files while they go on.
        latest: key of what the newest run of the kind found.
        started: the moment, UTC.
    """

    kind: ClassVar[str]
    root: ClassVar[str]
    latest: ClassVar[str]
    started: datetime

    @property
    def time(self) -> str:
        """The moment as messages and files write it."""
        return timestamp(self.started, "auto")

    @property
    def folder(self) -> str:
        """The folder that holds the plan and the results of buckets while the run goes on."""
        return f"{self.root}{self.started.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}/"

    @property
    def plan_key(self) -> str:
        """Key of the document that names the buckets of the run."""
        return f"{self.folder}plan.json"

    def result_key(self, bucket: str) -> str:
        """Return the key of the document of what was found in a bucket."""
        return f"{self.folder}{bucket}.json"


def planned(main_buckets: Iterable[str], latest: Mapping[str, Any] | None) -> list[str]:
    """Return the buckets of a run, in order.

    A bucket in which the newest run still found objects, or that it did not finish, belongs to it even if S3 does not
    list the bucket any more: no object drops out of the count quietly.

    Args:
        main_buckets: the main buckets that S3 lists.
        latest: what the newest run found; None where there is none.
    """
    known = {} if latest is None else latest["buckets"]
    return sorted(
        {*main_buckets, *(name for name, found in known.items() if found["objects"] or found.get(UNFINISHED))}
    )


def refuse_future(run: Run, now: datetime) -> None:
    """Refuse a run that is to have started later than now: until then no other could take its place.

    Raises:
        MalformedMessageError: it lies ahead by more than clocks differ.
    """
    if run.started > now + _AHEAD:
        raise MalformedMessageError(
            f"got the time {run.time}; allowed: at most {_AHEAD // _MINUTE} minutes later than now,"
            f" {timestamp(now, 'auto')}"
        )


def incomplete(found: Mapping[str, Any] | None) -> bool:
    """Tell whether what a run found lacks a bucket: then the same run may write it again."""
    return found is not None and any(bucket.get(UNFINISHED) for bucket in found["buckets"].values())


def supersedes(run: Run, standing: Mapping[str, Any] | None, *, itself: bool = False) -> bool:
    """Tell whether what a run found takes the place of another.

    Args:
        run: the run that ended.
        standing: what stands; None where there is none.
        itself: the answer where what stands is of this very run.
    """
    if standing is None:
        return True
    started = moment_of(standing["started"])
    return itself if started == run.started else started < run.started
