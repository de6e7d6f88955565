"""Ports that several features need.

Every method that calls a service raises TransientError if it does not answer and RefusedError if it refuses.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar


class Message(Protocol):
    """A value that travels through a queue as JSON."""

    @property
    def message(self) -> Mapping[str, Any]:
        """The JSON object."""


M_contra = TypeVar("M_contra", bound=Message, contravariant=True)


class Queue(Protocol[M_contra]):
    """A queue of work."""

    def send(self, messages: Sequence[M_contra]) -> None:
        """Send messages. After an error some of them may have been sent."""


class OwnQueue(Protocol):
    """The queue that a function works on."""

    def send_again(self, body: str, attributes: Mapping[str, int], delay_seconds: int) -> None:
        """Send a message that a function received once more, with these numbers as its message attributes.

        It is delivered after the delay, of 900 seconds at most.
        """


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""


class MainBuckets(Protocol):
    """Lists the buckets of the managed objects."""

    def names(self) -> list[str]:
        """Return the names of the environment's main buckets, in order."""


class Documents(Protocol):
    """JSON documents in the managed bucket: notes and results of work that is done in slices."""

    def names(self, folder: str) -> set[str]:
        """Return the keys of the files in a folder."""

    def read(self, key: str) -> Mapping[str, Any] | None:
        """Return a document, None if there is none."""

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        """Write a document, or overwrite it."""

    def write_once(self, key: str, document: Mapping[str, Any]) -> bool:
        """Write a document unless it exists; return whether it was written."""
