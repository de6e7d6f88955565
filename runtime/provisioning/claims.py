"""Whose a bucket is, and who works on a bucket name at the moment."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from runtime.provisioning.bucket_configuration import BucketType, is_ours

_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Owner(StrEnum):
    """Whose a bucket is."""

    NOBODY = "nobody"
    THIS_ACCOUNT = "this account"
    SOMEBODY_ELSE = "somebody else"


@attrs.frozen
class FoundBucket:
    """What a look at a bucket name found.

    Attributes:
        owner: whose it is.
        tags: its tags, where it is this account's.
    """

    owner: Owner
    tags: Mapping[str, str] = attrs.field(factory=dict)

    def is_ours(self, environment: str, *kinds: BucketType) -> bool:
        """Tell whether the service made it, for this environment and as one of the kinds."""
        return self.owner is Owner.THIS_ACCOUNT and is_ours(self.tags, environment, kinds)


@attrs.frozen
class Claim:
    """Says that a request works on a bucket name.

    Attributes:
        event_id: the request's event.
        since: when the work began, UTC.
        creating: whether it makes the bucket; otherwise it repairs one that was there.
        configured: when all of a new bucket was done but its opening, UTC; None where that is not so yet.
    """

    event_id: str
    since: datetime
    creating: bool
    configured: datetime | None = None

    def is_abandoned(self, now: datetime, longest: timedelta) -> bool:
        """Tell whether the work that made the claim cannot be going on any more.

        Args:
            now: the present moment, UTC.
            longest: the longest time that such work can take.
        """
        return now - self.since > longest

    def given_up(self) -> "Claim":
        """Return the claim as one that anybody may take over: its request left something behind."""
        return attrs.evolve(self, since=_LONG_AGO)
