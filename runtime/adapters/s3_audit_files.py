"""Adapter of AuditFiles: files of the audit trail in S3, written once and locked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
from typing_extensions import override

from runtime.adapters.s3_files import read_file, write_once
from runtime.audit.ports import AuditFiles
from runtime.contract import ObjectLock
from runtime.shared.errors import ObjectAbsentError
from runtime.shared.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@attrs.frozen
class S3AuditFiles(AuditFiles):
    """The part of the managed bucket that holds the audit trail."""

    _client: S3Client
    _bucket: str
    _clock: Clock
    # As in `contract.ObjectLock`.
    _lock: str
    _retention: timedelta

    @override
    def create(self, key: str, body: bytes) -> bool:
        action = f"writing {key} to the audit trail"
        return write_once(action, self._client, Bucket=self._bucket, Key=key, Body=body, **self._locked())

    @override
    def read(self, key: str) -> bytes:
        body = read_file("reading the audit trail", self._client, Bucket=self._bucket, Key=key)
        if body is None:
            raise ObjectAbsentError(f"there is no {key} in {self._bucket}")
        return body

    def _locked(self) -> dict[str, Any]:
        if self._lock == ObjectLock.NONE:
            return {}
        until = self._clock.now() + self._retention
        return {"ObjectLockMode": self._lock.upper(), "ObjectLockRetainUntilDate": until}
