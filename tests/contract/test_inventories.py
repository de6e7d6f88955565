import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import attrs
import pytest
from arro3.core import Array, DataType, RecordBatch, RecordBatchReader
from arro3.io import write_parquet

from runtime.adapters.clients import client
from runtime.adapters.s3_inventories import S3Inventories
from runtime.domain.errors import TransientError
from runtime.domain.inventory import InventoryError, StoredVersion

MANAGED = "acme-test-managed"
BUCKET = "acme-test-letters"
FOLDER = f"inventory/{BUCKET}/daily/"
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
EXPECTED = [
    StoredVersion(one.key, one.size or 0, one.storage_class or "", one.latest) for one in ROWS if not one.marker
]


def _csv(rows: Sequence[Row]) -> bytes:
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


def _parquet(rows: Sequence[Row]) -> bytes:
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


WRITERS: dict[str, Callable[[Sequence[Row]], bytes]] = {"CSV": _csv, "Parquet": _parquet}


class Written:
    """Inventories as S3 writes them."""

    def __init__(self, s3: Any) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        self.s3 = s3

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=MANAGED, Key=key, Body=body)

    def inventory(
        self,
        moment: datetime,
        files: dict[str, bytes],
        kind: str = "CSV",
        *,
        md5: str | None = None,
        complete: bool = True,
    ) -> str:
        """Write an inventory and return the folder of its manifest."""
        for name, body in files.items():
            self.put(f"{FOLDER}data/{name}", body)
        manifest = {
            "sourceBucket": BUCKET,
            "destinationBucket": f"arn:aws:s3:::{MANAGED}",
            "version": "2016-11-30",
            "creationTimestamp": str(int(moment.timestamp() * 1000)),
            "fileFormat": kind,
            "fileSchema": SCHEMA if kind == "CSV" else "message s3.inventory { required binary bucket (UTF8); }",
            "files": [
                {"key": f"{FOLDER}data/{name}", "size": len(body), "MD5checksum": md5 or _md5(body)}
                for name, body in files.items()
            ],
        }
        folder = f"{FOLDER}{moment:%Y-%m-%dT%H-%MZ}/"
        body = json.dumps(manifest).encode()
        self.put(f"{folder}manifest.json", body)
        if complete:
            self.put(f"{folder}manifest.checksum", f"{_md5(body)}\n".encode())
        return folder


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


@pytest.fixture
def written(aws: None) -> Iterator[Written]:  # noqa: ARG001 (moto)
    """A managed bucket for S3 to write to."""
    s3 = client("s3", region="us-east-1")
    s3.create_bucket(Bucket=MANAGED)
    yield Written(s3)
    s3.close()


def _day(day: int, hour: int = 1) -> datetime:
    return datetime(2026, 2, day, hour, tzinfo=UTC)


def _read(inventories: S3Inventories) -> list[StoredVersion]:
    inventory = inventories.newest(BUCKET)
    assert inventory is not None
    assert inventory == inventories.read(inventory.manifest)
    return [one for file in inventory.files for some in inventories.versions(inventory, file) for one in some]


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_l20_keys_of_an_inventory_are_those_of_the_objects(written: Written, kind: str) -> None:
    """Keys are decoded in CSV, where S3 encodes them, and taken as they are in Parquet; delete markers are none."""
    write = WRITERS[kind]
    written.inventory(_day(3), {"1": write(ROWS[:3]), "2": write(ROWS[3:])}, kind)

    assert EXPECTED == _read(S3Inventories(written.s3, MANAGED))


def test_l32_the_newest_complete_inventory_counts(written: Written) -> None:
    """One that S3 is still writing does not, nor does a folder of another kind, whatever its name."""
    good = written.inventory(_day(9), {"a": _csv([Row("old")])})
    written.inventory(_day(1), {"b": _csv([Row("older")])})
    written.inventory(_day(10), {"c": _csv([Row("unfinished")])}, complete=False)
    torn = written.inventory(_day(11), {"d": _csv([Row("torn")])})
    written.put(f"{torn}manifest.json", b'{"files": []}')
    written.put(f"{FOLDER}hive/dt=2026-02-12-01-00/symlink.txt", b"")
    written.put(f"{FOLDER}zzz/manifest.json", b"{}")
    inventories = S3Inventories(written.s3, MANAGED)

    newest = inventories.newest(BUCKET)
    assert newest is not None
    assert (f"{good}manifest.json", _day(9)) == (newest.manifest, newest.made)
    assert ["old"] == [one.key for one in _read(inventories)]


def test_a_bucket_without_an_inventory_has_none(written: Written) -> None:
    """S3 takes up to two days to write the first; that of another bucket is not taken for it."""
    written.inventory(_day(3), {"a": _csv(ROWS)})

    assert S3Inventories(written.s3, MANAGED).newest(f"{BUCKET}-2") is None


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_a_file_that_is_not_what_the_manifest_says_is_refused(written: Written, kind: str) -> None:
    """Its MD5 is compared with the manifest's."""
    written.inventory(_day(3), {"a": WRITERS[kind](ROWS)}, kind, md5="0" * 32)

    with pytest.raises(InventoryError, match=r"data/a has the MD5 [0-9a-f]{32} instead of 0{32}"):
        _read(S3Inventories(written.s3, MANAGED))


@pytest.mark.parametrize("kind", sorted(WRITERS))
@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_damaged_file_is_refused_without_an_md5_too(written: Written, kind: str, damage: str) -> None:
    """What cannot be read to its end is not counted in part; the process goes on."""
    body = WRITERS[kind]([Row(f"key-{number}") for number in range(2_000)])
    body = body[: len(body) // 2] if damage == "cut" else b"something else entirely"
    written.inventory(_day(3), {"a": body}, kind, md5="")
    folder = f"{FOLDER}2026-02-03T01-00Z/"
    manifest = json.loads(written.s3.get_object(Bucket=MANAGED, Key=f"{folder}manifest.json")["Body"].read())
    del manifest["files"][0]["MD5checksum"]
    content = json.dumps(manifest).encode()
    written.put(f"{folder}manifest.json", content)
    written.put(f"{folder}manifest.checksum", _md5(content).encode())

    with pytest.raises(InventoryError, match="data/a cannot be read"):
        _read(S3Inventories(written.s3, MANAGED))


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_a_file_that_is_gone_is_said(written: Written, kind: str) -> None:
    """Inventories expire; the page says why there are no figures."""
    written.inventory(_day(3), {"a": WRITERS[kind](ROWS)}, kind)
    written.s3.delete_object(Bucket=MANAGED, Key=f"{FOLDER}data/a")

    with pytest.raises(InventoryError, match="data/a is gone"):
        _read(S3Inventories(written.s3, MANAGED))


def test_a_manifest_that_is_gone_is_said(written: Written) -> None:
    """A continuation may find that the inventory expired meanwhile."""
    with pytest.raises(InventoryError, match="is gone"):
        S3Inventories(written.s3, MANAGED).read(f"{FOLDER}2026-02-03T01-00Z/manifest.json")


def test_l03_a_busy_service_is_no_damaged_inventory(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttling in the middle of a Parquet file sends the work back to its queue."""
    written.inventory(_day(3), {"a": _parquet(ROWS)}, "Parquet")
    asked = []
    real = written.s3.get_object

    def busy(**request: Any) -> Any:  # noqa: ANN401 (boto3's answers)
        if "Range" in request:
            asked.append(request["Range"])
            error = {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
            raise written.s3.exceptions.ClientError(error, "GetObject")
        return real(**request)

    monkeypatch.setattr(written.s3, "get_object", busy)

    with pytest.raises(TransientError, match="SlowDown"):
        _read(S3Inventories(written.s3, MANAGED))
    assert asked
