"""Adapter of ReportFiles: lists and pages of reports in the managed bucket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import attrs
from botocore.exceptions import ClientError
from typing_extensions import override

from runtime.adapters.errors import error_code, http_status, translated
from runtime.contract import ManagedPrefix
from runtime.report.errors import UploadGoneError
from runtime.report.notes import Upload
from runtime.report.ports import ReportFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# S3's codes if the upload is missing, or if its parts are not those that were sent.
_GONE: Final = frozenset({"NoSuchUpload", "InvalidPart", "InvalidPartOrder"})
_CONTENT_TYPES: Final = {".csv": "text/csv; charset=utf-8", ".sha256": "text/plain; charset=utf-8"}

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


@attrs.frozen
class S3ReportFiles(ReportFiles):
    """Writes to one bucket."""

    _client: S3Client
    _bucket: str

    @override
    def begin(self, key: str) -> Upload:
        with translated("beginning a list"):
            answer = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=key, ContentType=_CONTENT_TYPES[PurePosixPath(key).suffix]
            )
        return Upload(key=key, upload_id=answer["UploadId"])

    @override
    def send(self, upload: Upload, part: bytes) -> Upload:
        with _known("sending a part of a list"):
            answer = self._client.upload_part(**self._names(upload), PartNumber=len(upload.etags) + 1, Body=part)
        return upload.with_part(answer["ETag"])

    @override
    def finish(self, upload: Upload) -> None:
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": etag} for number, etag in enumerate(upload.etags, start=1)
        ]
        with _known("finishing a list"):
            self._client.complete_multipart_upload(**self._names(upload), MultipartUpload={"Parts": parts})

    @override
    def abandon(self, upload: Upload) -> None:
        with translated("abandoning a list"):
            try:
                self._client.abort_multipart_upload(**self._names(upload))
            except ClientError as error:
                if http_status(error) != 404:
                    raise

    @override
    def days(self) -> set[date]:
        with translated("listing reports"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=ManagedPrefix.REPORTS, Delimiter="/"
            )
            folders = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        names = (folder.removeprefix(ManagedPrefix.REPORTS).removesuffix("/") for folder in folders)
        return {date.fromisoformat(name) for name in names if _DAY.fullmatch(name)}

    @override
    def write_page(self, key: str, text: str) -> None:
        with translated("writing the page"):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=text.encode(), ContentType="text/html; charset=utf-8"
            )

    def _names(self, upload: Upload) -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": upload.key, "UploadId": upload.upload_id}


@contextmanager
def _known(action: str) -> Iterator[None]:
    """Translate errors; an upload that cannot be finished has its own error."""
    with translated(action):
        try:
            yield
        except ClientError as error:
            if error_code(error) in _GONE:
                raise UploadGoneError(f"{action}: {error}") from error
            raise
