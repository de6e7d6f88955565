"""What fixity needs of the world outside."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from runtime.fixity.objects import ObjectFacts
from runtime.fixity.records import FixityRecord
from runtime.fixity.schedule import ScheduleRow
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed, Page


class OpenObject(Protocol):
    """One version of an object, answered by one request: what S3 says about it, and its bytes."""

    @property
    def facts(self) -> ObjectFacts:
        """What S3 says about the version."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in order, in chunks of bounded size.

        Raises:
            UnreadableError: the stream broke off or ended early.
        """
        ...


class ObjectStore(Protocol):
    """Reads objects under care."""

    def open(
        self, ref: ObjectRef, version_id: str | None = None, *, fresh: bool = False
    ) -> AbstractContextManager[OpenObject]:
        """Ask for a version and its bytes in one request.

        Args:
            ref: the object.
            version_id: the version; the current one when not given.
            fresh: use a connection that was not used before.

        Raises:
            ObjectAbsentError: there is no such object or version.
            UnreadableError: S3 did not hand it out.
        """
        ...

    def current_version(self, ref: ObjectRef) -> str:
        """Return the id of the current version.

        Raises:
            ObjectAbsentError: there is none; the error says whether a delete marker is in its place.
            TransientError: S3 did not answer.
            RefusedError: S3 refused to answer.
        """
        ...

    def facts(self, ref: ObjectRef, version_id: str | None) -> ObjectFacts:
        """Return what S3 says about a version, of the current one when None, without asking for its bytes.

        Raises:
            ObjectAbsentError: there is no such version.
            UnreadableError: S3 did not answer, or refused.
        """
        ...

    def part_sizes(self, ref: ObjectRef, version_id: str, parts: int) -> tuple[int, ...]:
        """Return the sizes in bytes of the first `parts` parts of a multipart upload, fewer where S3 tells fewer.

        Raises:
            UnreadableError: S3 did not answer.
        """
        ...


class FixityRecords(Protocol):
    """The table of fixity records. Every write is conditional (lesson L06)."""

    def get(self, ref: ObjectRef) -> FixityRecord | None:
        """Return the record by a consistent read, None where there is none.

        Raises:
            TransientError: the table did not answer.
            RefusedError: the table refused, or the record cannot be read.
        """
        ...

    def deposit(self, record: FixityRecord, *, again: bool = False) -> bool:
        """Write the record of a deposit where there is none, or an older one of another version.

        Args:
            record: the record.
            again: replace a record that stands and has no trusted baseline; write nothing where there is none.

        Returns:
            False where another record stands, or none where one is to be replaced: nothing was written.
        """
        ...

    def advance(self, ref: ObjectRef, version_id: str, sequencer: str) -> None:
        """Note that a newer event found the same version current: slower workers of older events are then refused."""
        ...

    def record_check(self, record: FixityRecord) -> bool:
        """Write what a check changed: the check, its dates, nothing of the baseline.

        Returns:
            False where the record is gone or of another version: nothing was written.
        """
        ...

    def postpone(self, ref: ObjectRef, version_id: str, due: datetime) -> bool:
        """Write a new due date only.

        Returns:
            False where the record is gone or of another version: nothing was written.
        """
        ...

    def remove(self, ref: ObjectRef, sequencer: str) -> bool:
        """Remove the record unless a newer event wrote it.

        Returns:
            True where no record is left.
        """
        ...


class VerificationSchedule(Protocol):
    """The table of due dates: the expiry of a row makes its object due."""

    def put(self, row: ScheduleRow) -> None:
        """Write a row unless a newer event wrote the one that stands."""
        ...

    def put_if_absent(self, row: ScheduleRow) -> None:
        """Write a row where there is none."""
        ...

    def remove(self, ref: ObjectRef, sequencer: str) -> None:
        """Remove the row unless a newer event wrote it."""
        ...


class RecordPages(Protocol):
    """Reads fixity records in order, for work that looks at all of them."""

    def page(self, bucket: str, after: str | None = None) -> Page[FixityRecord | Malformed]:
        """Return the next records of a bucket, by an eventually consistent read; those that cannot be read as such.

        Args:
            bucket: the bucket.
            after: the key after which to begin; from the start when not given.

        Raises:
            TransientError: the table did not answer.
            RefusedError: the table refused.
        """
        ...


class SchedulePages(Protocol):
    """Reads schedule rows in order, for work that looks at all of them."""

    def page(self, bucket: str, after: str | None = None) -> Page[ScheduleRow | Malformed]:
        """Return the next rows of a bucket. Arguments and errors as of `RecordPages.page`."""
        ...
