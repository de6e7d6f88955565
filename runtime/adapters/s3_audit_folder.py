"""Reading of the whole audit trail from S3: the adapter of the port AuditFolder."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from runtime.adapters.errors import translated
from runtime.audit.ports import AuditFiles

# Files read at the same time; as many are held in memory.
AT_ONCE: Final = 8


class S3AuditFolder:
    """The keys of the audit trail, and its files in bulk."""

    def __init__(self, client: Any, bucket: str, files: AuditFiles) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client, the bucket and what reads a file.

        Args:
            client: an S3 client.
            bucket: name of the managed bucket.
            files: reads one file.
        """
        self._client = client
        self._bucket = bucket
        self._files = files

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix. See `ports.AuditFolder.keys`."""
        request = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            with translated("listing the audit trail"):
                answer = self._client.list_objects_v2(**request)
            yield from (entry["Key"] for entry in answer.get("Contents", []))
            if not answer["IsTruncated"]:
                return
            request["ContinuationToken"] = answer["NextContinuationToken"]

    def read_each(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield keys and the bytes of their files. See `ports.AuditFolder.read_each`."""
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
