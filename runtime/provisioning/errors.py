"""Why a bucket could not be made."""

from datetime import datetime

from runtime.shared.errors import DuraCloudError, RefusedError, TransientError


class SettlingError(TransientError):
    """The work continues at the moment `until` (UTC): a new bucket settles, or a file's content may follow.

    Waiting is no failed attempt, and spends none.
    """

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class PublicAccessBlockedError(RefusedError):
    """S3 Block Public Access of the account or its organization forbids public buckets."""


class NameTakenError(DuraCloudError):
    """Another AWS account has a bucket of that name."""
