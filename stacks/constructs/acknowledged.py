"""An accepted finding of cdk-nag, stated where the permission is granted; `stacks.nag` collects them."""

from typing import Final, Self

import attrs

ANY_BUCKET: Final = "Buckets of this environment are made on request, so their names are known by prefix only"
ANY_OBJECT: Final = "Keys are chosen by depositors, in buckets that are known by prefix only"
FOLDER: Final = "Names in this folder are made of dates and of what depositors chose"


@attrs.frozen
class Acknowledged:
    """One accepted finding. Constructs list theirs in an attribute `acknowledged`."""

    path: str  # construct path of the resource
    rule: str  # id of the finding, exactly
    reason: str

    @classmethod
    def wildcard(cls, policy: str, pattern: str, reason: str) -> Self:
        """Accept a pattern of ARNs in the policy that has this construct path."""
        return cls(f"{policy}/Resource", f"AwsSolutions-IAM5[Resource::{pattern}]", reason)
