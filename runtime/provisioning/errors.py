"""Why a bucket could not be made."""

from runtime.shared.errors import DuraCloudError, TransientError


class SettlingError(TransientError):
    """A new bucket stays closed until S3 applies its configuration; the work continues at the next attempt."""


class NameTakenError(DuraCloudError):
    """Another AWS account has a bucket of that name."""
