"""Adapter of BucketAdmin: makes and configures buckets in S3."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from typing_extensions import override

from runtime.adapters.errors import error_code, http_status, translated
from runtime.provisioning.bucket_configuration import INVENTORY_ID, Step
from runtime.provisioning.claims import FoundBucket, Owner
from runtime.provisioning.errors import NameTakenError, PublicAccessBlockedError
from runtime.provisioning.ports import BucketAdmin
from runtime.shared.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The one region that refuses to be named: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
_DEFAULT_REGION: Final = "us-east-1"
# S3 may not yet see what an earlier call changed: a new bucket, its versioning, public access. Half a minute in all.
_PAUSES_SECONDS: Final = (0.5, 1, 2, 4, 8, 15)
_NOT_KNOWN_YET: Final = frozenset({"NoSuchBucket", "OperationAborted"})
# In S3's message when Block Public Access of the bucket, the account or the organization refuses a policy:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
_BLOCKED: Final = "BlockPublicPolicy"
_READING: Final = {
    "put_bucket_encryption": "get_bucket_encryption",
    "put_bucket_inventory_configuration": "get_bucket_inventory_configuration",
    "put_bucket_lifecycle_configuration": "get_bucket_lifecycle_configuration",
    "put_bucket_logging": "get_bucket_logging",
    "put_bucket_notification_configuration": "get_bucket_notification_configuration",
    "put_bucket_ownership_controls": "get_bucket_ownership_controls",
    "put_bucket_policy": "get_bucket_policy",
    "put_bucket_replication": "get_bucket_replication",
    "put_bucket_tagging": "get_bucket_tagging",
    "put_bucket_versioning": "get_bucket_versioning",
    "put_public_access_block": "get_public_access_block",
}


def _is_not_known_yet(error: ClientError, call: str) -> bool:
    code = error_code(error)
    if code == "InvalidRequest":
        return "versioning" in str(error).lower()
    return code in _NOT_KNOWN_YET or (code == "AccessDenied" and call == "put_bucket_policy" and _may_pass(error))


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def _may_pass(error: ClientError) -> bool:
    """Tell whether the bucket's own block of public access may be the cause; other refusals name another one."""
    return _BLOCKED in _message(error) or "because" not in _message(error)


class S3Buckets(BucketAdmin):
    """Buckets of one account, in any region.

    `client_for` builds the S3 client of a region, once each; `control_for` that of S3 Control, which only buckets with
    attribute-based access control need. Every call names the account, and S3 refuses buckets of others.
    """

    def __init__(
        self,
        client_for: Callable[[str], S3Client],
        control_for: Callable[[str], Any],
        account_id: str,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client_for = client_for
        self._control_for = control_for
        self._account_id = account_id
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
    def read(self, bucket: str, region: str, call: str) -> Mapping[str, Any]:
        reading = _READING[call]
        named = {"Id": INVENTORY_ID} if reading == "get_bucket_inventory_configuration" else {}
        with translated(f"reading the configuration of {bucket}: {reading}"):
            try:
                answer = getattr(self._client(region), reading)(Bucket=bucket, **self._owner, **named)
            except ClientError as error:
                if http_status(error) == 404 and error_code(error) != "NoSuchBucket":
                    return {}
                raise
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    @override
    def apply(self, bucket: str, region: str, step: Step, seconds: float) -> None:
        for pause in (*_PAUSES_SECONDS, None):
            with translated(step.call):
                try:
                    self._call(bucket, region, step)
                except ClientError as error:
                    if not _is_not_known_yet(error, step.call):
                        raise
                    if pause is None:
                        if _BLOCKED in _message(error):
                            raise PublicAccessBlockedError(_message(error)) from error
                        raise
                    seconds -= pause
                    if seconds < 0:
                        raise TransientError(f"{step.call}: no time is left to wait for S3: {error}") from error
                else:
                    return
            self._pause(pause)

    def _call(self, bucket: str, region: str, step: Step) -> None:
        client = self._client(region)
        try:
            getattr(client, step.call)(Bucket=bucket, **self._owner, **step.arguments)
        except ClientError:
            if step.call != "put_bucket_tagging" or not self._has_access_by_tags(bucket, region):
                raise
            # There S3 refuses PutBucketTagging. This call adds tags, and leaves all others:
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
            self._control_for(region).tag_resource(
                AccountId=self._account_id,
                ResourceArn=f"arn:aws:s3:::{bucket}",
                Tags=step.arguments["Tagging"]["TagSet"],
            )

    def _has_access_by_tags(self, bucket: str, region: str) -> bool:
        try:
            answer = self._client(region).get_bucket_abac(Bucket=bucket, **self._owner)
        except ClientError:
            return False
        return answer.get("AbacStatus", {}).get("Status") == "Enabled"

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
