"""Adapter of AuditFolder: reads the whole audit trail from S3."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import attrs
from typing_extensions import override

from runtime.adapters.errors import translated
from runtime.audit.ports import AuditFiles, AuditFolder

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Files read, and held in memory, at the same time.
AT_ONCE: Final = 8


@attrs.frozen
class S3AuditFolder(AuditFolder):
    """The keys of the audit trail, and its files in bulk."""

    _client: S3Client
    _bucket: str
    _files: AuditFiles

    @override
    def keys(self, prefix: str) -> Iterator[str]:
        with translated("listing the audit trail"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                yield from (entry["Key"] for entry in page.get("Contents", []))

    @override
    def read_each(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        ahead: deque[tuple[str, Future[bytes]]] = deque()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for key in keys:
                ahead.append((key, pool.submit(self._files.read, key)))
                if len(ahead) == AT_ONCE:
                    yield _taken(ahead)
            while ahead:
                yield _taken(ahead)


def _taken(ahead: deque[tuple[str, Future[bytes]]]) -> tuple[str, bytes]:
    key, reading = ahead.popleft()
    return key, reading.result()
