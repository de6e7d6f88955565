"""The errors that cross a port: adapters raise them, use cases and handlers decide on them."""

from runtime.domain.objects import ObjectFacts


class DuraCloudError(Exception):
    """Base of the errors that this package raises on purpose."""


class TransientError(DuraCloudError):
    """A service did not answer this time (throttled, broken connection, 5xx): the work goes back to its queue."""


class SettlingError(TransientError):
    """A new bucket stays closed until S3 has taken its configuration in: the work goes on at the next receive."""


class RefusedError(DuraCloudError):
    """A service answered no, and would say so again (no permission, invalid request): a person must look."""


class ObjectAbsentError(DuraCloudError):
    """S3 has no such object or version.

    Attributes:
        delete_marker: True where S3 said that the current version is a delete marker.
    """

    def __init__(self, message: str, *, delete_marker: bool = False) -> None:
        """Say what is absent, and whether S3 shows a delete marker in its place."""
        super().__init__(message)
        self.delete_marker = delete_marker


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


class NameTakenError(DuraCloudError):
    """A bucket of that name belongs to somebody else."""


class BrokenTrailError(DuraCloudError):
    """A file of the audit trail is not what it should be; the text says which and why."""


class MalformedMessageError(DuraCloudError):
    """A message does not have the documented form: retrying cannot help, its queue sets it aside."""


class UploadGoneError(DuraCloudError):
    """A file that was being written in parts cannot be finished: the upload is gone, or its parts are others."""
