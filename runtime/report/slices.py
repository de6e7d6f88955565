"""A report: where its files go, and a slice of the work on it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import attrs

from runtime.contract import ManagedPrefix
from runtime.shared.timestamps import timestamp

_INDEX: Final = "index.html"
_SUMMARY: Final = "report.json"
LATEST_SUMMARY: Final = f"{ManagedPrefix.LATEST_REPORT}{_SUMMARY}"


@attrs.frozen
class Report:
    """One report, known by the moment at which it was to start.

    Attributes:
        started: that moment, UTC.
    """

    started: datetime

    @property
    def time(self) -> str:
        """The moment as messages and files write it."""
        return timestamp(self.started, "auto")

    @property
    def day(self) -> date:
        """Its day, UTC."""
        return self.started.astimezone(UTC).date()

    @property
    def working_folder(self) -> str:
        """The folder of what is noted while the report is made."""
        return f"{ManagedPrefix.REPORTS_UNDER_WAY}{self.started.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}/"

    @property
    def plan_key(self) -> str:
        """Key of the file that names the buckets of the report."""
        return f"{self.working_folder}plan.json"

    def result_key(self, bucket: str) -> str:
        """Return the key of the file that says what was found in a bucket."""
        return f"{self.working_folder}{bucket}.json"

    def notes_key(self, bucket: str, number: int) -> str:
        """Return the key of the file with which a slice begins.

        Args:
            bucket: the bucket.
            number: the slice's number; the first, 0, begins with none.
        """
        return f"{self.working_folder}{bucket}/{number:06}.json"

    def list_keys(self, bucket: str) -> tuple[str, str]:
        """Return the keys of a bucket's list: the dated one and the latest."""
        return self._keys(f"{bucket}.csv")

    @property
    def page_keys(self) -> tuple[str, str]:
        """Keys of the page: the dated one and the latest."""
        return self._keys(_INDEX)

    @property
    def summary_keys(self) -> tuple[str, str]:
        """Keys of the summary for programs: the dated one and the latest."""
        return self._keys(_SUMMARY)

    def days(self, period: int) -> list[date]:
        """Return the whole days before the report that it looks back on, in order.

        Args:
            period: their number.
        """
        return [self.day - timedelta(days=back) for back in range(period, 0, -1)]

    def _keys(self, name: str) -> tuple[str, str]:
        return f"{ManagedPrefix.REPORTS}{self.day.isoformat()}/{name}", f"{ManagedPrefix.LATEST_REPORT}{name}"


@attrs.frozen(kw_only=True)
class ReportSlice:
    """A part of the work on one bucket.

    Attributes:
        report: the report.
        bucket: the bucket.
        number: the slice's number, from 0.
    """

    report: Report
    bucket: str
    number: int = 0

    @property
    def message(self) -> dict[str, Any]:
        """The message of the report queue."""
        return {"action": "slice", "time": self.report.time, "bucket": self.bucket, "number": self.number}

    @property
    def following(self) -> "ReportSlice":
        """The slice behind this one."""
        return attrs.evolve(self, number=self.number + 1)
