"""Ports of provisioning.

Every method raises TransientError if S3 does not answer and RefusedError if it refuses.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import attrs

from runtime.provisioning.bucket_configuration import Step
from runtime.provisioning.claims import Claim, Collection, FoundBucket


class BucketAdmin(Protocol):
    """Makes and configures buckets."""

    def find(self, bucket: str, region: str) -> FoundBucket:
        """Return who owns the bucket of a name."""

    def create(self, bucket: str, region: str) -> None:
        """Make a bucket.

        Raises:
            NameTakenError: another account has the name.
        """

    def read(self, bucket: str, region: str, call: str) -> Mapping[str, Any]:
        """Return what stands where a configuration call would write, as S3 answers; empty if nothing is set."""

    def apply(self, bucket: str, region: str, step: Step, seconds: float) -> None:
        """Make one configuration call; repeating it changes nothing. Tags are added to those of others at most.

        A call that comes too early for S3 is repeated for so many seconds at most.

        Raises:
            PublicAccessBlockedError: the account or its organization forbids public buckets.
        """

    def delete(self, bucket: str, region: str) -> None:
        """Remove an empty bucket. A missing bucket is no error; one that is not empty is refused."""


@attrs.frozen
class CurrentFile:
    """The current version of a request file."""

    version_id: str
    content: bytes


class RequestFiles(Protocol):
    """The files in which depositors ask for buckets."""

    def current(self, bucket: str, key: str, most: int) -> CurrentFile | None:
        """Return the current version with at most `most` bytes, None if there is none."""

    def read(self, bucket: str, key: str, version_id: str, most: int) -> bytes:
        """Return at most `most` bytes of the file.

        Raises:
            ObjectAbsentError: the file is missing.
        """


class RequestRecords(Protocol):
    """What the managed bucket keeps: results of requests, claims on bucket names, and our records of buckets."""

    def write(self, key: str, text: str) -> None:
        """Write a result, over an earlier one of the same request."""

    def claim(self, bucket: str, claim: Claim) -> Claim:
        """Claim a bucket name unless another claim exists; return the claim that counts."""

    def standing_claim(self, bucket: str) -> Claim | None:
        """Return the claim on a bucket name, None if there is none."""

    def replace_claim(self, bucket: str, claim: Claim) -> None:
        """Overwrite a claim."""

    def release(self, bucket: str) -> None:
        """End a claim."""

    def collection(self, bucket: str) -> Collection | None:
        """Return our record of a main bucket, None if there is none that can be read."""

    def write_collection(self, collection: "Collection") -> None:
        """Write our record of a main bucket."""
