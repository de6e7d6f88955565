"""JSON documents in the managed bucket: the adapter of the port Documents."""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code, http_status, translated

_NOT_FOUND: Final = 404
_STANDS: Final = "PreconditionFailed"
# Metadata by which a call knows its own document again.
_WRITER: Final = "writer"


class S3Documents:
    """JSON documents in one bucket."""

    def __init__(self, client: Any, bucket: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the bucket.

        Args:
            client: an S3 client.
            bucket: name of the managed bucket.
        """
        self._client = client
        self._bucket = bucket

    def names(self, folder: str) -> set[str]:
        """Return the keys in a folder. See `ports.Documents.names`."""
        with translated("listing documents"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=folder)
            return {entry["Key"] for page in pages for entry in page.get("Contents", [])}

    def read(self, key: str) -> Mapping[str, Any] | None:
        """Return a document. See `ports.Documents.read`."""
        with translated("reading a document"):
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            except ClientError as error:
                if http_status(error) == _NOT_FOUND:
                    return None
                raise
            with body:
                document: Mapping[str, Any] = json.loads(body.read())
        return document

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        """Write a document. See `ports.Documents.write`."""
        with translated("writing a document"):
            self._put(key, document)

    def write_once(self, key: str, document: Mapping[str, Any]) -> bool:
        """Write a document unless there is one. See `ports.Documents.write_once`."""
        writer = {_WRITER: uuid4().hex}
        with translated("writing a document"):
            try:
                self._put(key, document, IfNoneMatch="*", Metadata=writer)
            except ClientError as error:
                if error_code(error) != _STANDS:
                    raise
                # botocore repeats a request whose answer was lost, and then this is what the first one wrote.
                standing = self._client.head_object(Bucket=self._bucket, Key=key)
                return bool(standing.get("Metadata") == writer)
        return True

    def _put(self, key: str, document: Mapping[str, Any], **more: Any) -> None:  # noqa: ANN401 (passed on to boto3)
        self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=(json.dumps(document, indent=2) + "\n").encode(),
            ContentType="application/json",
            **more,
        )
