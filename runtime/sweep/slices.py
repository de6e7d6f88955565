"""A sweep: its files and its slices."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, ClassVar, Self

import attrs
from typing_extensions import override

from runtime.bucket_runs.count_document import count_document, count_of
from runtime.bucket_runs.run import Run
from runtime.bucket_runs.slices import Slice
from runtime.contract import ManagedPrefix
from runtime.counts import FixityCount


class Sweep(Run):
    """One sweep."""

    __slots__ = ()
    kind: ClassVar = "sweep"
    root: ClassVar = ManagedPrefix.SWEEPS
    latest: ClassVar = f"{ManagedPrefix.COVERAGE}latest.json"

    @property
    def report_key(self) -> str:
        """Key of the coverage report of its day."""
        return f"{ManagedPrefix.COVERAGE}{self.started.astimezone(UTC):%Y-%m-%d}.json"


@attrs.frozen(kw_only=True)
class SweepSlice(Slice[Sweep]):
    """A slice of the sweep of a bucket."""

    after: str | None = None  # it begins after this key; None at the bucket's start
    totals: FixityCount = attrs.field(factory=FixityCount)  # counts of the slices before it

    @property
    @override
    def place(self) -> Mapping[str, Any]:
        return {"after": self.after, "totals": count_document(self.totals)}

    @classmethod
    def at(cls, run: Sweep, bucket: str, place: Mapping[str, Any]) -> Self:
        """Return the slice of a place. Errors as in `BucketRuns.slice`."""
        after = place.get("after")
        if not (after is None or isinstance(after, str)):
            raise TypeError(f"after is {after!r}")
        return cls(run=run, bucket=bucket, after=after, totals=count_of(place["totals"]))
