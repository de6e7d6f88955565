import json
from datetime import UTC, datetime
from typing import Any

import pytest

from runtime.report.inventory import (
    MOST_FOLDERS,
    Amount,
    InventoryError,
    InventoryFormat,
    Storage,
    StoredVersion,
    inventory_of,
)
from tests.support.builders import NOW

MANIFEST: dict[str, Any] = {
    "sourceBucket": "acme-test-letters",
    "creationTimestamp": "1772355600000",
    "fileFormat": "CSV",
    "fileSchema": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, StorageClass",
    "files": [{"key": "inventory/x.csv.gz", "size": 7, "MD5checksum": "AB"}, {"key": "inventory/y.csv.gz"}],
}


def test_a_manifest_says_what_there_is_to_read() -> None:
    """Moment, format, columns and files with their MD5, where it is given."""
    inventory = inventory_of("m", MANIFEST)

    assert datetime(2026, 3, 1, 9, 0, tzinfo=UTC) == inventory.made
    assert (InventoryFormat.CSV, "IsLatest") == (inventory.format, inventory.columns[3])
    assert [("inventory/x.csv.gz", "ab"), ("inventory/y.csv.gz", "")] == [(one.key, one.md5) for one in inventory.files]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"files": None}, "is not one"),
        ({"creationTimestamp": "soon"}, "is not one"),
        ({"fileFormat": "ORC"}, "in the format ORC, which is not read"),
    ],
)
def test_what_cannot_be_read_says_why(change: dict[str, Any], reason: str) -> None:
    """The page will say it in these words."""
    with pytest.raises(InventoryError, match=reason):
        inventory_of("m", MANIFEST | change)


def test_storage_is_counted_by_class_and_first_level_folder() -> None:
    """Older versions are counted for themselves; a key without a slash is in no folder."""
    storage = Storage(made=NOW)
    storage.count(
        [
            StoredVersion("a/b/c", 5, "STANDARD", latest=True),
            StoredVersion("a/b/c", 4, "STANDARD", latest=False),
            StoredVersion("/x", 3, "GLACIER", latest=True),
            StoredVersion("top", 2, "STANDARD", latest=True),
        ]
    )

    assert {"STANDARD": Amount(2, 7, 1, 4), "GLACIER": Amount(1, 3)} == storage.classes
    assert {"a/": Amount(1, 5, 1, 4), "/": Amount(1, 3), "": Amount(1, 2)} == storage.folders
    assert Amount(3, 10, 1, 4) == storage.whole
    assert storage == Storage.from_document(json.loads(json.dumps(storage.document)))


def test_folders_without_end_do_not_fill_the_memory() -> None:
    """The largest are kept by name, all others together; nothing is lost from the sum."""
    storage = Storage(made=NOW)
    storage.count(StoredVersion(f"{number:06}/x", number, "STANDARD", latest=True) for number in range(20_000))
    storage.count([StoredVersion("large/x", 10**9, "STANDARD", latest=True)])

    assert len(storage.folders) <= 2 * MOST_FOLDERS
    assert 10**9 == storage.folders["large/"].size
    together = Amount()
    for amount in (*storage.folders.values(), storage.rest):
        together.add(amount)
    assert storage.whole == together
