"""The names of the main buckets, as S3 lists them: the adapter of the port MainBuckets."""

from typing import Any

from runtime.adapters.errors import translated
from runtime.contract import RESERVED_SUFFIXES, bucket_name


class S3MainBuckets:
    """The buckets of an environment that are neither fixed ones nor replicas."""

    def __init__(self, client: Any, prefix: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the environment's bucket prefix, without the dash behind it."""
        self._client = client
        self._begin = bucket_name(prefix, "")

    def names(self) -> list[str]:
        """Return the names. See `ports.MainBuckets.names`."""
        endings = tuple(f"-{suffix}" for suffix in RESERVED_SUFFIXES)
        with translated("listing the buckets"):
            pages = self._client.get_paginator("list_buckets").paginate(Prefix=self._begin)
            found = [bucket["Name"] for page in pages for bucket in page["Buckets"]]
        # The dash keeps the buckets of a sibling environment out (lesson L21).
        return sorted(name for name in found if name.startswith(self._begin) and not name.endswith(endings))
