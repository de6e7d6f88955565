"""Who owns a bucket, which request works on a bucket name, and our records of buckets."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from runtime.provisioning.bucket_configuration import BucketType, tags_of

_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Owner(StrEnum):
    """Who owns a bucket."""

    NOBODY = "nobody"
    THIS_ACCOUNT = "this account"
    SOMEBODY_ELSE = "somebody else"


@attrs.frozen
class FoundBucket:
    """What S3 says about a bucket name."""

    owner: Owner
    tags: Mapping[str, str] = attrs.field(factory=dict)  # empty if the bucket is not this account's

    def is_ours(self, environment: str, kind: BucketType) -> bool:
        """Tell whether the service made it, for this environment and as this kind."""
        return self.owner is Owner.THIS_ACCOUNT and tags_of(kind, environment).items() <= self.tags.items()


@attrs.frozen
class Claim:
    """Says that a request works on a bucket name."""

    event_id: str  # of the request
    since: datetime  # when the work began, UTC
    creating: bool  # True if it makes the bucket, False if it repairs an existing one
    configured: datetime | None = None  # UTC; set when a new bucket is complete but not yet open
    corrected: tuple[str, ...] = ()  # what a repair did in earlier attempts, for the result

    def is_abandoned(self, now: datetime, longest: timedelta) -> bool:
        """Tell whether the claim is older than the longest time that the work can take."""
        return now - self.since > longest

    def given_up(self) -> "Claim":
        """Return the claim for others to take over: its request left buckets behind."""
        return attrs.evolve(self, since=_LONG_AGO)


@attrs.frozen(kw_only=True)
class Collection:
    """Our own record of a main bucket, which no tagging tool reaches."""

    bucket: str
    replica: str
    environment: str
    type: str  # value of the tag
    recorded_at: datetime  # UTC
    event_id: str  # of the request that made it; empty if it was there before its record
