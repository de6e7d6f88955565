"""Small files in S3: read one that may be missing, and write one only if there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code, http_status, translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef, PutObjectRequestTypeDef
    from typing_extensions import Unpack

STANDS: Final = "PreconditionFailed"
BEING_WRITTEN: Final = "ConditionalRequestConflict"


def read_file(
    action: str, client: S3Client, most: int | None = None, **request: Unpack[GetObjectRequestTypeDef]
) -> bytes | None:
    """Return at most `most` bytes of a file, None if it is missing. The request is GetObject's.

    Raises:
        TransientError: S3 did not answer.
        RefusedError: S3 refused.
    """
    with translated(action):
        try:
            body = client.get_object(**request)["Body"]
        except ClientError as error:
            if http_status(error) == 404:
                return None
            raise
        with body:
            return bytes(body.read(most))


def write_once(
    action: str, client: S3Client, *, standing: tuple[str, ...] = (STANDS,), **request: Unpack[PutObjectRequestTypeDef]
) -> bool:
    """Write a file unless it exists: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.

    The request is PutObject's. `standing` lists the error codes that mean that the file exists; a file that is being
    written at this moment is a transient error unless its code is among them. Return whether the file was written.

    Raises:
        TransientError: S3 did not answer.
        RefusedError: S3 refused.
    """
    request["IfNoneMatch"] = "*"
    with translated(action):
        try:
            client.put_object(**request)
        except ClientError as error:
            if error_code(error) in standing:
                return False
            raise
    return True
