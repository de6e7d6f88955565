"""What S3 says about an object."""

from collections.abc import Mapping
from enum import StrEnum

import attrs

from runtime.shared.object_ref import ObjectRef


class Replication(StrEnum):
    """S3's replication status: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html ."""

    NONE = ""
    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    REPLICA = "REPLICA"


class Encryption(StrEnum):
    """How an object is encrypted, as far as its ETag depends on it."""

    S3_MANAGED = "AES256"
    KMS = "aws:kms"
    CUSTOMER_PROVIDED = "customer-provided"


@attrs.frozen(kw_only=True)
class ObjectFacts:
    """Everything that S3 says about a version in the answer that also carries its bytes."""

    ref: ObjectRef
    version_id: str  # `null` in a bucket without versions
    size: int  # bytes
    etag: str  # without quotation marks
    encryption: Encryption = Encryption.S3_MANAGED
    # by algorithm as S3 sends them: base64, `-N` behind a composite
    checksums: Mapping[str, str] = attrs.field(factory=dict)
    depositor_digests: Mapping[str, str] = attrs.field(factory=dict)  # from user metadata, by algorithm
    storage_class: str = "STANDARD"
    replication: Replication = Replication.NONE
