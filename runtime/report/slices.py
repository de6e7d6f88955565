"""A report: its files and its slices."""

from collections.abc import Mapping
from datetime import UTC, date, timedelta
from typing import Any, ClassVar, Final, Self

import attrs
from typing_extensions import override

from runtime.bucket_runs.run import Run
from runtime.bucket_runs.slices import Slice
from runtime.contract import ManagedPrefix

_SUMMARY: Final = "report.json"


class Report(Run):
    """One report."""

    __slots__ = ()
    kind: ClassVar = "report"
    root: ClassVar = ManagedPrefix.REPORTS_UNDER_WAY
    latest: ClassVar = f"{ManagedPrefix.LATEST_REPORT}{_SUMMARY}"

    @property
    def day(self) -> date:
        """Its day, UTC."""
        return self.started.astimezone(UTC).date()

    def notes_key(self, bucket: str, number: int) -> str:
        """Return the key of the notes at the start of a slice; slice 0 has none."""
        return f"{self.folder}{bucket}/{number:06}.json"

    def list_keys(self, bucket: str) -> tuple[str, str]:
        """Return the keys of a bucket's list: the dated one and the latest."""
        return self._keys(f"{bucket}.csv")

    def sums_keys(self, bucket: str) -> tuple[str, str]:
        """Return the keys of a bucket's file for `sha256sum`: the dated one and the latest."""
        return self._keys(f"{bucket}.sha256")

    @property
    def page_keys(self) -> tuple[str, str]:
        """Keys of the page: the dated one and the latest."""
        return self._keys("index.html")

    @property
    def summary_keys(self) -> tuple[str, str]:
        """Keys of the summary for programs: the dated one and the latest."""
        return self._keys(_SUMMARY)

    def days(self, period: int) -> list[date]:
        """Return the report's period, in order: this number of whole days before it."""
        return [self.day - timedelta(days=back) for back in range(period, 0, -1)]

    def _keys(self, name: str) -> tuple[str, str]:
        return f"{ManagedPrefix.REPORTS}{self.day.isoformat()}/{name}", f"{ManagedPrefix.LATEST_REPORT}{name}"


@attrs.frozen(kw_only=True)
class ReportSlice(Slice[Report]):
    """A slice of the work on one bucket; `number` counts from 0."""

    number: int = 0

    @property
    @override
    def place(self) -> Mapping[str, Any]:
        return {"number": self.number}

    @classmethod
    def at(cls, run: Report, bucket: str, place: Mapping[str, Any]) -> Self:
        """Return the slice of a place. Errors as in `BucketRuns.slice`."""
        number = place.get("number")
        if not (type(number) is int and number >= 0):
            raise TypeError(f"number is {number!r}")
        return cls(run=run, bucket=bucket, number=number)

    @property
    def notes_key(self) -> str:
        """Key of the notes at its start."""
        return self.run.notes_key(self.bucket, self.number)

    @property
    def following(self) -> Self:
        """The next slice."""
        return attrs.evolve(self, number=self.number + 1)
