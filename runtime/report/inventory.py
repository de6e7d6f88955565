"""S3 Inventory: what its manifest says, and the storage that its lists add up to."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

import attrs

from runtime.shared.errors import DuraCloudError
from runtime.shared.timestamps import moment_of, timestamp

# Folders that are counted each for itself: enough for people, few enough for memory and for a file of notes.
MOST_FOLDERS: Final = 1_000
_MILLISECONDS: Final = 1_000


class InventoryFormat(StrEnum):
    """The formats that are read. S3 writes a third one, ORC, which the service does not ask for."""

    CSV = "CSV"
    PARQUET = "Parquet"


class InventoryError(DuraCloudError):
    """An inventory cannot be used: it is incomplete, damaged or of an unknown form. The text says why, for people."""


@attrs.frozen(kw_only=True)
class InventoryFile:
    """A file of an inventory.

    Attributes:
        key: its key in the managed bucket.
        md5: its MD5 in hexadecimal, as the manifest says; empty where it does not.
    """

    key: str
    md5: str


@attrs.frozen(kw_only=True)
class Inventory:
    """What the manifest of an inventory says.

    Attributes:
        manifest: key of the manifest.
        made: when S3 began the inventory, UTC.
        format: of its files.
        columns: of its files, in order; empty where the files say it themselves.
        files: its files.
    """

    manifest: str
    made: datetime
    format: InventoryFormat
    columns: tuple[str, ...]
    files: tuple[InventoryFile, ...]


class StoredVersion(NamedTuple):
    """A version of an object, as an inventory lists it. Delete markers are none."""

    key: str
    size: int
    storage_class: str
    latest: bool


def inventory_of(manifest: str, document: Mapping[str, Any]) -> Inventory:
    """Return what a manifest says.

    See https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html

    Args:
        manifest: its key.
        document: its content.

    Raises:
        InventoryError: it is no manifest, or one of a format that is not read.
    """
    try:
        made = datetime.fromtimestamp(int(document["creationTimestamp"]) / _MILLISECONDS, UTC)
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
    """Some storage.

    Attributes:
        objects: current versions.
        size: their bytes.
        older: replaced and deleted versions that are still kept.
        older_size: their bytes.
    """

    objects: int = 0
    size: int = 0
    older: int = 0
    older_size: int = 0

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
    """What a bucket stores.

    Attributes:
        made: when the inventory was begun, UTC.
        classes: amounts by storage class.
        folders: amounts by the part of the key up to its first slash, empty where there is none; of very many only
            the largest are kept.
        rest: the amount of all other folders.
    """

    made: datetime
    classes: dict[str, Amount] = attrs.field(factory=dict)
    folders: dict[str, Amount] = attrs.field(factory=dict)
    rest: Amount = attrs.field(factory=Amount)

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
        """Keep the largest folders by themselves and put the others together."""
        by_size = sorted(self.folders, key=lambda name: (-self.folders[name].whole_size, name))
        for name in by_size[MOST_FOLDERS:]:
            self.rest.add(self.folders.pop(name))
