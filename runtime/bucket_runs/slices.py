"""How a run over all buckets is planned, goes on slice by slice, and ends with its last bucket."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import attrs

from runtime.bucket_runs.policy import SweepPolicy
from runtime.bucket_runs.run import UNFINISHED, Run, planned, refuse_future
from runtime.settings import ReportSettings, SweepSettings
from runtime.shared.errors import RefusedError
from runtime.shared.ports import Clock, Documents, MainBuckets, Queue

# A run, a slice of it, what the work on a slice did, and what the whole run found.
R = TypeVar("R", bound=Run)
S = TypeVar("S", bound="Slice[Any]")
P = TypeVar("P", bound="Progress[Any]")
W = TypeVar("W")


@attrs.frozen(kw_only=True)
class Slice(ABC, Generic[R]):
    """A part of the work on one bucket."""

    run: R
    bucket: str

    @property
    def message(self) -> dict[str, Any]:
        """The message of the queue."""
        return {"action": "slice", "time": self.run.time, "bucket": self.bucket, **self.place}

    @property
    @abstractmethod
    def place(self) -> Mapping[str, Any]:
        """Where in the bucket it begins, as its message says it."""


@attrs.define(kw_only=True)
class Progress(Generic[W]):
    """What the work on a slice did.

    Attributes:
        ended: whether the bucket's end was reached.
        whole: what the run found, where this slice was its last; otherwise None.
    """

    ended: bool = False
    whole: W | None = None


class Step(NamedTuple, Generic[S, P]):
    """Where the work on a slice ended: neither is given where another copy of the slice goes on.

    Attributes:
        progress: what it did.
        following: the slice behind it.
        result: the document of what was found in the bucket, at its end.
    """

    progress: P
    following: S | None = None
    result: Mapping[str, Any] | None = None


class Started(NamedTuple, Generic[W]):
    """The buckets of a run, and what it found where there are none; otherwise None."""

    buckets: Sequence[str]
    whole: W | None


@attrs.frozen(kw_only=True)
class BucketRuns(ABC, Generic[R, S, P, W]):
    """What runs of one kind work with, and what they do in each bucket and at the end.

    Attributes:
        buckets: the main buckets.
        slices: the queue by which a run goes on.
        documents: plans, results, and what whole runs found.
        clock: tells the time.
        settings: the function's settings.
    """

    buckets: MainBuckets
    slices: Queue[S]
    documents: Documents
    clock: Clock
    settings: SweepSettings | ReportSettings

    @property
    def policy(self) -> SweepPolicy:
        """Interval and grace."""
        return SweepPolicy.of(self.settings)

    @abstractmethod
    def run(self, started: datetime) -> R:
        """Return the run of a moment."""

    @abstractmethod
    def slice(self, run: R, bucket: str, place: Mapping[str, Any] | None = None) -> S:
        """Return a slice of a bucket: of the place that a message says, or else the first.

        Raises:
            KeyError, TypeError, ValueError: it is no place.
        """

    def not_begun(self, run: R, slices: Sequence[S]) -> Sequence[S]:
        """Return the first slices to be queued when a run is started, perhaps not for the first time."""
        del run
        return slices

    @abstractmethod
    def nothing(self) -> P:
        """Return the progress of a slice whose bucket has ended already."""

    @abstractmethod
    def work(self, part: S, deadline: datetime) -> Step[S, P]:
        """Work on a slice until the deadline; something is done in any case.

        Everything is written when it returns: a crash leaves the slice in the queue (lesson L27), and working on it
        again does no harm.
        """

    @abstractmethod
    def abandoned(self, part: S) -> Mapping[str, Any]:
        """Return the document of a bucket that does not come to its end."""

    @abstractmethod
    def finish(self, run: R, results: Mapping[str, Mapping[str, Any]]) -> W:
        """Write and return what a run found.

        Args:
            run: the run.
            results: the documents of its buckets.
        """


def start(runs: BucketRuns[R, S, P, W], run: R) -> Started[W]:
    """Begin a run: write down which buckets it has to look at and queue the first slice of each.

    Doing it again does no harm; the buckets stay those written down first.

    Raises:
        MalformedMessageError: the run lies in the future.
        TransientError: a service did not answer; the message is to be handed out again.
        RefusedError: a service refused.
    """
    refuse_future(run, runs.clock.now())
    plan = {"started": run.time, "buckets": planned(runs.buckets.names(), runs.documents.read(run.latest))}
    runs.documents.write_once(run.plan_key, plan)
    buckets = _plan(runs.documents, run)
    runs.slices.send(runs.not_begun(run, [runs.slice(run, bucket) for bucket in buckets]))
    return Started(buckets, None if buckets else _end(runs, run))


def advance(runs: BucketRuns[R, S, P, W], part: S, deadline: datetime) -> P:
    """Work on a slice, then queue the next one or end the bucket.

    Where another copy of the slice has brought the bucket to its end meanwhile there is nothing to do.

    Raises:
        TransientError: a service did not answer; the message is to be handed out again.
        RefusedError: a service refused.
    """
    key = part.run.result_key(part.bucket)
    if _finished(runs.documents, key):
        step = Step[S, P](progress=runs.nothing())
    else:
        step = runs.work(part, deadline)
        if step.following is not None:
            runs.slices.send([step.following])
        if step.result is None:
            return step.progress
        # A bucket that was abandoned, and came to its end after all, counts as finished.
        if not runs.documents.write_once(key, step.result) and not _finished(runs.documents, key):
            runs.documents.write(key, step.result)
    step.progress.ended, step.progress.whole = True, _end(runs, part.run)
    return step.progress


def give_up(runs: BucketRuns[R, S, P, W], part: S, reason: str) -> W | None:
    """Write down that the work on a bucket does not come to its end, so that the others are not kept waiting.

    Should the slice be worked on after all, what it finds takes the place of this.

    Args:
        runs: what runs work with.
        part: the slice that was tried for the last time.
        reason: why, in one line.

    Returns:
        What the run found, where it ends by this; otherwise None.

    Raises:
        TransientError: a service did not answer.
        RefusedError: a service refused.
    """
    runs.documents.write_once(part.run.result_key(part.bucket), {**runs.abandoned(part), UNFINISHED: reason})
    return _end(runs, part.run)


def _plan(documents: Documents, run: Run) -> list[str]:
    plan = documents.read(run.plan_key)
    if plan is None:
        raise RefusedError(f"the plan of the {run.kind} of {run.time} is gone: start another")
    return list(plan["buckets"])


def _finished(documents: Documents, key: str) -> bool:
    result = documents.read(key)
    return result is not None and not result.get(UNFINISHED)


def _end(runs: BucketRuns[R, S, P, W], run: R) -> W | None:
    """Finish the run where every bucket of its plan has ended. Returns what it found, or None."""
    documents = runs.documents
    keys = {bucket: run.result_key(bucket) for bucket in _plan(documents, run)}
    if not documents.names(run.folder).issuperset(keys.values()):
        return None
    # What S3 lists it also hands out; files that are there are not removed for a month.
    return runs.finish(run, {bucket: found for bucket, key in keys.items() if (found := documents.read(key))})
