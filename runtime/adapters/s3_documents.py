"""Adapter of Documents: JSON documents in the managed bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import attrs
from typing_extensions import override

from runtime.adapters.errors import translated
from runtime.adapters.s3_files import read_file, write_once
from runtime.shared.ports import Documents

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Metadata that identifies a call's own document.
_WRITER: Final = "writer"


@attrs.frozen
class S3Documents(Documents):
    """JSON documents in one bucket."""

    _client: S3Client
    _bucket: str

    @override
    def names(self, folder: str) -> set[str]:
        with translated("listing documents"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=folder)
            return {entry["Key"] for page in pages for entry in page.get("Contents", [])}

    @override
    def read(self, key: str) -> Mapping[str, Any] | None:
        body = read_file("reading a document", self._client, Bucket=self._bucket, Key=key)
        document: Mapping[str, Any] | None = None if body is None else json.loads(body)
        return document

    @override
    def write(self, key: str, document: Mapping[str, Any]) -> None:
        with translated("writing a document"):
            self._client.put_object(**self._request(key, document))

    @override
    def write_once(self, key: str, document: Mapping[str, Any]) -> bool:
        writer = {_WRITER: uuid4().hex}
        if write_once("writing a document", self._client, **self._request(key, document), Metadata=writer):
            return True
        # botocore repeats a request whose answer was lost; then the first request wrote this document.
        with translated("writing a document"):
            standing = self._client.head_object(Bucket=self._bucket, Key=key)
        return bool(standing.get("Metadata") == writer)

    def _request(self, key: str, document: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "Bucket": self._bucket,
            "Key": key,
            "Body": (json.dumps(document, indent=2) + "\n").encode(),
            "ContentType": "application/json",
        }
