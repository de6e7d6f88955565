"""Why an object could not be read."""

from runtime.fixity.objects import ObjectFacts
from runtime.shared.errors import DuraCloudError


class UnreadableError(DuraCloudError):
    """An object exists, but not all of its bytes could be read. This says nothing about the bytes."""


class OutOfTimeError(DuraCloudError):
    """An object does not fit the time left and is deferred, which is not a failure (L10)."""

    def __init__(self, message: str, facts: ObjectFacts) -> None:
        super().__init__(message)
        self.facts = facts
