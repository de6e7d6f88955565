"""Ports that several features need."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar


class Message(Protocol):
    """A value that travels through a queue as JSON."""

    @property
    def message(self) -> Mapping[str, Any]:
        """The JSON object."""
        ...


M_contra = TypeVar("M_contra", bound=Message, contravariant=True)


class Queue(Protocol[M_contra]):
    """A queue of work."""

    def send(self, messages: Sequence[M_contra]) -> None:
        """Put messages into the queue.

        Raises:
            TransientError: some were not taken this time, others may have been.
            RefusedError: some were refused, and would be again.
        """
        ...


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...


class MainBuckets(Protocol):
    """Knows the buckets whose objects are under care."""

    def names(self) -> list[str]:
        """Return the names of the main buckets of the environment, in order.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...


class Documents(Protocol):
    """JSON documents in the managed bucket: what work that goes on in slices notes for itself, and what it finds."""

    def names(self, folder: str) -> set[str]:
        """Return the keys of the files in a folder.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def read(self, key: str) -> Mapping[str, Any] | None:
        """Return a document, None where there is none. Errors as of `names`."""
        ...

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        """Write a document, over another one if need be. Errors as of `names`."""
        ...

    def write_once(self, key: str, document: Mapping[str, Any]) -> bool:
        """Write a document unless there is one. Errors as of `names`.

        Returns:
            Whether it was written.
        """
        ...
