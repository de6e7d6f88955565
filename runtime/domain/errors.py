"""The errors that cross a port: adapters raise them, use cases and handlers decide on them."""

import attrs


class DuraCloudError(Exception):
    """Base of the errors that this package raises on purpose."""


class TransientError(DuraCloudError):
    """A service did not answer this time (throttled, broken connection, 5xx): the work goes back to its queue."""


class RefusedError(DuraCloudError):
    """A service answered no, and would say so again (no permission, invalid request): a person must look."""


@attrs.frozen(str=True)
class ObjectAbsentError(DuraCloudError):
    """S3 has no such object or version.

    Attributes:
        delete_marker: True where S3 said that the current version is a delete marker.
    """

    delete_marker: bool = False


class UnreadableError(DuraCloudError):
    """An object exists but its bytes could not be read to the end. This says nothing about the bytes."""


class MalformedMessageError(DuraCloudError):
    """A message does not have the documented form: retrying cannot help, its queue sets it aside."""
