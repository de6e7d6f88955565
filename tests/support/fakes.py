"""In-memory stand-ins for the ports of fixity, which keep the same contract as the adapters."""

import base64
import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Generic, NoReturn, TypeVar

import attrs
from typing_extensions import override

from runtime.fixity.digests import digester
from runtime.fixity.errors import ReadRefusedError, UnreadableError
from runtime.fixity.objects import NULL_VERSION, Encryption, ObjectFacts, Replication, Version
from runtime.fixity.records import FixityRecord
from runtime.fixity.schedule import ScheduleRow
from runtime.fixity.sequencer import normalised
from runtime.shared.errors import ObjectAbsentError, RefusedError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed, Page
from runtime.shared.ports import Message, Queue

CHUNK = 7
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
T = TypeVar("T")
M = TypeVar("M", bound=Message)


@attrs.define
class FakeClock:
    """A clock that moves only when told to."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


@attrs.define
class StoredVersion:
    """A version, or a delete marker."""

    facts: ObjectFacts
    body: bytes
    part_sizes: tuple[int, ...] = ()  # of the parts 1, 2, ... up to the first missing number
    marker: bool = False

    @property
    def version_id(self) -> str:
        return self.facts.version_id


@attrs.frozen
class Happening:
    """What S3 would announce about a change."""

    kind: str
    ref: ObjectRef
    version_id: str
    sequencer: str


class FakeStore:
    """Buckets; `on_open` may raise or change things before a read, `on_chunk` while it goes on.

    Where they are not versioned there is one version, of the id `null`.
    """

    def __init__(self) -> None:
        self.versioned = True
        self.versions: dict[ObjectRef, list[StoredVersion]] = {}
        self.opened: list[tuple[ObjectRef, str | None, bool]] = []
        self.heads = 0
        self.on_open: Callable[[int], None] = lambda _: None
        self.on_chunk: Callable[[int], None] = lambda _: None
        self.on_part_sizes: Callable[[], None] = lambda: None
        self._ids = itertools.count(1)

    def put(
        self,
        ref: ObjectRef,
        body: bytes,
        *,
        parts: tuple[int, ...] = (),
        numbers: tuple[int, ...] = (),
        encryption: Encryption = Encryption.S3_MANAGED,
        checksums: Mapping[str, str] | None = None,
        depositor: Mapping[str, str] | None = None,
        etag: str | None = None,
        replication: Replication = Replication.NONE,
        storage_class: str = "STANDARD",
        modified: datetime = LONG_AGO,
    ) -> Happening:
        number = next(self._ids)
        facts = ObjectFacts(
            ref=ref,
            version_id=f"v{number}" if self.versioned else NULL_VERSION,
            modified=modified,
            size=len(body),
            etag=etag or (multipart_etag(body, parts) if parts else hashlib.md5(body).hexdigest()),  # noqa: S324 (S3's ETag)
            encryption=encryption,
            checksums=checksums if checksums is not None else {"crc64nvme": base64_of("crc64nvme", body)},
            depositor_digests=depositor or {},
            replication=replication,
            storage_class=storage_class,
        )
        if not self.versioned:
            self.versions.pop(ref, None)
        known = next((n for n, number in enumerate(numbers) if number != n + 1), len(parts))
        self.versions.setdefault(ref, []).append(StoredVersion(facts, body, parts[:known]))
        return Happening("created", ref, facts.version_id, normalised(f"{number:016x}"))

    def delete(self, ref: ObjectRef) -> Happening:
        number = next(self._ids)
        marker = ObjectFacts(ref=ref, version_id=f"v{number}", size=0, etag="", modified=LONG_AGO)
        self.versions.setdefault(ref, []).append(StoredVersion(marker, b"", marker=True))
        return Happening("deleted", ref, f"v{number}", normalised(f"{number:016x}"))

    def delete_version(self, ref: ObjectRef, index: int) -> Happening:
        number = next(self._ids)
        gone = self.versions[ref].pop(index)
        return Happening("deleted", ref, gone.version_id, normalised(f"{number:016x}"))

    def damage(self, ref: ObjectRef) -> None:
        version = self._current(ref)
        version.body = bytes([version.body[0] ^ 1]) + version.body[1:]

    @contextmanager
    def open(self, ref: ObjectRef, version_id: str | None = None, *, fresh: bool = False) -> "Iterator[_FakeOpen]":
        self.opened.append((ref, version_id, fresh))
        self.on_open(len(self.opened))
        version = self._version(ref, version_id)
        _refuse(version.facts)
        yield _FakeOpen(version.facts, version.body, self.on_chunk)

    def current_version(self, ref: ObjectRef) -> Version:
        self.heads += 1
        return self._current(ref).facts.version

    def listed(self, ref: ObjectRef) -> ObjectFacts:
        facts = self._current(ref).facts
        return attrs.evolve(
            facts,
            encryption=Encryption.S3_MANAGED,
            checksums={},
            depositor_digests={},
            replication=Replication.NONE,
        )

    def facts(self, ref: ObjectRef, version_id: str | None) -> ObjectFacts:
        self.heads += 1
        return self._version(ref, version_id).facts

    def part_sizes(self, ref: ObjectRef, version_id: str, parts: int) -> tuple[int, ...]:
        self.heads += parts
        self.on_part_sizes()
        return self._version(ref, version_id).part_sizes[:parts]

    def _current(self, ref: ObjectRef) -> StoredVersion:
        versions = self.versions.get(ref)
        if not versions:
            raise ObjectAbsentError("there is no such object")
        if versions[-1].marker:
            raise ObjectAbsentError("there is no such object", delete_marker=True)
        return versions[-1]

    def _version(self, ref: ObjectRef, version_id: str | None) -> StoredVersion:
        if version_id is None:
            return self._current(ref)
        for version in self.versions.get(ref, []):
            if version.version_id == version_id and not version.marker:
                return version
        raise ObjectAbsentError("there is no such version")


def _refuse(facts: ObjectFacts) -> None:
    if facts.storage_class in {"GLACIER", "DEEP_ARCHIVE"}:
        raise ReadRefusedError(f"it lies in {facts.storage_class}", lasting=True)
    if facts.encryption is Encryption.CUSTOMER_PROVIDED:
        raise ReadRefusedError("only its depositor has the key", lasting=True)


@attrs.frozen
class _FakeOpen:
    facts: ObjectFacts
    _body: bytes
    _on_chunk: Callable[[int], None]

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), CHUNK):
            self._on_chunk(start)
            yield self._body[start : start + CHUNK]


def _another(standing: FixityRecord, record: FixityRecord) -> bool:
    return (standing.version_id, standing.etag) != (record.version_id, record.etag)


class FakeRecords:
    """The checksum table; `before` is called with the name of each write and may raise."""

    def __init__(self) -> None:
        self.items: dict[ObjectRef, FixityRecord] = {}
        self.malformed: dict[ObjectRef, Malformed] = {}
        self.before: Callable[[str], None] = lambda _: None

    def get(self, ref: ObjectRef) -> FixityRecord | None:
        self.before("get")
        if ref in self.malformed:
            raise RefusedError(
                f"the fixity record of {ref.key!r} in {ref.bucket} cannot be read: {self.malformed[ref].problem}"
            )
        return self.items.get(ref)

    def deposit(self, record: FixityRecord, *, modified: datetime | None = None, again: bool = False) -> bool:
        self.before("deposit")
        standing = self.items.get(record.ref)
        if standing is None:
            allowed = not again
        else:
            version = Version(id=record.version_id, etag=record.etag, size=record.size, modified=modified or LONG_AGO)
            replaceable = not standing.is_of(version) or (again and standing.last_good_date is None)
            allowed = standing.sequencer <= record.sequencer and replaceable
        if allowed:
            self.items[record.ref] = record
        return allowed

    def advance(self, ref: ObjectRef, version_id: str, sequencer: str) -> None:
        self.before("advance")
        standing = self.items.get(ref)
        if standing and standing.version_id == version_id and standing.sequencer < sequencer:
            self.items[ref] = attrs.evolve(standing, sequencer=sequencer)

    def record_check(self, record: FixityRecord) -> bool:
        self.before("record_check")
        standing = self.items.get(record.ref)
        if standing is None or _another(standing, record):
            return False
        self.items[record.ref] = attrs.evolve(
            standing,
            last_check=record.last_check,
            next_check=record.next_check,
            last_good_date=record.last_good_date or standing.last_good_date,
        )
        return True

    def postpone(self, record: FixityRecord, due: datetime) -> bool:
        self.before("postpone")
        standing = self.items.get(record.ref)
        if standing is None or _another(standing, record):
            return False
        self.items[record.ref] = attrs.evolve(standing, next_check=due)
        return True

    def remove(self, ref: ObjectRef, sequencer: str) -> bool:
        self.before("remove")
        standing = self.items.get(ref)
        if standing is not None and standing.sequencer > sequencer:
            return False
        self.items.pop(ref, None)
        return True


class FakeSchedule:
    """The scheduler table; `before` is called with the name of each write and may raise."""

    def __init__(self) -> None:
        self.rows: dict[ObjectRef, ScheduleRow] = {}
        self.malformed: dict[ObjectRef, Malformed] = {}
        self.before: Callable[[str], None] = lambda _: None

    def put(self, row: ScheduleRow) -> None:
        self.before("put")
        self.malformed.pop(row.ref, None)
        standing = self.rows.get(row.ref)
        if standing is None or standing.sequencer <= row.sequencer:
            self.rows[row.ref] = row

    def put_if_absent(self, row: ScheduleRow) -> None:
        self.before("put_if_absent")
        if row.ref not in self.malformed:
            self.rows.setdefault(row.ref, row)

    def remove(self, ref: ObjectRef, sequencer: str) -> None:
        self.before("remove")
        standing = self.rows.get(ref)
        if standing is not None and standing.sequencer <= sequencer:
            del self.rows[ref]


class FakePages(Generic[T]):
    """What fake tables hold, so many rows a page at most."""

    def __init__(self, most: int, *tables: Mapping[ObjectRef, T]) -> None:
        self._most = most
        self._tables = tables

    def page(self, bucket: str, after: str | None = None) -> Page[T]:
        # As it is at one moment: others write to it meanwhile.
        rows = {ref: row for table in self._tables for ref, row in list(table.items())}
        refs = sorted(ref for ref in rows if ref.bucket == bucket and (after is None or ref.key > after))
        next_after = refs[self._most - 1].key if len(refs) >= self._most else None
        return Page([rows[ref] for ref in refs[: self._most]], next_after)


def base64_of(algorithm: str, body: bytes) -> str:
    """Return a stored checksum as S3 sends it."""
    running = digester(algorithm)
    running.update(body)
    return base64.b64encode(running.digest()).decode()


def multipart_etag(body: bytes, parts: tuple[int, ...]) -> str:
    """Return the ETag that S3 gives an upload of such parts."""
    outer = hashlib.md5(usedforsecurity=False)
    start = 0
    for size in parts:
        outer.update(hashlib.md5(body[start : start + size], usedforsecurity=False).digest())
        start += size
    return f"{outer.hexdigest()}-{len(parts)}"


def raising(error: Exception) -> Callable[..., NoReturn]:
    """Return a hook that raises whenever it is called."""

    def hook(*_: object) -> NoReturn:
        raise error

    return hook


def raising_once(error: Exception) -> Callable[[object], None]:
    """Return a hook that raises on its first call only."""
    errors = [error]

    def hook(_: object) -> None:
        if errors:
            raise errors.pop()

    return hook


def broken_stream() -> UnreadableError:
    """Return the error of a stream that breaks off."""
    return UnreadableError("the stream broke off")


class FakeOwnQueue:
    """The queue of a function, which keeps what was sent to it anew: body, attributes, delay in seconds."""

    def __init__(self, error: Exception | None = None) -> None:
        self.again: list[tuple[str, Mapping[str, int], int]] = []
        self.error = error

    def send_again(self, body: str, attributes: Mapping[str, int], delay_seconds: int) -> None:
        if self.error:
            raise self.error
        self.again.append((body, attributes, delay_seconds))


class FakeQueue(Queue[M]):
    """A queue that takes everything, or fails as told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[M] = []
        self.error = error

    @override
    def send(self, messages: Sequence[M]) -> None:
        if self.error:
            raise self.error
        self.sent.extend(messages)
