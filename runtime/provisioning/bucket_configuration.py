"""THE configuration of a deposit bucket and its replica, as the ordered calls that bring it about.

A step is a call of S3's API with its arguments. One routine applies the steps to a new bucket and, to repair drift, to
one that exists.
"""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import attrs

from runtime.contract import APPLICATION, ManagedPrefix, Tag, access_log_prefix
from runtime.provisioning.bucket_names import BucketPair
from runtime.provisioning.replication_events import ReplicationProblem
from runtime.settings import ProvisioningSettings

_REPLICATION_MINUTES: Final = 15
_INVENTORY_ID: Final = "daily"
_REPLICATION_EVENTS_ID: Final = "replication"
_INVENTORY_FIELDS: Final = (
    "Size",
    "LastModifiedDate",
    "StorageClass",
    "ETag",
    "ReplicationStatus",
    "ChecksumAlgorithm",
)


class BucketType(StrEnum):
    """What a bucket is for, as its tag says."""

    MAIN = "main"
    PUBLIC = "public"
    REPLICA = "replica"


@attrs.frozen(kw_only=True)
class Step:
    """One call that configures a bucket.

    Attributes:
        what: what it does, for people, as in "could not ...".
        call: the call, as boto3 names it.
        arguments: its arguments besides the bucket.
        only_new: whether it is for a bucket that was made just now and must not be repeated on one in use.
    """

    what: str
    call: str
    arguments: Mapping[str, Any]
    only_new: bool = False


def main_steps(pair: BucketPair, settings: ProvisioningSettings) -> tuple[Step, ...]:
    """Return what a main bucket gets before its replica exists; nobody can upload yet."""
    return (
        _tags(BucketType.PUBLIC if pair.public else BucketType.MAIN, settings),
        Step(
            what="close the bucket for uploads",
            call="put_bucket_policy",
            arguments={"Policy": _policy(pair.main, _no_uploads(pair.main))},
            only_new=True,
        ),
        # A public bucket in use must not be closed by a repair, and opens only in the last steps.
        attrs.evolve(_block_public_access(), only_new=pair.public),
        # Nobody may read without a signature what a customer key encrypts, so a public bucket has S3's own:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
        *_common(None if pair.public else settings.encryption_key_arn),
        _lifecycle(
            settings,
            days=settings.main_transition_days,
            storage_class=None if pair.public else settings.main_storage_class,
        ),
        _events(settings),
        _inventory(settings),
        Step(
            what="switch access logs on",
            call="put_bucket_logging",
            arguments={
                "BucketLoggingStatus": {
                    "LoggingEnabled": {
                        "TargetBucket": settings.logs_bucket,
                        "TargetPrefix": access_log_prefix(pair.main),
                    }
                }
            },
        ),
    )


def replica_steps(pair: BucketPair, settings: ProvisioningSettings) -> tuple[Step, ...]:
    """Return what a replica gets. Access logs stay within a region, so a replica has none."""
    return (
        _tags(BucketType.REPLICA, settings),
        _block_public_access(),
        *_common(settings.replica_key_arn),
        _lifecycle(settings, days=settings.replica_transition_days, storage_class=settings.replica_storage_class),
        Step(
            what="allow encrypted connections only",
            call="put_bucket_policy",
            arguments={"Policy": _policy(pair.replica)},
        ),
    )


def opening_steps(pair: BucketPair, settings: ProvisioningSettings) -> tuple[Step, ...]:
    """Return what makes a main bucket usable once its replica exists; the last step opens it (lesson L17)."""
    steps = [
        Step(
            what="start replication",
            call="put_bucket_replication",
            arguments={"ReplicationConfiguration": _replication(pair, settings)},
        )
    ]
    statements: list[Mapping[str, Any]] = []
    if pair.public:
        steps.append(
            Step(
                what="allow public access",
                call="put_public_access_block",
                arguments={"PublicAccessBlockConfiguration": _public_access_block(blocked=False)},
            )
        )
        statements.append(
            {
                "Sid": "EveryoneMayRead",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{pair.main}/*",
            }
        )
    steps.append(
        Step(
            what="open the bucket for uploads",
            call="put_bucket_policy",
            arguments={"Policy": _policy(pair.main, *statements)},
        )
    )
    return tuple(steps)


def inventory_folder(bucket: str) -> str:
    """Return the folder of the managed bucket into which S3 writes the inventories of a main bucket.

    See https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
    """
    return f"{ManagedPrefix.INVENTORY}{bucket}/{_INVENTORY_ID}/"


def tags_of(kind: BucketType, environment: str) -> dict[str, str]:
    """Return the tags that say that a bucket is ours."""
    return {Tag.APPLICATION: APPLICATION, Tag.ENVIRONMENT: environment, Tag.BUCKET_TYPE: kind.value}


def is_ours(tags: Mapping[str, str], environment: str, kinds: Sequence[BucketType]) -> bool:
    """Tell whether tags say that a bucket is ours and of one of the kinds."""
    return any(tags_of(kind, environment).items() <= tags.items() for kind in kinds)


def _tags(kind: BucketType, settings: ProvisioningSettings) -> Step:
    tag_set = [{"Key": name, "Value": value} for name, value in tags_of(kind, settings.environment).items()]
    return Step(what="tag the bucket", call="put_bucket_tagging", arguments={"Tagging": {"TagSet": tag_set}})


def _block_public_access() -> Step:
    return Step(
        what="block public access",
        call="put_public_access_block",
        arguments={"PublicAccessBlockConfiguration": _public_access_block(blocked=True)},
    )


def _public_access_block(*, blocked: bool) -> dict[str, bool]:
    # Access control lists are off in all our buckets, whatever their policy.
    return {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": blocked,
        "RestrictPublicBuckets": blocked,
    }


def _common(key_arn: str | None) -> tuple[Step, ...]:
    default: dict[str, Any] = {"SSEAlgorithm": "AES256"}
    if key_arn is not None:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": key_arn is not None}
    return (
        Step(
            what="make the bucket's owner own its objects",
            call="put_bucket_ownership_controls",
            arguments={"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        ),
        Step(
            what="switch encryption on",
            call="put_bucket_encryption",
            arguments={"ServerSideEncryptionConfiguration": {"Rules": [rule]}},
        ),
        Step(
            what="keep versions",
            call="put_bucket_versioning",
            arguments={"VersioningConfiguration": {"Status": "Enabled"}},
        ),
    )


def _lifecycle(settings: ProvisioningSettings, *, days: int, storage_class: str | None) -> Step:
    rules: list[dict[str, Any]] = [
        {
            "ID": "tidy",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": settings.abort_multipart_days},
            "NoncurrentVersionExpiration": {"NoncurrentDays": settings.noncurrent_expiry_days},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        }
    ]
    if storage_class is not None:
        rules.append(
            {
                "ID": "storage-class",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "Transitions": [{"Days": days, "StorageClass": storage_class}],
            }
        )
    return Step(
        what="set the lifecycle",
        call="put_bucket_lifecycle_configuration",
        arguments={"LifecycleConfiguration": {"Rules": rules}},
    )


def _events(settings: ProvisioningSettings) -> Step:
    # EventBridge gets everything but the events of replication, which S3 sends to queues, topics and functions only:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-metrics-events.html
    return Step(
        what="switch events on",
        call="put_bucket_notification_configuration",
        arguments={
            "NotificationConfiguration": {
                "EventBridgeConfiguration": {},
                "QueueConfigurations": [
                    {
                        "Id": _REPLICATION_EVENTS_ID,
                        "QueueArn": settings.replication_queue_arn,
                        "Events": [problem.event for problem in ReplicationProblem],
                    }
                ],
            }
        },
    )


def _inventory(settings: ProvisioningSettings) -> Step:
    configuration = {
        "Id": _INVENTORY_ID,
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Daily"},
        "OptionalFields": list(_INVENTORY_FIELDS),
        "Destination": {
            "S3BucketDestination": {
                "AccountId": settings.account_id,
                "Bucket": f"arn:aws:s3:::{settings.managed_bucket}",
                "Format": "CSV",
                # S3 adds the bucket's name and the inventory's id below it.
                "Prefix": ManagedPrefix.INVENTORY.rstrip("/"),
            }
        },
    }
    return Step(
        what="order the daily inventory",
        call="put_bucket_inventory_configuration",
        arguments={"Id": _INVENTORY_ID, "InventoryConfiguration": configuration},
    )


def _replication(pair: BucketPair, settings: ProvisioningSettings) -> dict[str, Any]:
    destination: dict[str, Any] = {
        "Bucket": f"arn:aws:s3:::{pair.replica}",
        "StorageClass": settings.replication_storage_class,
        # Without metrics S3 reports no failure:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-metrics-events.html
        "Metrics": {"Status": "Enabled"},
    }
    rule: dict[str, Any] = {
        "ID": "whole-bucket",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": destination,
    }
    if settings.replication_time_control:
        minutes = {"Minutes": _REPLICATION_MINUTES}
        destination["ReplicationTime"] = {"Status": "Enabled", "Time": minutes}
        destination["Metrics"] = {"Status": "Enabled", "EventThreshold": minutes}
    if settings.encryption_key_arn is not None and settings.replica_key_arn is not None:
        destination["EncryptionConfiguration"] = {"ReplicaKmsKeyID": settings.replica_key_arn}
        rule["SourceSelectionCriteria"] = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    return {"Role": settings.replication_role_arn, "Rules": [rule]}


def _policy(bucket: str, *statements: Mapping[str, Any]) -> str:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    encrypted = {
        "Sid": "EncryptedConnectionsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": resources,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [encrypted, *statements]}, sort_keys=True)


def _no_uploads(bucket: str) -> dict[str, Any]:
    return {
        "Sid": "NoUploadsYet",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
