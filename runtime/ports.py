"""What the use cases need from the world outside, one protocol per dependency."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from runtime.domain.audit_manifests import SigningKey
from runtime.domain.bucket_configuration import Step
from runtime.domain.claims import Claim, FoundBucket
from runtime.domain.due import DueCheck
from runtime.domain.export import TableExport
from runtime.domain.inventory import Inventory, InventoryFile, StoredVersion
from runtime.domain.objects import ObjectFacts, ObjectRef
from runtime.domain.pages import Malformed, Page
from runtime.domain.records import FixityRecord
from runtime.domain.report import ReportSlice, Upload
from runtime.domain.schedule import ScheduleRow
from runtime.domain.sweep import ListedObject, RecordSummary, Slice, Unrecorded


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...


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


class RecordSummaries(Protocol):
    """Reads of fixity records what the sweep needs."""

    def page(self, bucket: str, after: str | None = None) -> Page[RecordSummary | Malformed]:
        """Return the next records of a bucket. Arguments and errors as of `RecordPages.page`."""
        ...

    def exists(self, ref: ObjectRef) -> bool:
        """Tell by a consistent read whether there is a record.

        Raises:
            TransientError: the table did not answer.
            RefusedError: the table refused.
        """
        ...


class MainBuckets(Protocol):
    """Knows the buckets whose objects are under care."""

    def names(self) -> list[str]:
        """Return the names of the main buckets of the environment, in order.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...


class ObjectList(Protocol):
    """S3's own list of a bucket's objects."""

    def page(self, bucket: str, after: str | None = None) -> Page[ListedObject]:
        """Return the next current objects of a bucket, in the order of their keys; none where there is no such bucket.

        Args:
            bucket: the bucket.
            after: the key after which to begin, whether there is an object of that key or not; from the start when
                not given.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...


class VerificationQueue(Protocol):
    """The queue of objects to be read again."""

    def send(self, checks: Sequence[DueCheck]) -> None:
        """Put checks into the queue.

        Raises:
            TransientError: some were not taken this time, others may have been.
            RefusedError: some were refused, and would be again.
        """
        ...


class DepositQueue(Protocol):
    """The queue of objects to be taken under care."""

    def send(self, found: Sequence[Unrecorded]) -> None:
        """Put objects into the queue. Errors as of `VerificationQueue.send`."""
        ...


class SweepQueue(Protocol):
    """The queue by which a sweep goes on."""

    def send(self, slices: Sequence[Slice]) -> None:
        """Put slices into the queue. Errors as of `VerificationQueue.send`."""
        ...


class Documents(Protocol):
    """JSON documents in the managed bucket: what work that goes on in slices notes for itself, and what it finds."""

    def names(self, folder: str) -> set[str]:
        """Return the keys of the files in a folder.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def read(self, key: str) -> Mapping[str, Any] | None:
        """Return a document, None where there is none. Errors as of `names`."""
        ...

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        """Write a document, over another one if need be. Errors as of `names`."""
        ...

    def write_once(self, key: str, document: Mapping[str, Any]) -> bool:
        """Write a document unless there is one. Errors as of `names`.

        Returns:
            Whether it was written.
        """
        ...


class ReportQueue(Protocol):
    """The queue by which a report goes on."""

    def send(self, slices: Sequence[ReportSlice]) -> None:
        """Put slices into the queue. Errors as of `VerificationQueue.send`."""
        ...


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


class Notifier(Protocol):
    """Reaches the people who care for the objects."""

    def publish(self, subject: str, body: str) -> None:
        """Send one message.

        Args:
            subject: one line of ASCII, shorter than 100 characters.
            body: text, at most 256 KiB in UTF-8.

        Raises:
            TransientError: it was not taken this time.
            RefusedError: it was refused.
        """
        ...


class TableExports(Protocol):
    """Exports of the checksum table to the managed bucket."""

    def all(self) -> list[TableExport]:
        """Return the exports of the last 90 days that went to the managed bucket."""
        ...

    def start(self, prefix: str, token: str) -> TableExport:
        """Start an export of the table as it is now.

        Args:
            prefix: folder in the managed bucket, without a slash at its end.
            token: a second call with the same token starts nothing.
        """
        ...


class BucketAdmin(Protocol):
    """Makes and configures buckets."""

    def find(self, bucket: str, region: str) -> FoundBucket:
        """Look whose bucket a name is, if anyone's.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused to answer.
        """
        ...

    def create(self, bucket: str, region: str) -> None:
        """Make a bucket.

        Raises:
            NameTakenError: the name belongs to somebody else.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def apply(self, bucket: str, region: str, step: Step) -> None:
        """Make one configuration call; doing it again changes nothing.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def delete(self, bucket: str, region: str) -> None:
        """Remove an empty bucket; one that is not there is no error.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused, for example because the bucket is not empty.
        """
        ...


class RequestFiles(Protocol):
    """The files by which depositors ask for buckets."""

    def read(self, bucket: str, key: str, version_id: str, most: int) -> bytes:
        """Return the file's bytes, at most `most` of them.

        Raises:
            ObjectAbsentError: the file is not there any more.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...


class RequestRecords(Protocol):
    """What the managed bucket keeps of requests: their results, and claims on names that are being worked on."""

    def write(self, key: str, text: str) -> None:
        """Write a result, over an earlier one of the same request.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def claim(self, bucket: str, claim: Claim) -> Claim:
        """Claim a bucket name unless somebody holds a claim on it.

        Returns:
            The claim that stands: the one given, or another's.
        """
        ...

    def standing_claim(self, bucket: str) -> Claim | None:
        """Return the claim on a bucket name, None where there is none."""
        ...

    def replace_claim(self, bucket: str, claim: Claim) -> None:
        """Put a claim in the place of another."""
        ...

    def release(self, bucket: str) -> None:
        """End a claim."""
        ...


class AuditFiles(Protocol):
    """The files of the audit trail, none of which is ever written over."""

    def create(self, key: str, body: bytes) -> bool:
        """Write a file where there is none.

        Returns:
            False where a file stands: nothing was written.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def read(self, key: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            ObjectAbsentError: there is no such file.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...


class AuditFolder(Protocol):
    """Reads the audit trail, of which nobody knows beforehand what is there."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def read_each(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield keys and the bytes of their files in the order of the keys, a bounded number ahead.

        Raises:
            ObjectAbsentError: a file is gone.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...


class ManifestSigner(Protocol):
    """Signs manifests of the audit trail."""

    def key(self) -> SigningKey:
        """Return the key that signs.

        Raises:
            TransientError: the service did not answer.
            RefusedError: the service refused.
        """
        ...

    def sign(self, digest: bytes) -> bytes:
        """Return the signature, ECDSA in DER, over a file with that SHA-256 digest. Errors as of `key`."""
        ...

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Tell whether a signature is of this key over a file with that SHA-256 digest. Errors as of `key`."""
        ...
