"""Adapter of BucketAdmin: makes and configures buckets in S3."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from typing_extensions import override

from runtime.adapters.errors import error_code, http_status, translated
from runtime.provisioning.bucket_configuration import Step
from runtime.provisioning.claims import FoundBucket, Owner
from runtime.provisioning.errors import NameTakenError
from runtime.provisioning.ports import BucketAdmin

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The one region that refuses to be named: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
_DEFAULT_REGION: Final = "us-east-1"
# S3 may not yet see what an earlier call changed: a new bucket, its versioning, public access. Half a minute in all.
_PAUSES_SECONDS: Final = (0.5, 1, 2, 4, 8, 15)
_NOT_KNOWN_YET: Final = frozenset({"NoSuchBucket", "OperationAborted"})


def _is_not_known_yet(error: ClientError, call: str) -> bool:
    code = error_code(error)
    if code == "InvalidRequest":
        return "versioning" in str(error).lower()
    return code in _NOT_KNOWN_YET or (code == "AccessDenied" and call == "put_bucket_policy")


class S3Buckets(BucketAdmin):
    """Buckets of one account, in any region.

    `client_for` builds the S3 client of a region, once each. Every call names the account, and S3 refuses buckets of
    others.
    """

    def __init__(
        self, client_for: Callable[[str], S3Client], account_id: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client_for = client_for
        self._pause = pause
        self._clients: dict[str, S3Client] = {}
        self._owner: dict[str, Any] = {"ExpectedBucketOwner": account_id}

    @override
    def find(self, bucket: str, region: str) -> FoundBucket:
        client = self._client(region)
        with translated(f"looking for the bucket {bucket}"):
            try:
                client.head_bucket(Bucket=bucket, **self._owner)
            except ClientError as error:
                if http_status(error) == 404:
                    return FoundBucket(Owner.NOBODY)
                if http_status(error) == 403:
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

    @override
    def create(self, bucket: str, region: str) -> None:
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
                # The bucket did not exist before, so this call made it and an earlier answer was lost.
                if error_code(error) != "BucketAlreadyOwnedByYou":
                    raise

    @override
    def apply(self, bucket: str, region: str, step: Step) -> None:
        call = getattr(self._client(region), step.call)
        with translated(step.call):
            for pause in (*_PAUSES_SECONDS, None):
                try:
                    call(Bucket=bucket, **self._owner, **step.arguments)
                except ClientError as error:
                    if pause is None or not _is_not_known_yet(error, step.call):
                        raise
                    self._pause(pause)
                else:
                    return

    @override
    def delete(self, bucket: str, region: str) -> None:
        with translated(f"removing {bucket}"):
            try:
                self._client(region).delete_bucket(Bucket=bucket, **self._owner)
            except ClientError as error:
                if http_status(error) != 404:
                    raise

    def _client(self, region: str) -> S3Client:
        if region not in self._clients:
            self._clients[region] = self._client_for(region)
        return self._clients[region]
