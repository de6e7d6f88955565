"""Making and configuring buckets in S3: the adapter of the port BucketAdmin."""

from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code, http_status, translated
from runtime.domain.bucket_configuration import Step
from runtime.domain.claims import FoundBucket, Owner
from runtime.domain.errors import NameTakenError

_NOT_FOUND: Final = 404
_FORBIDDEN: Final = 403
# The one region that refuses to be named: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
_DEFAULT_REGION: Final = "us-east-1"


class S3Buckets:
    """Buckets of one account, in any region."""

    def __init__(self, client_for: Callable[[str], Any], account_id: str) -> None:
        """Take a way to make clients.

        Args:
            client_for: builds an S3 client for a region; it is called once for each.
            account_id: the account whose buckets they are. Every call says so, and S3 refuses it for others'.
        """
        self._client_for = client_for
        self._clients: dict[str, Any] = {}
        self._owner = {"ExpectedBucketOwner": account_id}

    def find(self, bucket: str, region: str) -> FoundBucket:
        """Look whose bucket a name is. See `ports.BucketAdmin.find`."""
        client = self._client(region)
        with translated(f"looking for the bucket {bucket}"):
            try:
                client.head_bucket(Bucket=bucket, **self._owner)
            except ClientError as error:
                if http_status(error) == _NOT_FOUND:
                    return FoundBucket(Owner.NOBODY)
                if http_status(error) == _FORBIDDEN:
                    return FoundBucket(Owner.SOMEBODY_ELSE)
                raise
        with translated(f"reading the tags of {bucket}"):
            try:
                answer = client.get_bucket_tagging(Bucket=bucket, **self._owner)
            except ClientError as error:
                if error_code(error) == "NoSuchTagSet":
                    return FoundBucket(Owner.THIS_ACCOUNT)
                raise
        return FoundBucket(Owner.THIS_ACCOUNT, {tag["Key"]: tag["Value"] for tag in answer["TagSet"]})

    def create(self, bucket: str, region: str) -> None:
        """Make a bucket. See `ports.BucketAdmin.create`."""
        request: dict[str, Any] = {"Bucket": bucket}
        if region != _DEFAULT_REGION:
            request["CreateBucketConfiguration"] = {"LocationConstraint": region}
        with translated(f"could not make the bucket {bucket}"):
            try:
                self._client(region).create_bucket(**request)
            except ClientError as error:
                if error_code(error) == "BucketAlreadyExists":
                    raise NameTakenError(
                        f"the bucket {bucket} belongs to another AWS account; choose another name"
                    ) from error
                raise

    def apply(self, bucket: str, region: str, step: Step) -> None:
        """Make one configuration call. See `ports.BucketAdmin.apply`."""
        with translated(step.call):
            getattr(self._client(region), step.call)(Bucket=bucket, **self._owner, **step.arguments)

    def delete(self, bucket: str, region: str) -> None:
        """Remove an empty bucket. See `ports.BucketAdmin.delete`."""
        with translated(f"removing {bucket}"):
            try:
                self._client(region).delete_bucket(Bucket=bucket, **self._owner)
            except ClientError as error:
                if http_status(error) != _NOT_FOUND:
                    raise

    def _client(self, region: str) -> Any:  # noqa: ANN401 (boto3 builds classes at run time)
        if region not in self._clients:
            self._clients[region] = self._client_for(region)
        return self._clients[region]
