"""The statements of a bucket's policy that are ours, each under a fixed Sid."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

NO_UPLOADS: Final = "NoUploadsYet"
PUBLIC: Final = "EveryoneMayRead"

# Classes that one request reads at once. What lies in another class would be in our care without ever being read:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
READABLE_CLASSES: Final = (
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "REDUCED_REDUNDANCY",
)
_STORAGE_CLASS: Final = "s3:x-amz-storage-class"
_ENCRYPTION: Final = "s3:x-amz-server-side-encryption"
_KEY: Final = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_CUSTOMERS_KEY: Final = "s3:x-amz-server-side-encryption-customer-algorithm"


def policy(statements: Sequence[Mapping[str, Any]]) -> str:
    """Return a policy as S3 takes it."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, sort_keys=True)


def encrypted_connections_only(bucket: str) -> dict[str, Any]:
    """Deny every request without TLS."""
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    unencrypted = {"Bool": {"aws:SecureTransport": "false"}}
    return _statement("EncryptedConnectionsOnly", "Deny", "s3:*", resources, Condition=unencrypted)


def no_uploads(bucket: str) -> dict[str, Any]:
    """Deny every upload: the bucket was never open."""
    return _statement(NO_UPLOADS, "Deny", "s3:PutObject", f"arn:aws:s3:::{bucket}/*")


def everyone_may_read(bucket: str) -> dict[str, Any]:
    """Allow everybody to read objects."""
    return _statement(PUBLIC, "Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/*")


def readable_uploads_only(bucket: str, key_arn: str | None) -> list[dict[str, Any]]:
    """Deny uploads that the service could not read, or S3 could not replicate (lesson L38).

    `key_arn` is the key of the bucket, None with S3's own keys. Each condition first asks whether the header was sent:
    a negated operator also matches a request without it, with `IfExists` as well, and UploadPart sends none of them
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
    S3 replicates with `s3:ReplicateObject` and moves objects to other classes without a request, so that neither meets
    these statements: https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    objects = f"arn:aws:s3:::{bucket}/*"

    def refused(sid: str, **condition: Mapping[str, Any]) -> dict[str, Any]:
        return _statement(sid, "Deny", "s3:PutObject", objects, Condition=condition)

    sent = "false"
    door = [
        refused(
            "ReadableStorageClassesOnly",
            Null={_STORAGE_CLASS: sent},
            StringNotEquals={_STORAGE_CLASS: list(READABLE_CLASSES)},
        ),
        refused("NoKeysOfCustomers", Null={_CUSTOMERS_KEY: sent}),
    ]
    if key_arn is None:
        return [*door, refused("OwnKeysOnly", Null={_ENCRYPTION: sent}, StringNotEquals={_ENCRYPTION: "AES256"})]
    ours = [key_arn, key_arn.rpartition("/")[2]]
    return [
        *door,
        refused("OwnKeysOnly", Null={_KEY: sent}, StringNotEquals={_KEY: ours}),
        # Without a key's name S3 takes the account's key for S3, not the bucket's:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        refused("NoUnnamedKeys", Null={_KEY: "true"}, StringLike={_ENCRYPTION: "aws:kms*"}),
    ]


def _statement(sid: str, effect: str, action: str, resource: str | list[str], **more: object) -> dict[str, Any]:
    """Return a statement about everybody."""
    return {"Sid": sid, "Effect": effect, "Principal": "*", "Action": action, "Resource": resource, **more}
