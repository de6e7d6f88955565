"""What the work on a bucket notes between two slices of a report."""

from collections.abc import Mapping
from typing import Any, Final, Self

import attrs

from runtime.report.count import ReportCount
from runtime.report.inventory import Storage

# S3 takes 10,000 parts of one file, each but the last of 5 MiB at least
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). Parts that grow let a file of 440 GB fit, about
# 10^9 objects, while that of an ordinary bucket needs 8 MiB of memory.
_PART_BYTES: Final = 8 * 1024 * 1024
_PARTS_OF_A_SIZE: Final = 1_000


def part_bytes(number: int) -> int:
    """Return how large a part has to be before it is sent.

    Args:
        number: the part's number, from 1.
    """
    return _PART_BYTES * (1 + (number - 1) // _PARTS_OF_A_SIZE)


@attrs.frozen(kw_only=True)
class Upload:
    """A file that is being written in parts.

    Attributes:
        key: its key.
        upload_id: S3's name of the upload.
        etags: S3's tags of the parts that were sent, in order.
    """

    key: str
    upload_id: str
    etags: tuple[str, ...] = ()

    def with_part(self, etag: str) -> "Upload":
        """Return the upload after another part."""
        return attrs.evolve(self, etags=(*self.etags, etag))


@attrs.frozen(kw_only=True)
class BucketNotes:
    """How far the work on a bucket has come.

    Attributes:
        uploads: the lists that are being written; none before the first part and after the last.
        after: the key after which the next part of the list begins; None at the start.
        listed: whether the lists are complete.
        count: what was counted in the parts that were sent.
        manifest: the inventory that is being added up, empty where none is.
        files_done: how many of its files were added up.
        storage: what they add up to; None where there is no inventory.
        problem: why there is no storage although there is an inventory; empty where there is no problem.
        restarts: how often the lists had to be begun again.
    """

    uploads: tuple[Upload, ...] = ()
    after: str | None = None
    listed: bool = False
    count: ReportCount = attrs.field(factory=ReportCount)
    manifest: str = ""
    files_done: int = 0
    storage: Storage | None = None
    problem: str = ""
    restarts: int = 0

    @property
    def document(self) -> dict[str, Any]:
        """The notes as JSON values."""
        return {
            "uploads": [attrs.asdict(upload) for upload in self.uploads],
            "after": self.after,
            "listed": self.listed,
            "count": self.count.document,
            "manifest": self.manifest,
            "files_done": self.files_done,
            "storage": None if self.storage is None else self.storage.document,
            "problem": self.problem,
            "restarts": self.restarts,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the notes that `document` wrote."""
        storage = document["storage"]
        return cls(
            uploads=tuple(
                Upload(key=one["key"], upload_id=one["upload_id"], etags=tuple(one["etags"]))
                for one in document["uploads"]
            ),
            after=document["after"],
            listed=document["listed"],
            count=ReportCount.from_document(document["count"]),
            manifest=document["manifest"],
            files_done=document["files_done"],
            storage=None if storage is None else Storage.from_document(storage),
            problem=document["problem"],
            restarts=document["restarts"],
        )
