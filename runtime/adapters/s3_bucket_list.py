"""Adapter of MainBuckets: the main buckets that S3 lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from typing_extensions import override

from runtime.adapters.errors import translated
from runtime.contract import RESERVED_SUFFIXES, bucket_name
from runtime.shared.ports import MainBuckets

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@attrs.frozen
class S3MainBuckets(MainBuckets):
    """Buckets of an environment that are neither fixed ones nor replicas."""

    _client: S3Client
    # Without the dash behind it.
    _prefix: str
    # Buckets a page. Without a size, S3 refuses the list to accounts that may have more than 10,000 buckets:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html
    _most: int = 1000

    @override
    def names(self) -> list[str]:
        begin = bucket_name(self._prefix, "")
        endings = tuple(f"-{suffix}" for suffix in RESERVED_SUFFIXES)
        with translated("listing the buckets"):
            pages = self._client.get_paginator("list_buckets").paginate(
                Prefix=begin, PaginationConfig={"PageSize": self._most}
            )
            found = [bucket["Name"] for page in pages for bucket in page["Buckets"]]
        # The dash keeps the buckets of a sibling environment out (lesson L21).
        return sorted(name for name in found if name.startswith(begin) and not name.endswith(endings))
