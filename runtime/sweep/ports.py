"""Ports of the sweep.

Every method raises TransientError if the service does not answer and RefusedError if it refuses.
"""

from typing import Protocol

from runtime.fixity.records import RecordState
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed, Page
from runtime.sweep.judge import ListedObject


class RecordStates(Protocol):
    """Reads the part of fixity records that the sweep needs."""

    def page(self, bucket: str, after: str | None = None) -> Page[RecordState | Malformed]:
        """Return the next records of a bucket after a key, or from the start."""

    def exists(self, ref: ObjectRef) -> bool:
        """Tell by a consistent read whether there is a record."""


class ObjectList(Protocol):
    """S3's list of a bucket's objects."""

    def page(self, bucket: str, after: str | None = None) -> Page[ListedObject]:
        """Return the next current objects after a key, or from the start, in the order of their keys.

        There need be no object of that key. A missing bucket has no objects.
        """
