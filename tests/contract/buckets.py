from mypy_boto3_s3 import S3Client

from runtime.adapters.clients import client


def with_buckets(*buckets: str, versioned: bool = False, request_checksums: bool = True) -> S3Client:
    """Return a client of S3 where there are these buckets."""
    s3 = client("s3", region="us-east-1", request_checksums=request_checksums)
    for bucket in buckets:
        s3.create_bucket(Bucket=bucket)
        if versioned:
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return s3
