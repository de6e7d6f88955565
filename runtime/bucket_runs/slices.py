"""Runs over all buckets: planned, continued slice by slice, and finished with the last bucket."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import attrs

from runtime.bucket_runs.policy import SweepPolicy
from runtime.bucket_runs.run import UNFINISHED, Run, planned, refuse_future
from runtime.settings import ReportSettings, SweepSettings
from runtime.shared.errors import RefusedError
from runtime.shared.ports import Clock, Documents, MainBuckets, OwnQueue, Queue

# Run, slice, progress of a slice, and result of the whole run.
R = TypeVar("R", bound=Run)
S = TypeVar("S", bound="Slice[Any]")
P = TypeVar("P", bound="Progress[Any]")
W = TypeVar("W")


@attrs.frozen(kw_only=True)
class Slice(ABC, Generic[R]):
    """A slice of the work on one bucket."""

    run: R
    bucket: str

    @property
    def message(self) -> dict[str, Any]:
        """Message of the queue."""
        return {"action": "slice", "time": self.run.time, "bucket": self.bucket, **self.place}

    @property
    @abstractmethod
    def place(self) -> Mapping[str, Any]:
        """Where in the bucket it begins, as in its message."""


@attrs.define(kw_only=True)
class Progress(Generic[W]):
    """What the work on a slice did."""

    ended: bool = False  # the bucket is finished
    whole: W | None = None  # result of the run if this slice was its last


class Step(NamedTuple, Generic[S, P]):
    """Where the work on a slice ended; only progress is set if another copy of the slice continues."""

    progress: P
    following: S | None = None  # the next slice
    result: Mapping[str, Any] | None = None  # the bucket's result, at its end


class Started(NamedTuple, Generic[W]):
    """The buckets of a run, and its result if there are none."""

    buckets: Sequence[str]
    whole: W | None


@attrs.frozen(kw_only=True)
class BucketRuns(ABC, Generic[R, S, P, W]):
    """What runs of one kind work with, and what they do in each bucket and at the end."""

    buckets: MainBuckets
    slices: Queue[S]  # slices are sent to the function's own queue
    queue: OwnQueue  # the same queue, for throttled messages
    documents: Documents  # plans and results
    clock: Clock
    settings: SweepSettings | ReportSettings

    @property
    def policy(self) -> SweepPolicy:
        """Interval and grace."""
        return SweepPolicy.of(self.settings)

    @abstractmethod
    def run(self, started: datetime) -> R:
        """Return the run of a start."""

    @abstractmethod
    def slice(self, run: R, bucket: str, place: Mapping[str, Any] | None = None) -> S:
        """Return the slice of a bucket at the place that a message names, or the first.

        Raises:
            KeyError, TypeError, ValueError: the place is malformed.
        """

    def not_begun(self, run: R, slices: Sequence[S]) -> Sequence[S]:
        """Return the first slices to queue when a run is started, perhaps again."""
        del run
        return slices

    @abstractmethod
    def nothing(self) -> P:
        """Return the progress of a slice of a finished bucket."""

    @abstractmethod
    def work(self, part: S, deadline: datetime) -> Step[S, P]:
        """Work on a slice until the deadline; do some work in any case.

        Everything is written when it returns: a crash leaves the slice in the queue (lesson L27), and repeating the
        work does no harm.
        """

    @abstractmethod
    def abandoned(self, part: S) -> Mapping[str, Any]:
        """Return the result of a bucket that is abandoned."""

    @abstractmethod
    def finish(self, run: R, results: Mapping[str, Mapping[str, Any]]) -> W:
        """Write and return the result of a run, from the results of its buckets."""


def start(runs: BucketRuns[R, S, P, W], run: R) -> Started[W]:
    """Begin a run: write its plan and queue the first slice of each bucket.

    Repeating it does no harm; the first plan counts.

    Raises:
        MalformedMessageError: the run lies in the future.
        TransientError: a service did not answer; the message goes back to its queue.
        RefusedError: a service refused.
    """
    refuse_future(run, runs.clock.now())
    plan = {"started": run.time, "buckets": planned(runs.buckets.names(), runs.documents.read(run.latest))}
    runs.documents.write_once(run.plan_key, plan)
    buckets = _plan(runs.documents, run)
    runs.slices.send(runs.not_begun(run, [runs.slice(run, bucket) for bucket in buckets]))
    return Started(buckets, None if buckets else _end(runs, run))


def advance(runs: BucketRuns[R, S, P, W], part: S, deadline: datetime) -> P:
    """Work on a slice, then queue the next one or finish the bucket.

    If another copy of the slice has finished the bucket meanwhile, there is nothing to do.

    Raises:
        TransientError: a service did not answer; the message goes back to its queue.
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
        # An abandoned bucket that finishes later counts as finished.
        if not runs.documents.write_once(key, step.result) and not _finished(runs.documents, key):
            runs.documents.write(key, step.result)
    step.progress.ended, step.progress.whole = True, _end(runs, part.run)
    return step.progress


def give_up(runs: BucketRuns[R, S, P, W], part: S, reason: str) -> W | None:
    """Abandon a bucket after the last attempt at a slice, so that the other buckets need not wait.

    If the slice is worked on later, its result replaces this. The reason is one line. Return the result of the run if
    this ends it.

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
    """Finish the run if every bucket of its plan has ended; return its result, else None."""
    documents = runs.documents
    keys = {bucket: run.result_key(bucket) for bucket in _plan(documents, run)}
    if not documents.names(run.folder).issuperset(keys.values()):
        return None
    # S3 returns every file that it lists; these files are kept for a month.
    return runs.finish(run, {bucket: found for bucket, key in keys.items() if (found := documents.read(key))})
