"""Small files in S3: reading one that may be missing, and writing one only where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code, http_status, translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NOT_FOUND: Final = 404
STANDS: Final = "PreconditionFailed"
BEING_WRITTEN: Final = "ConditionalRequestConflict"


def read_file(action: str, client: S3Client, most: int | None = None, **request: Any) -> bytes | None:  # noqa: ANN401 (passed on to boto3)
    """Return the bytes of a file, at most `most` of them; None where there is no such file.

    Args:
        action: what is being done, for the text of an error.
        client: an S3 client.
        most: bytes; all when not given.
        request: what GetObject takes.

    Raises:
        TransientError: S3 did not answer.
        RefusedError: S3 refused.
    """
    with translated(action):
        try:
            body = client.get_object(**request)["Body"]
        except ClientError as error:
            if http_status(error) == NOT_FOUND:
                return None
            raise
        with body:
            return bytes(body.read(most))


def write_once(action: str, client: S3Client, *, standing: tuple[str, ...] = (STANDS,), **request: Any) -> bool:  # noqa: ANN401 (passed on to boto3)
    """Write a file unless there is one: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.

    Args:
        action: what is being done, for the text of an error.
        client: an S3 client.
        standing: error codes that mean that a file stands. A file that is being written at this moment is a transient
            error unless its code is among them.
        request: what PutObject takes.

    Returns:
        False where a file stands: nothing was written.

    Raises:
        TransientError: S3 did not answer.
        RefusedError: S3 refused.
    """
    with translated(action):
        try:
            client.put_object(**request, IfNoneMatch="*")
        except ClientError as error:
            if error_code(error) in standing:
                return False
            raise
    return True
