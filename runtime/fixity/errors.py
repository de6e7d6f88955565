"""Why an object could not be read."""

from runtime.fixity.objects import ObjectFacts
from runtime.shared.errors import DuraCloudError


class UnreadableError(DuraCloudError):
    """An object exists but its bytes could not be read to the end. This says nothing about the bytes."""


class OutOfTimeError(DuraCloudError):
    """An object does not fit the time that the function has left: it is put aside, which is not a failure (L10).

    Attributes:
        facts: what S3 said about the version.
    """

    def __init__(self, message: str, facts: ObjectFacts) -> None:
        """Say what did not fit, and what S3 said about the object."""
        super().__init__(message)
        self.facts = facts
