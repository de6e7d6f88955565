"""Files of the audit trail in S3, written once and locked: the adapter of the port AuditFiles."""

from datetime import timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code, http_status, translated
from runtime.contract import ObjectLock
from runtime.shared.errors import ObjectAbsentError, TransientError
from runtime.shared.ports import Clock

_STANDS: Final = "PreconditionFailed"
_CONFLICT: Final = "ConditionalRequestConflict"
_NOT_FOUND: Final = 404


class S3AuditFiles:
    """The part of the managed bucket that holds the audit trail."""

    def __init__(self, client: Any, bucket: str, clock: Clock, lock: str, retention: timedelta) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and how files are kept.

        Args:
            client: an S3 client.
            bucket: name of the managed bucket.
            clock: tells from when files are kept.
            lock: how they are locked, as in `contract.ObjectLock`.
            retention: how long they are locked.
        """
        self._client = client
        self._bucket = bucket
        self._clock = clock
        self._lock = lock
        self._retention = retention

    def create(self, key: str, body: bytes) -> bool:
        """Write a file where there is none. See `ports.AuditFiles.create`."""
        with translated("writing to the audit trail"):
            try:
                # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
                self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*", **self._locked())
            except ClientError as error:
                if error_code(error) == _CONFLICT:
                    raise TransientError(f"writing to the audit trail: {key} is being written by somebody") from error
                if error_code(error) == _STANDS:
                    return False
                raise
        return True

    def read(self, key: str) -> bytes:
        """Return the bytes of a file. See `ports.AuditFiles.read`."""
        with translated("reading the audit trail"):
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            except ClientError as error:
                if http_status(error) == _NOT_FOUND:
                    raise ObjectAbsentError(f"there is no {key} in {self._bucket}") from error
                raise
            with body:
                return bytes(body.read())

    def _locked(self) -> dict[str, Any]:
        if self._lock == ObjectLock.NONE:
            return {}
        until = self._clock.now() + self._retention
        return {"ObjectLockMode": self._lock.upper(), "ObjectLockRetainUntilDate": until}
