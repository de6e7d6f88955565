"""Adapter of ObjectList: the objects of a bucket in order, as S3 lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from botocore.exceptions import ClientError
from typing_extensions import override

from runtime.adapters.errors import error_code, translated
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Page
from runtime.sweep.judge import ListedObject
from runtime.sweep.ports import ObjectList

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@attrs.frozen
class S3ObjectList(ObjectList):
    """S3's list, in the order of the keys' UTF-8 bytes, as DynamoDB's is.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    """

    _client: S3Client
    _most: int = 1000

    @override
    def page(self, bucket: str, after: str | None = None) -> Page[ListedObject]:
        start: dict[str, Any] = {} if after is None else {"StartAfter": after}
        with translated("listing the objects"):
            try:
                # boto3 asks for URL-encoded keys and decodes them, so any key is safe.
                answer = self._client.list_objects_v2(Bucket=bucket, MaxKeys=self._most, **start)
            except ClientError as error:
                if error_code(error) == "NoSuchBucket":
                    return Page([], None)
                raise
        listed = [
            ListedObject(
                ref=ObjectRef(bucket, entry["Key"]),
                size=entry["Size"],
                etag=entry["ETag"].strip('"'),
                modified=entry["LastModified"],
            )
            for entry in answer.get("Contents", [])
        ]
        return Page(listed, listed[-1].ref.key if answer["IsTruncated"] and listed else None)
