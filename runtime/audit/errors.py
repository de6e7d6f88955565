"""Errors of the audit trail."""

from runtime.shared.errors import DuraCloudError


class BrokenTrailError(DuraCloudError):
    """A file of the audit trail is not what it should be; the text names the file and the reason."""
