"""What S3 says about an object."""

from collections.abc import Mapping
from enum import StrEnum

import attrs

from runtime.shared.object_ref import ObjectRef


class Replication(StrEnum):
    """What S3 says of the replication of a version.

    See https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
    """

    NONE = ""
    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    REPLICA = "REPLICA"


class Encryption(StrEnum):
    """How S3 says that an object is encrypted, as far as its ETag depends on it."""

    S3_MANAGED = "AES256"
    KMS = "aws:kms"
    CUSTOMER_PROVIDED = "customer-provided"


@attrs.frozen(kw_only=True)
class ObjectFacts:
    """Everything that S3 says about a version in the answer that also carries its bytes.

    Attributes:
        ref: the object.
        version_id: the version, `null` where the bucket has no versions.
        size: bytes.
        etag: entity tag without quotation marks.
        encryption: how the object is encrypted.
        checksums: S3's stored checksums as it sends them (base64, `-N` behind a composite), by algorithm.
        depositor_digests: digests that the depositor gave as user metadata, as given, by algorithm.
        storage_class: S3's storage class.
        replication: whether S3 has made the replica.
    """

    ref: ObjectRef
    version_id: str
    size: int
    etag: str
    encryption: Encryption = Encryption.S3_MANAGED
    checksums: Mapping[str, str] = attrs.field(factory=dict)
    depositor_digests: Mapping[str, str] = attrs.field(factory=dict)
    storage_class: str = "STANDARD"
    replication: Replication = Replication.NONE
