"""What S3 says about an object."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

from runtime.shared.object_ref import ObjectRef

# Version id of whatever is uploaded while a bucket's versioning is off or suspended. An upload overwrites the version
# of this id, so the id does not say which content it is (lesson L39):
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
NULL_VERSION: Final = "null"


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
class Version:
    """Which version of an object it is. For the id `null` ETag, size and date decide (lesson L39)."""

    id: str
    etag: str  # without quotation marks
    size: int  # bytes
    modified: datetime  # when S3 received it, UTC; when it began for a multipart upload


@attrs.frozen(kw_only=True)
class ObjectFacts:
    """Everything that S3 says about a version in the answer that also carries its bytes."""

    ref: ObjectRef
    version_id: str  # `NULL_VERSION` in a bucket without versions
    size: int  # bytes
    etag: str  # without quotation marks
    modified: datetime  # as of `Version`
    encryption: Encryption = Encryption.S3_MANAGED
    # by algorithm as S3 sends them: base64, `-N` behind a composite
    checksums: Mapping[str, str] = attrs.field(factory=dict)
    depositor_digests: Mapping[str, str] = attrs.field(factory=dict)  # user metadata that may hold digests, by name
    storage_class: str = "STANDARD"
    replication: Replication = Replication.NONE

    @property
    def version(self) -> Version:
        """Which version it is."""
        return Version(id=self.version_id, etag=self.etag, size=self.size, modified=self.modified)
