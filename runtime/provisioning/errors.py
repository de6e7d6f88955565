"""Why a bucket could not be made."""

from runtime.shared.errors import DuraCloudError, TransientError


class SettlingError(TransientError):
    """A new bucket stays closed until S3 has taken its configuration in: the work goes on at the next receive."""


class NameTakenError(DuraCloudError):
    """A bucket of that name belongs to somebody else."""
