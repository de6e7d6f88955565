"""Errors that every feature knows."""


class DuraCloudError(Exception):
    """Base of this package's errors."""


class TransientError(DuraCloudError):
    """A service did not answer (throttled, broken connection, 5xx); the message goes back to its queue."""


class ThrottledError(TransientError):
    """A service wants fewer calls; the message is sent anew with a delay, which does not count as a failure (L47)."""


class RefusedError(DuraCloudError):
    """A service refused (no permission, invalid request) and would refuse again; somebody must act."""


class ObjectAbsentError(DuraCloudError):
    """S3 has no such object or version. `delete_marker`: S3 said that the current version is a delete marker."""

    def __init__(self, message: str, *, delete_marker: bool = False) -> None:
        super().__init__(message)
        self.delete_marker = delete_marker


class MalformedMessageError(DuraCloudError):
    """A message does not have the documented form. A retry cannot help; it ends in the dead-letter queue."""
