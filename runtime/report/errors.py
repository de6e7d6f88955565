"""Why a report could not be written."""

from runtime.shared.errors import DuraCloudError


class UploadGoneError(DuraCloudError):
    """A file that was being written in parts cannot be finished: the upload is gone, or its parts are others."""
