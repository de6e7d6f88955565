"""Ports of fixity.

Methods of the tables raise ThrottledError if the table wants fewer calls, TransientError if it does not answer and
RefusedError if it refuses.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from runtime.fixity.objects import ObjectFacts, Version
from runtime.fixity.records import FixityRecord
from runtime.fixity.schedule import ScheduleRow
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed, Page


class OpenObject(Protocol):
    """One version of an object from one request: what S3 says about it, and its bytes."""

    @property
    def facts(self) -> ObjectFacts:
        """What S3 says about the version."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in order, in chunks of bounded size.

        Raises:
            UnreadableError: the stream broke or ended early.
        """


class ObjectStore(Protocol):
    """Reads managed objects. Every request raises ThrottledError if S3 wants fewer calls (lesson L47)."""

    def open(
        self, ref: ObjectRef, version_id: str | None = None, *, fresh: bool = False
    ) -> AbstractContextManager[OpenObject]:
        """Request a version and its bytes at once; the current version if none is given.

        `fresh` opens a new connection.

        Raises:
            ObjectAbsentError: there is no such object or version.
            ReadRefusedError: S3 refused its bytes, and would again.
            UnreadableError: S3 did not return it.
        """

    def current_version(self, ref: ObjectRef) -> Version:
        """Return which version is current.

        Raises:
            ObjectAbsentError: there is none; the error says whether a delete marker is current.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """

    def listed(self, ref: ObjectRef) -> ObjectFacts:
        """Return what S3's list says about the current version: all but encryption, digests and replication.

        S3 lists what it refuses to return (lesson L38). Errors as in `current_version`.
        """

    def facts(self, ref: ObjectRef, version_id: str | None) -> ObjectFacts:
        """Return what S3 says about a version, or the current one if None, without its bytes.

        Raises:
            ObjectAbsentError: there is no such version.
            UnreadableError: S3 did not answer, or refused.
        """

    def part_sizes(self, ref: ObjectRef, version_id: str, parts: int) -> tuple[int, ...]:
        """Return the sizes in bytes of the first `parts` parts of a multipart upload.

        They are fewer if S3 knows fewer, or refuses to say: it has no part 1 of an upload of the parts 2 and 5.

        Raises:
            UnreadableError: S3 did not answer, or the version is gone.
        """


class FixityRecords(Protocol):
    """The table of fixity records. Every write is conditional (lesson L06)."""

    def get(self, ref: ObjectRef) -> FixityRecord | None:
        """Return the record by a consistent read, None if there is none.

        Raises:
            RefusedError: the table refused, or the record cannot be read.
        """

    def deposit(self, record: FixityRecord, *, modified: datetime | None = None, again: bool = False) -> bool:
        """Write the record of a deposit unless a newer one exists; return whether it was written.

        An existing record must be older and of another version. `modified` is S3's date of the version,
        without which an upload of the same bytes over a version of the id `null` is not another version.

        With `again` replace a record without a trusted baseline, and write nothing if there is no record.
        """

    def advance(self, ref: ObjectRef, version_id: str, sequencer: str) -> None:
        """Note that a newer event found the same version current: writes of older events then fail."""

    def record_check(self, record: FixityRecord) -> bool:
        """Write a check and its dates, nothing of the baseline.

        False if the record is missing or of another version: nothing was written.
        """

    def postpone(self, record: FixityRecord, due: datetime) -> bool:
        """Write a new due date only. Result as in `record_check`."""

    def remove(self, ref: ObjectRef, sequencer: str) -> bool:
        """Remove the record unless a newer event wrote it; return whether no record is left."""


class VerificationSchedule(Protocol):
    """The table of due dates: when a row expires its object is due."""

    def put(self, row: ScheduleRow) -> None:
        """Write a row unless a newer event wrote the existing one."""

    def put_if_absent(self, row: ScheduleRow) -> None:
        """Write a row if there is none."""

    def remove(self, ref: ObjectRef, sequencer: str) -> None:
        """Remove the row unless a newer event wrote it."""


class RecordPages(Protocol):
    """Reads all fixity records in order."""

    def page(self, bucket: str, after: str | None = None) -> Page[FixityRecord | Malformed]:
        """Return the next records of a bucket after a key, or from the start, by an eventually consistent read."""


class SchedulePages(Protocol):
    """Reads all schedule rows in order."""

    def page(self, bucket: str, after: str | None = None) -> Page[ScheduleRow | Malformed]:
        """Return the next rows of a bucket after a key, or from the start."""
