"""Errors that every feature knows."""


class DuraCloudError(Exception):
    """Base of the errors that this package raises on purpose."""


class TransientError(DuraCloudError):
    """A service did not answer this time (throttled, broken connection, 5xx): the work goes back to its queue."""


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


class MalformedMessageError(DuraCloudError):
    """A message does not have the documented form: retrying cannot help, its queue sets it aside."""
