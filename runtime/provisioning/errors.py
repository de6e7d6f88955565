"""Why a bucket could not be made."""

from datetime import datetime

from runtime.shared.errors import DuraCloudError, RefusedError, TransientError


class SettlingError(TransientError):
    """A new bucket stays closed until S3 applies its configuration; the work continues `until` then (UTC).

    Waiting is no failed attempt, and spends none.
    """

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class PublicAccessBlockedError(RefusedError):
    """S3 Block Public Access of the account or its organization forbids public buckets."""


class NameTakenError(DuraCloudError):
    """Another AWS account has a bucket of that name."""
