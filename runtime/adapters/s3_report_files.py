"""Lists and pages of reports in the managed bucket: the adapter of the port ReportFiles."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code, http_status, translated
from runtime.report.errors import UploadGoneError
from runtime.report.model import Upload

_NOT_FOUND: Final = 404
# What S3 says where the upload is gone, or where its parts are not those that were sent.
_GONE: Final = frozenset({"NoSuchUpload", "InvalidPart", "InvalidPartOrder"})


class S3ReportFiles:
    """Writes to one bucket."""

    def __init__(self, client: Any, bucket: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the bucket.

        Args:
            client: an S3 client.
            bucket: name of the managed bucket.
        """
        self._client = client
        self._bucket = bucket

    def begin(self, key: str) -> Upload:
        """Begin to write a list. See `ports.ReportFiles.begin`."""
        with translated("beginning a list"):
            answer = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=key, ContentType="text/csv; charset=utf-8"
            )
        return Upload(key=key, upload_id=answer["UploadId"])

    def send(self, upload: Upload, part: bytes) -> Upload:
        """Send the next part. See `ports.ReportFiles.send`."""
        with _known("sending a part of a list"):
            answer = self._client.upload_part(**self._names(upload), PartNumber=len(upload.etags) + 1, Body=part)
        return upload.with_part(answer["ETag"])

    def finish(self, upload: Upload) -> None:
        """Make the file. See `ports.ReportFiles.finish`."""
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(upload.etags, start=1)]
        with _known("finishing a list"):
            self._client.complete_multipart_upload(**self._names(upload), MultipartUpload={"Parts": parts})

    def abandon(self, upload: Upload) -> None:
        """Remove the parts. See `ports.ReportFiles.abandon`."""
        with translated("abandoning a list"):
            try:
                self._client.abort_multipart_upload(**self._names(upload))
            except ClientError as error:
                if http_status(error) != _NOT_FOUND:
                    raise

    def write_page(self, key: str, text: str) -> None:
        """Write a page. See `ports.ReportFiles.write_page`."""
        with translated("writing the page"):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=text.encode(), ContentType="text/html; charset=utf-8"
            )

    def _names(self, upload: Upload) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": upload.key, "UploadId": upload.upload_id}


@contextmanager
def _known(action: str) -> Iterator[None]:
    """Translate errors; those of an upload that cannot be finished have a name of their own."""
    with translated(action):
        try:
            yield
        except ClientError as error:
            if error_code(error) in _GONE:
                raise UploadGoneError(f"{action}: {error}") from error
            raise
