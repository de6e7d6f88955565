"""What provisioning needs of the world outside."""

from typing import Protocol

from runtime.provisioning.bucket_configuration import Step
from runtime.provisioning.claims import Claim, FoundBucket


class BucketAdmin(Protocol):
    """Makes and configures buckets."""

    def find(self, bucket: str, region: str) -> FoundBucket:
        """Look whose bucket a name is, if anyone's.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused to answer.
        """
        ...

    def create(self, bucket: str, region: str) -> None:
        """Make a bucket.

        Raises:
            NameTakenError: the name belongs to somebody else.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def apply(self, bucket: str, region: str, step: Step) -> None:
        """Make one configuration call; doing it again changes nothing.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def delete(self, bucket: str, region: str) -> None:
        """Remove an empty bucket; one that is not there is no error.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused, for example because the bucket is not empty.
        """
        ...


class RequestFiles(Protocol):
    """The files by which depositors ask for buckets."""

    def read(self, bucket: str, key: str, version_id: str, most: int) -> bytes:
        """Return the file's bytes, at most `most` of them.

        Raises:
            ObjectAbsentError: the file is not there any more.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...


class RequestRecords(Protocol):
    """What the managed bucket keeps of requests: their results, and claims on names that are being worked on."""

    def write(self, key: str, text: str) -> None:
        """Write a result, over an earlier one of the same request.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def claim(self, bucket: str, claim: Claim) -> Claim:
        """Claim a bucket name unless somebody holds a claim on it.

        Returns:
            The claim that stands: the one given, or another's.
        """
        ...

    def standing_claim(self, bucket: str) -> Claim | None:
        """Return the claim on a bucket name, None where there is none."""
        ...

    def replace_claim(self, bucket: str, claim: Claim) -> None:
        """Put a claim in the place of another."""
        ...

    def release(self, bucket: str) -> None:
        """End a claim."""
        ...
