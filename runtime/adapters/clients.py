"""Builds boto3 clients: time-outs, retries and user agent in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, overload

import boto3
from botocore.config import Config

from runtime import __version__

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

_CONNECT_TIMEOUT_SECONDS: Final = 5
_READ_TIMEOUT_SECONDS: Final = 20
_ATTEMPTS: Final = 4


@overload
def client(service: Literal["cloudwatch"]) -> CloudWatchClient: ...
@overload
def client(service: Literal["dynamodb"], *, connections: int = ..., attempts: int = ...) -> DynamoDBClient: ...
@overload
def client(service: Literal["kms"]) -> KMSClient: ...
@overload
def client(
    service: Literal["s3"], *, region: str | None = ..., connections: int = ..., request_checksums: bool = ...
) -> S3Client: ...
@overload
def client(service: Literal["s3control"], *, region: str) -> object: ...
@overload
def client(service: Literal["sns"]) -> SNSClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
def client(
    service: str,
    *,
    region: str | None = None,
    connections: int = 10,
    attempts: int = _ATTEMPTS,
    request_checksums: bool = True,
) -> object:
    """Build a client, with this many connections open at the same time; without a region for the function's own.

    The SDK makes so many attempts at a call; one for adapters that retry themselves.

    Response checksums are validated only on request, because the hashing reader compares them itself (lesson L35).
    `request_checksums` sends checksums even if S3 does not require them.
    """
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=_READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=connections,
        response_checksum_validation="when_required",
        request_checksum_calculation="when_supported" if request_checksums else "when_required",
        user_agent_extra=f"duracloud/{__version__}",
    )
    session: Any = boto3.session.Session()
    return session.client(service, region_name=region, config=config)
