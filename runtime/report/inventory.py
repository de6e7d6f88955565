"""S3 Inventory: its manifest, and the storage that its lists add up to."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

import attrs

from runtime.shared.errors import DuraCloudError
from runtime.shared.timestamps import moment_of, timestamp

# Folders counted separately: enough for people, few enough for memory and notes.
MOST_FOLDERS: Final = 1_000


class InventoryFormat(StrEnum):
    """Formats that are read; the service does not request S3's third one, ORC."""

    CSV = "CSV"
    PARQUET = "Parquet"


class InventoryError(DuraCloudError):
    """An inventory cannot be used: it is incomplete, damaged or of an unknown form. The text tells people why."""


@attrs.frozen(kw_only=True)
class InventoryFile:
    """A file of an inventory."""

    key: str  # in the managed bucket
    md5: str  # hexadecimal, from the manifest; empty if it has none


@attrs.frozen(kw_only=True)
class Inventory:
    """The manifest of an inventory."""

    manifest: str  # key
    made: datetime  # when S3 began the inventory, UTC
    format: InventoryFormat
    columns: tuple[str, ...]  # in order; empty if the files name them
    files: tuple[InventoryFile, ...]


class StoredVersion(NamedTuple):
    """A version of an object in an inventory. Delete markers are left out."""

    key: str
    size: int
    storage_class: str
    latest: bool


def inventory_of(manifest: str, document: Mapping[str, Any]) -> Inventory:
    """Return the inventory of a manifest, by its key and content.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html

    Raises:
        InventoryError: it is no manifest, or one of a format that is not read.
    """
    try:
        made = datetime.fromtimestamp(int(document["creationTimestamp"]) / 1_000, UTC)
        kind = str(document["fileFormat"])
        schema = str(document["fileSchema"])
        files = tuple(
            InventoryFile(key=str(file["key"]), md5=str(file.get("MD5checksum", "")).lower())
            for file in document["files"]
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InventoryError(f"the manifest {manifest} is not one: {error!r}") from error
    try:
        found = InventoryFormat(kind)
    except ValueError as error:
        raise InventoryError(f"the inventory {manifest} is in the format {kind}, which is not read") from error
    columns = tuple(name.strip() for name in schema.split(",")) if found is InventoryFormat.CSV else ()
    return Inventory(manifest=manifest, made=made, format=found, columns=columns, files=files)


@attrs.define
class Amount:
    """Some storage."""

    objects: int = 0  # current versions
    size: int = 0  # their bytes
    older: int = 0  # replaced and deleted versions that S3 still keeps
    older_size: int = 0  # their bytes

    def add(self, other: "Amount") -> None:
        """Add another amount."""
        self.objects += other.objects
        self.size += other.size
        self.older += other.older
        self.older_size += other.older_size

    @property
    def whole_size(self) -> int:
        """Bytes of all versions."""
        return self.size + self.older_size


@attrs.define(kw_only=True)
class Storage:
    """What a bucket stores."""

    made: datetime  # when S3 began the inventory, UTC
    classes: dict[str, Amount] = attrs.field(factory=dict)  # by storage class
    # by the key up to its first slash, empty without one; only the largest
    folders: dict[str, Amount] = attrs.field(factory=dict)
    rest: Amount = attrs.field(factory=Amount)  # all other folders

    def count(self, versions: Iterable[StoredVersion]) -> None:
        """Add versions, in memory that does not grow with their number."""
        classes, folders = self.classes, self.folders
        for key, size, storage_class, latest in versions:
            folder, slash, _ = key.partition("/")
            name = folder + slash if slash else ""
            if (by_class := classes.get(storage_class)) is None:
                by_class = classes[storage_class] = Amount()
            if (by_folder := folders.get(name)) is None:
                by_folder = folders[name] = Amount()
                if len(folders) > 2 * MOST_FOLDERS:
                    self._fold()
                    by_folder = folders.setdefault(name, Amount())
            if latest:
                by_class.objects += 1
                by_class.size += size
                by_folder.objects += 1
                by_folder.size += size
            else:
                by_class.older += 1
                by_class.older_size += size
                by_folder.older += 1
                by_folder.older_size += size

    @property
    def whole(self) -> Amount:
        """The sum."""
        whole = Amount()
        for amount in self.classes.values():
            whole.add(amount)
        return whole

    @property
    def document(self) -> dict[str, Any]:
        """The storage as JSON values."""
        return {
            "inventory_made": timestamp(self.made, "auto"),
            "classes": {name: attrs.asdict(amount) for name, amount in sorted(self.classes.items())},
            "folders": {name: attrs.asdict(amount) for name, amount in sorted(self.folders.items())},
            "other_folders": attrs.asdict(self.rest),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the storage that `document` wrote."""
        return cls(
            made=moment_of(document["inventory_made"]),
            classes={name: Amount(**amount) for name, amount in document["classes"].items()},
            folders={name: Amount(**amount) for name, amount in document["folders"].items()},
            rest=Amount(**document["other_folders"]),
        )

    def _fold(self) -> None:
        """Keep the largest folders and add the others to the rest."""
        by_size = sorted(self.folders, key=lambda name: (-self.folders[name].whole_size, name))
        for name in by_size[MOST_FOLDERS:]:
            self.rest.add(self.folders.pop(name))
