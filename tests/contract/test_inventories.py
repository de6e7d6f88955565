import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from runtime.adapters.s3_inventories import S3Inventories
from runtime.report.inventory import InventoryError, StoredVersion
from runtime.shared.errors import TransientError
from tests.contract.buckets import in_small_pages, with_buckets
from tests.support.inventory_files import BUCKET, ROWS, SCHEMA, VERSIONS, WRITERS, Row, as_csv, as_parquet, md5_of

MANAGED = "acme-test-managed"
FOLDER = f"inventory/{BUCKET}/daily/"


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
        """Write an inventory, without digests of its files if `md5` is empty; return the folder of its manifest."""
        for name, body in files.items():
            self.put(f"{FOLDER}data/{name}", body)
        manifest: dict[str, Any] = {
            "sourceBucket": BUCKET,
            "destinationBucket": f"arn:aws:s3:::{MANAGED}",
            "version": "2016-11-30",
            "creationTimestamp": str(int(moment.timestamp() * 1000)),
            "fileFormat": kind,
            "fileSchema": SCHEMA if kind == "CSV" else "message s3.inventory { required binary bucket (UTF8); }",
            "files": [
                {"key": f"{FOLDER}data/{name}", "size": len(body), "MD5checksum": md5 or md5_of(body)}
                for name, body in files.items()
            ],
        }
        if md5 == "":
            for file in manifest["files"]:
                del file["MD5checksum"]
        folder = f"{FOLDER}{moment:%Y-%m-%dT%H-%MZ}/"
        body = json.dumps(manifest).encode()
        self.put(f"{folder}manifest.json", body)
        if complete:
            self.put(f"{folder}manifest.checksum", f"{md5_of(body)}\n".encode())
        return folder


@pytest.fixture
def written(aws: None) -> Iterator[Written]:  # noqa: ARG001 (moto)
    s3 = in_small_pages(with_buckets(MANAGED))
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

    assert VERSIONS == _read(S3Inventories(written.s3, MANAGED))


def test_l32_the_newest_complete_inventory_counts(written: Written) -> None:
    """One that S3 is still writing does not, nor does a folder of another kind, whatever its name."""
    good = written.inventory(_day(9), {"a": as_csv([Row("old")])})
    written.inventory(_day(1), {"b": as_csv([Row("older")])})
    written.inventory(_day(10), {"c": as_csv([Row("unfinished")])}, complete=False)
    torn = written.inventory(_day(11), {"d": as_csv([Row("torn")])})
    written.put(f"{torn}manifest.json", b'{"files": []}')
    written.put(f"{FOLDER}hive/dt=2026-02-12-01-00/symlink.txt", b"")
    written.put(f"{FOLDER}zzz/manifest.json", b"{}")
    inventories = S3Inventories(written.s3, MANAGED)

    newest = inventories.newest(BUCKET)
    assert newest is not None
    assert (f"{good}manifest.json", _day(9)) == (newest.manifest, newest.made)
    assert ["old"] == [one.key for one in _read(inventories)]


def test_l55_the_newest_of_many_pages_of_inventories_counts(written: Written) -> None:
    """S3 lists the folders by their names, a page at a time; the newest is on the last one."""
    for day in range(1, 8):
        written.inventory(_day(day), {f"{day}": as_csv([Row(f"of day {day}")])})

    assert ["of day 7"] == [one.key for one in _read(S3Inventories(written.s3, MANAGED))]


def test_a_bucket_without_an_inventory_has_none(written: Written) -> None:
    """S3 takes up to two days to write the first; that of another bucket is not taken for it."""
    written.inventory(_day(3), {"a": as_csv(ROWS)})

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
    written.inventory(_day(3), {"a": as_parquet(ROWS)}, "Parquet")
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
