"""What reports need of the world outside."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from runtime.report.inventory import Inventory, InventoryFile, StoredVersion
from runtime.report.model import WholeReport
from runtime.report.notes import Upload


class ReportFiles(Protocol):
    """Writes the files of reports that are not documents: lists, in parts, and pages."""

    def begin(self, key: str) -> Upload:
        """Begin to write a list in parts. What is never finished is removed after some days.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def send(self, upload: Upload, part: bytes) -> Upload:
        """Send the next part and return the upload with it. Errors as of `begin`.

        Raises:
            UploadGoneError: the upload is not under way any more.
        """
        ...

    def finish(self, upload: Upload) -> None:
        """Make the file of exactly the parts that were sent. Errors as of `send`."""
        ...

    def abandon(self, upload: Upload) -> None:
        """Remove the parts; an upload that is gone is no error. Errors as of `begin`."""
        ...

    def write_page(self, key: str, text: str) -> None:
        """Write a page of HTML. Errors as of `begin`."""
        ...


class ReportPage(Protocol):
    """Writes a report for people."""

    def html(self, whole: WholeReport) -> str:
        """Return the report as one page of HTML that asks for nothing else."""
        ...


class Inventories(Protocol):
    """Reads the inventories that S3 writes of main buckets."""

    def newest(self, bucket: str) -> Inventory | None:
        """Return the newest complete inventory of a bucket, None where there is none yet.

        Raises:
            InventoryError: there is one, but it cannot be used.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def read(self, manifest: str) -> Inventory:
        """Return the inventory of a manifest, by its key. Errors as of `newest`."""
        ...

    def versions(self, inventory: Inventory, file: InventoryFile) -> Iterator[Sequence[StoredVersion]]:
        """Yield the versions that a file lists, some at a time, in bounded memory.

        Raises:
            InventoryError: the file is damaged or gone; what it yielded before is not to be used.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...
