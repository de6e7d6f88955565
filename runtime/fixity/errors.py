"""Why an object could not be read."""

from typing import Final

from runtime.fixity.objects import ObjectFacts
from runtime.shared.errors import DuraCloudError


class UnreadableError(DuraCloudError):
    """An object exists, but not all of its bytes could be read. This says nothing about the bytes."""


# Beginning of the text of a `ReadRefusedError`.
REFUSED: Final = "S3 refuses its bytes: "


class ReadRefusedError(UnreadableError):
    """S3 refuses the bytes of an object that it lists, and would refuse again (lesson L38).

    `lasting`: the object itself is the reason, as its storage class or encryption. Otherwise the service's permissions
    may be, which can be on their way.
    """

    def __init__(self, reason: str, *, lasting: bool) -> None:
        super().__init__(f"{REFUSED}{reason}")
        self.lasting = lasting


class OutOfTimeError(DuraCloudError):
    """An object does not fit the time left and is deferred, which is not a failure (L10)."""

    def __init__(self, message: str, facts: ObjectFacts) -> None:
        super().__init__(message)
        self.facts = facts
