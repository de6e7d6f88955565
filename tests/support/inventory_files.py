"""Files of S3 inventories, as S3 writes them."""

import csv
import gzip
import hashlib
import io
from collections.abc import Callable, Sequence
from urllib.parse import quote_plus

import attrs
from arro3.core import Array, DataType, RecordBatch, RecordBatchReader
from arro3.io import write_parquet

from runtime.report.inventory import StoredVersion

BUCKET = "acme-test-letters"
SCHEMA = (
    "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, ReplicationStatus, "
    "ChecksumAlgorithm"
)
KEYS = ("box 1/a+b.txt", "ä/%2F 100%.txt", "=1+1", "日本/資料 😀", 'a"b,c\nd', "plain")


@attrs.frozen
class Row:
    """A line of an inventory."""

    key: str
    size: int | None = 5
    storage_class: str | None = "STANDARD"
    latest: bool = True
    marker: bool = False


ROWS = (
    *(Row(key) for key in KEYS),
    Row("plain", size=4, storage_class="GLACIER", latest=False),
    Row("gone", size=None, storage_class=None, marker=True),
)
VERSIONS = [
    StoredVersion(one.key, one.size or 0, one.storage_class or "", one.latest) for one in ROWS if not one.marker
]


def as_csv(rows: Sequence[Row]) -> bytes:
    """Return a file as S3 writes it: all fields quoted, keys URL-encoded, no header."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for one in rows:
        cells = (BUCKET, quote_plus(one.key, safe="/"), "v1", str(one.latest).lower(), str(one.marker).lower())
        size = "" if one.size is None else one.size
        writer.writerow(
            (*cells, size, "2026-02-01T00:00:00.000Z", "e", one.storage_class or "", "COMPLETED", "CRC64NVME")
        )
    return gzip.compress(text.getvalue().encode())


def as_parquet(rows: Sequence[Row]) -> bytes:
    """Return a file with the columns that S3 gives it, keys as they are."""
    batch = RecordBatch.from_pydict(
        {
            "bucket": Array([BUCKET] * len(rows), DataType.utf8()),
            "key": Array([one.key for one in rows], DataType.utf8()),
            "version_id": Array(["v1"] * len(rows), DataType.utf8()),
            "is_latest": Array([one.latest for one in rows], DataType.bool()),
            "is_delete_marker": Array([one.marker for one in rows], DataType.bool()),
            "size": Array([one.size for one in rows], DataType.int64()),
            "e_tag": Array([hashlib.sha256(one.key.encode()).hexdigest() for one in rows], DataType.utf8()),
            "storage_class": Array([one.storage_class for one in rows], DataType.utf8()),
        }
    )
    file = io.BytesIO()
    write_parquet(RecordBatchReader.from_batches(batch.schema, [batch]), file, compression="snappy")
    return file.getvalue()


WRITERS: dict[str, Callable[[Sequence[Row]], bytes]] = {"CSV": as_csv, "Parquet": as_parquet}


def md5_of(body: bytes) -> str:
    """Return the MD5 of a file in hexadecimal."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
