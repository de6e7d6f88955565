from typing import Any

from mypy_boto3_s3 import S3Client

from runtime.adapters.clients import client


def in_small_pages(s3: S3Client, size: int = 2) -> S3Client:
    """Return the client, which from now on gets lists of objects and versions in pages of this size."""

    def small(params: dict[str, Any], **_: object) -> None:
        params["MaxKeys"] = size

    for operation in ("ListObjectsV2", "ListObjectVersions"):
        s3.meta.events.register(f"before-parameter-build.s3.{operation}", small)
    return s3


def with_buckets(*buckets: str, versioned: bool = False, request_checksums: bool = True) -> S3Client:
    """Return a client of S3 where there are these buckets."""
    s3 = client("s3", region="us-east-1", request_checksums=request_checksums)
    for bucket in buckets:
        s3.create_bucket(Bucket=bucket)
        if versioned:
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return s3
