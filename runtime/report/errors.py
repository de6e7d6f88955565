"""Why a report could not be written."""

from runtime.shared.errors import DuraCloudError


class UploadGoneError(DuraCloudError):
    """A multipart upload cannot be finished: it is missing, or its parts changed."""
