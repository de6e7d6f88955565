"""What the sweep needs of the world outside."""

from typing import Protocol

from runtime.fixity.records import RecordState
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed, Page
from runtime.sweep.judge import ListedObject


class RecordStates(Protocol):
    """Reads of fixity records what the sweep needs."""

    def page(self, bucket: str, after: str | None = None) -> Page[RecordState | Malformed]:
        """Return the next records of a bucket. Arguments and errors as of `RecordPages.page`."""
        ...

    def exists(self, ref: ObjectRef) -> bool:
        """Tell by a consistent read whether there is a record.

        Raises:
            TransientError: the table did not answer.
            RefusedError: the table refused.
        """
        ...


class ObjectList(Protocol):
    """S3's own list of a bucket's objects."""

    def page(self, bucket: str, after: str | None = None) -> Page[ListedObject]:
        """Return the next current objects of a bucket, in the order of their keys; none where there is no such bucket.

        Args:
            bucket: the bucket.
            after: the key after which to begin, whether there is an object of that key or not; from the start when
                not given.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...
