"""Notes between two slices of a report on one bucket."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

import attrs

from runtime.report.count import ReportCount
from runtime.report.inventory import Storage

# S3 allows 10,000 parts of one file, each but the last at least 5 MiB
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). Growing parts allow a file of 440 GB, about 10^9
# objects, and an ordinary bucket needs only 8 MiB of memory.
_PART_BYTES: Final = 8 * 1024 * 1024
_PARTS_OF_A_SIZE: Final = 1_000


def part_bytes(number: int) -> int:
    """Return the minimum size of a part; part numbers begin at 1."""
    return _PART_BYTES * (1 + (number - 1) // _PARTS_OF_A_SIZE)


@attrs.frozen(kw_only=True)
class Upload:
    """A multipart upload."""

    key: str
    upload_id: str  # S3's name of the upload
    etags: tuple[str, ...] = ()  # of the parts sent, in order

    def with_part(self, etag: str) -> "Upload":
        """Return the upload after another part."""
        return attrs.evolve(self, etags=(*self.etags, etag))


@attrs.frozen(kw_only=True)
class BucketNotes:
    """How far the work on a bucket is."""

    uploads: tuple[Upload, ...] = ()  # of the lists; empty before the first part and after the last
    sums: tuple[Upload, ...] = ()  # of the files for `sha256sum`; likewise
    sums_unsent: str = ""  # their lines up to `after` that are too few for a part
    after: str | None = None  # the next part of the list begins after this key; None at the start
    listed: bool = False  # the lists are complete
    count: ReportCount = attrs.field(factory=ReportCount)  # of the parts sent
    manifest: str = ""  # of the inventory; empty if none is being read
    files_done: int = 0  # inventory files added up
    storage: Storage | None = None  # sum of these files; None without an inventory
    problem: str = ""  # why an existing inventory could not be used
    restarts: int = 0  # how often the lists were begun again

    @property
    def all_uploads(self) -> tuple[Upload, ...]:
        """The uploads of all files."""
        return (*self.uploads, *self.sums)

    @property
    def document(self) -> dict[str, Any]:
        """The notes as JSON values."""
        return attrs.asdict(self, recurse=False) | {
            "uploads": [attrs.asdict(upload) for upload in self.uploads],
            "sums": [attrs.asdict(upload) for upload in self.sums],
            "count": self.count.document,
            "storage": None if self.storage is None else self.storage.document,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the notes that `document` wrote."""
        storage = document["storage"]
        return cls(
            uploads=_uploads(document["uploads"]),
            # Notes from before a software update lack these.
            sums=_uploads(document.get("sums", ())),
            sums_unsent=document.get("sums_unsent", ""),
            after=document["after"],
            listed=document["listed"],
            count=ReportCount.from_document(document["count"]),
            manifest=document["manifest"],
            files_done=document["files_done"],
            storage=None if storage is None else Storage.from_document(storage),
            problem=document["problem"],
            restarts=document["restarts"],
        )


def _uploads(documents: Iterable[Mapping[str, Any]]) -> tuple[Upload, ...]:
    return tuple(Upload(key=one["key"], upload_id=one["upload_id"], etags=tuple(one["etags"])) for one in documents)
