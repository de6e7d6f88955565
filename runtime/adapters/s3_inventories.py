"""Adapter of Inventories: the inventories that S3 writes into the managed bucket.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote_plus

import attrs
from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from runtime.adapters.errors import error_code, http_status, translated
from runtime.adapters.s3_files import read_file
from runtime.provisioning.bucket_configuration import inventory_folder
from runtime.report.inventory import (
    Inventory,
    InventoryError,
    InventoryFile,
    InventoryFormat,
    StoredVersion,
    inventory_of,
)
from runtime.report.ports import Inventories

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

# A Parquet file is read column by column, each at a place of its own.
_BLOCK_BYTES: Final = 1024 * 1024
_BLOCKS_KEPT: Final = 24
_TOGETHER: Final = 10_000
_FOLDER_NAME: Final = "%Y-%m-%dT%H-%MZ"
_TRUE: Final = "true"
# The columns of Parquet files that are used.
_COLUMNS = _KEY, _SIZE, _CLASS, _LATEST, _MARKER = "key", "size", "storage_class", "is_latest", "is_delete_marker"
_STANDARD: Final = "STANDARD"


@attrs.frozen
class S3Inventories(Inventories):
    """Reads from one bucket."""

    _client: S3Client
    _bucket: str

    @override
    def newest(self, bucket: str) -> Inventory | None:
        folder = inventory_folder(bucket)
        with translated("listing inventories"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=folder, Delimiter="/"
            )
            folders = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        # By date, not by name: there are folders of other kinds (lesson L32).
        dated = [(date, name) for name in folders if (date := _date(name, folder)) is not None]
        for _, name in sorted(dated, reverse=True):
            if (content := self._complete(name)) is not None:
                return inventory_of(f"{name}manifest.json", content)
        return None

    @override
    def read(self, manifest: str) -> Inventory:
        content = self._small(manifest)
        if content is None:
            raise InventoryError(f"the manifest {manifest} is gone")
        return inventory_of(manifest, json.loads(content))

    @override
    def versions(self, inventory: Inventory, file: InventoryFile) -> Iterator[Sequence[StoredVersion]]:
        with translated(f"reading the inventory file {file.key}"):
            try:
                if inventory.format is InventoryFormat.CSV:
                    yield from self._csv(inventory, file)
                else:
                    yield from self._parquet(file)
            except ClientError as error:
                if http_status(error) == 404 or error_code(error) == "PreconditionFailed":
                    raise InventoryError(f"the inventory file {file.key} is gone or was replaced") from error
                raise

    def _complete(self, folder: str) -> Mapping[str, Any] | None:
        """Return the manifest of a folder, None if S3 has not finished it: the checksum is written last."""
        expected, content = self._small(f"{folder}manifest.checksum"), self._small(f"{folder}manifest.json")
        if expected is None or content is None or _md5(content) != expected.decode("ascii", "replace").strip().lower():
            return None
        manifest: Mapping[str, Any] = json.loads(content)
        return manifest

    def _small(self, key: str) -> bytes | None:
        return read_file("reading an inventory's manifest", self._client, Bucket=self._bucket, Key=key)

    def _csv(self, inventory: Inventory, file: InventoryFile) -> Iterator[list[StoredVersion]]:
        with self._client.get_object(Bucket=self._bucket, Key=file.key)["Body"] as body:
            hashed = _Hashed(body)
            try:
                with gzip.GzipFile(fileobj=cast("Any", hashed)) as unpacked:
                    lines = io.TextIOWrapper(unpacked, encoding="utf-8", newline="")
                    rows = _rows(inventory.columns, csv.reader(lines))
                    while some := list(islice(rows, _TOGETHER)):
                        yield some
            except (gzip.BadGzipFile, zlib.error, EOFError, csv.Error, ValueError, IndexError) as error:
                raise InventoryError(f"the inventory file {file.key} cannot be read: {error}") from error
        _compare(file, hashed.md5.hexdigest())

    def _parquet(self, file: InventoryFile) -> Iterator[list[StoredVersion]]:
        # Imported here: it is large, and few environments have inventories in this format.
        from arro3.io import read_parquet  # noqa: PLC0415

        remote = _RemoteFile(self._client, self._bucket, file.key, self._checked(file))
        with _panics(file, remote):
            batches = iter(read_parquet(cast("Any", remote), batch_size=_TOGETHER))
        while True:
            with _panics(file, remote):
                if (batch := next(batches, None)) is None:
                    return
                columns = {name: batch.column(name).to_pylist() for name in batch.column_names if name in _COLUMNS}
                versions = list(_versions(columns, batch.num_rows))
            yield versions

    def _checked(self, file: InventoryFile) -> str:
        """Compare a file with its MD5 in one pass, and return its ETag."""
        answer = self._client.get_object(Bucket=self._bucket, Key=file.key)
        with answer["Body"] as body:
            hashed = _Hashed(body)
            while hashed.read(_BLOCK_BYTES):
                pass
        _compare(file, hashed.md5.hexdigest())
        return str(answer["ETag"])


class _Hashed:
    """A stream whose bytes are hashed as they are read."""

    def __init__(self, body: StreamingBody) -> None:
        self._body = body
        self.md5 = hashlib.md5(usedforsecurity=False)

    def read(self, size: int = -1) -> bytes:
        data = bytes(self._body.read(size if size >= 0 else None))
        self.md5.update(data)
        return data


class _RemoteFile:
    """An object in S3 as a random-access file; the newest blocks are kept.

    `error` is the error of S3 that ended a read; the library that reads replaces it by its own.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, etag: str) -> None:
        self._client = client
        # Only the version that was compared with its MD5.
        self._object: dict[str, Any] = {"Bucket": bucket, "Key": key, "IfMatch": etag}
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._position = 0
        self._size: int | None = None
        self.error: Exception | None = None

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}.get(whence)
        self._position = offset + (self._length() if start is None else start)
        return self._position

    def read(self, size: int = -1) -> bytes:
        end = self._length() if size < 0 else min(self._position + size, self._length())
        found = bytearray()
        while self._position < end:
            number, within = divmod(self._position, _BLOCK_BYTES)
            piece = self._block(number)[within : within + end - self._position]
            found += piece
            self._position += len(piece)
        return bytes(found)

    def _length(self) -> int:
        if self._size is None:
            self._block(0)
        return self._size or 0

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            first = number * _BLOCK_BYTES
            try:
                answer = self._client.get_object(**self._object, Range=f"bytes={first}-{first + _BLOCK_BYTES - 1}")
                with answer["Body"] as body:
                    block = bytes(body.read())
            except (BotoCoreError, ClientError) as error:
                self.error = error
                raise
            self._size = int(answer["ContentRange"].rpartition("/")[2])
            self._blocks[number] = block
            while len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number]


@contextmanager
def _panics(file: InventoryFile, remote: _RemoteFile) -> Iterator[None]:
    """Turn an exception of the Parquet library into an error of the inventory, or of S3 if that was the cause."""
    try:
        yield
    # On some files the library panics: a BaseException whose class cannot be imported.
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        if remote.error is not None:
            raise remote.error from error
        raise InventoryError(f"the inventory file {file.key} cannot be read: {error}") from error


def _rows(columns: Sequence[str], rows: Iterable[list[str]]) -> Iterator[StoredVersion]:
    """Yield the versions of the rows of a CSV file; its keys are URL-encoded, with + for a blank."""
    key, size, storage_class = (columns.index(name) for name in ("Key", "Size", "StorageClass"))
    latest, marker = ((columns.index(name) if name in columns else None) for name in ("IsLatest", "IsDeleteMarker"))
    for row in rows:
        if marker is not None and row[marker] == _TRUE:
            continue
        yield StoredVersion(
            unquote_plus(row[key]),
            int(row[size] or 0),
            row[storage_class] or _STANDARD,
            latest is None or row[latest] == _TRUE,
        )


def _versions(columns: Mapping[str, Sequence[Any]], rows: int) -> Iterator[StoredVersion]:
    """Yield the versions of the rows of a Parquet file; its keys are not encoded."""
    keys, sizes, classes = (columns[name] for name in (_KEY, _SIZE, _CLASS))
    latest = columns.get(_LATEST, [True] * rows)
    markers = columns.get(_MARKER, [False] * rows)
    for key, size, storage_class, current, marker in zip(keys, sizes, classes, latest, markers, strict=True):
        if not marker:
            yield StoredVersion(key, size or 0, storage_class or _STANDARD, current is not False)


def _compare(file: InventoryFile, found: str) -> None:
    if file.md5 and file.md5 != found:
        raise InventoryError(f"the inventory file {file.key} has the MD5 {found} instead of {file.md5}")


def _date(name: str, folder: str) -> datetime | None:
    try:
        return datetime.strptime(name.removeprefix(folder).rstrip("/"), _FOLDER_NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
