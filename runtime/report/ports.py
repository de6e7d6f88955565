"""Ports of reports.

Every method that calls S3 raises TransientError if it does not answer and RefusedError if it refuses.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

from runtime.report.inventory import Inventory, InventoryFile, StoredVersion
from runtime.report.model import WholeReport
from runtime.report.notes import Upload


class ReportFiles(Protocol):
    """Writes lists, in parts, and pages."""

    def begin(self, key: str) -> Upload:
        """Begin a file in parts: `.csv`, or a plain text `.sha256`. An unfinished one is removed after some days."""

    def send(self, upload: Upload, part: bytes) -> Upload:
        """Send the next part and return the upload with it.

        Raises:
            UploadGoneError: the upload is missing.
        """

    def finish(self, upload: Upload) -> None:
        """Make the file of exactly the parts that were sent. Errors as in `send`."""

    def abandon(self, upload: Upload) -> None:
        """Remove the parts; a missing upload is no error."""

    def days(self) -> set[date]:
        """Return the days with a folder of dated files."""

    def write_page(self, key: str, text: str) -> None:
        """Write an HTML page."""


class ReportPage(Protocol):
    """Writes a report for people."""

    def html(self, whole: WholeReport) -> str:
        """Return the report as one self-contained HTML page."""

    def index(self, environment: str, newest: datetime, days: Collection[date]) -> str:
        """Return the HTML page that leads to the reports of these days; `newest` is the start of the newest one."""


class FiringAlarms(Protocol):
    """Knows which alarms of the environment fire."""

    def firing(self) -> Sequence[str]:
        """Return the alarms that are in ALARM, sorted, by their names without the environment."""


class Inventories(Protocol):
    """Reads S3's inventories of main buckets."""

    def newest(self, bucket: str) -> Inventory | None:
        """Return the newest complete inventory of a bucket, None if there is none yet.

        Raises:
            InventoryError: there is one, but it cannot be used.
        """

    def read(self, manifest: str) -> Inventory:
        """Return the inventory of a manifest, by its key. Errors as in `newest`."""

    def versions(self, inventory: Inventory, file: InventoryFile) -> Iterator[Sequence[StoredVersion]]:
        """Yield the versions in a file, some at a time, in bounded memory.

        Raises:
            InventoryError: the file is damaged or missing; versions yielded before must not be used.
        """
