"""The objects of a bucket in order, as S3 lists them: the adapter of the port ObjectList."""

from typing import Any

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code, translated
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Page
from runtime.sweep.judge import ListedObject


class S3ObjectList:
    """S3's list, which is in the order of the keys' UTF-8 bytes, as DynamoDB's is.

    See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    """

    def __init__(self, client: Any, most: int = 1_000) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client.

        Args:
            client: an S3 client.
            most: objects of one page; S3 lists 1,000 at most.
        """
        self._client = client
        self._most = most

    def page(self, bucket: str, after: str | None = None) -> Page[ListedObject]:
        """Return the next objects. See `ports.ObjectList.page`."""
        start = {} if after is None else {"StartAfter": after}
        with translated("listing the objects"):
            try:
                # boto3 asks for URL-encoded keys and decodes them, so that any key comes through.
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
