"""THE configuration of a deposit bucket and its replica: the calls of S3's API, in order.

A new bucket gets the steps one after the other; an existing one is compared with what they leave behind.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import attrs

from runtime.contract import APPLICATION, ManagedPrefix, Tag, access_log_prefix
from runtime.provisioning.bucket_names import BucketPair
from runtime.provisioning.bucket_policy import (
    encrypted_connections_only,
    everyone_may_read,
    no_uploads,
    policy,
    readable_uploads_only,
)
from runtime.provisioning.replication_events import ReplicationProblem
from runtime.settings import ProvisioningSettings

INVENTORY_ID: Final = "daily"


class BucketType(StrEnum):
    """Value of a bucket's type tag."""

    MAIN = "main"
    PUBLIC = "public"
    REPLICA = "replica"


@attrs.frozen(kw_only=True)
class Step:
    """One call that configures a bucket."""

    what: str  # for people, as in "could not ..."
    call: str  # method of boto3's S3 client
    arguments: Mapping[str, Any]  # besides the bucket


def _step(what: str, call: str, **arguments: object) -> Step:
    return Step(what=what, call=call, arguments=arguments)


def main_steps(pair: BucketPair, settings: ProvisioningSettings) -> tuple[Step, ...]:
    """Return the steps for a main bucket before its replica exists; nobody can upload yet."""
    return (
        _tags(BucketType.PUBLIC if pair.public else BucketType.MAIN, settings),
        _step("close the bucket for uploads", "put_bucket_policy", Policy=_main_policy(pair, settings, closed=True)),
        _public_access("block public access", blocked=True),
        *_common(_key_of(pair, settings)),
        _lifecycle(
            settings,
            days=settings.main_transition_days,
            storage_class=None if pair.public else settings.main_storage_class,
        ),
        _events(settings),
        _inventory(settings),
        _step(
            "switch access logs on",
            "put_bucket_logging",
            BucketLoggingStatus={
                "LoggingEnabled": {"TargetBucket": settings.logs_bucket, "TargetPrefix": access_log_prefix(pair.main)}
            },
        ),
    )


def replica_steps(pair: BucketPair, settings: ProvisioningSettings) -> tuple[Step, ...]:
    """Return the steps for a replica. Access logs stay within a region, so a replica has none."""
    encrypted = policy([encrypted_connections_only(pair.replica)])
    return (
        _tags(BucketType.REPLICA, settings),
        _public_access("block public access", blocked=True),
        *_common(settings.replica_key_arn),
        _lifecycle(settings, days=settings.replica_transition_days, storage_class=settings.replica_storage_class),
        _step("allow encrypted connections only", "put_bucket_policy", Policy=encrypted),
    )


def connecting_steps(pair: BucketPair, settings: ProvisioningSettings) -> tuple[Step, ...]:
    """Return the steps once the replica exists, before the settling time; uploads stay closed (lesson L49).

    Everybody may read a public bucket from here on: it is empty, and a refusal comes before anybody has waited.
    """
    replicate = _step(
        "start replication", "put_bucket_replication", ReplicationConfiguration=_replication(pair, settings)
    )
    if not pair.public:
        return (replicate,)
    readable = _main_policy(pair, settings, closed=True, public=True)
    return (
        replicate,
        _public_access("allow public access", blocked=False),
        _step("let everybody read", "put_bucket_policy", Policy=readable),
    )


def opening_step(pair: BucketPair, settings: ProvisioningSettings) -> Step:
    """Return the last step, which opens the main bucket for uploads (lesson L17)."""
    opened = _main_policy(pair, settings, public=pair.public)
    return _step("open the bucket for uploads", "put_bucket_policy", Policy=opened)


def main_target(pair: BucketPair, settings: ProvisioningSettings) -> tuple[Step, ...]:
    """Return what a main bucket in use should have: the last step of each call, with access to it at the end."""
    steps = (*main_steps(pair, settings), *connecting_steps(pair, settings), opening_step(pair, settings))
    last = {step.call: step for step in steps}
    access = [last.pop("put_public_access_block"), last.pop("put_bucket_policy")]
    return (*last.values(), *access)


def _key_of(pair: BucketPair, settings: ProvisioningSettings) -> str | None:
    # S3 needs a signed request for what a customer key encrypts, so a public bucket has S3's own key:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    return None if pair.public else settings.encryption_key_arn


def _main_policy(
    pair: BucketPair, settings: ProvisioningSettings, *, closed: bool = False, public: bool = False
) -> str:
    return policy(
        [
            encrypted_connections_only(pair.main),
            *readable_uploads_only(pair.main, _key_of(pair, settings)),
            *([no_uploads(pair.main)] if closed else []),
            *([everyone_may_read(pair.main)] if public else []),
        ]
    )


def inventory_folder(bucket: str) -> str:
    """Return the folder of the managed bucket where S3 writes the inventories of a main bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
    """
    return f"{ManagedPrefix.INVENTORY}{bucket}/{INVENTORY_ID}/"


def tags_of(kind: BucketType, environment: str) -> dict[str, str]:
    """Return the tags that mark a bucket as ours."""
    return {Tag.APPLICATION: APPLICATION, Tag.ENVIRONMENT: environment, Tag.BUCKET_TYPE: kind.value}


def _tags(kind: BucketType, settings: ProvisioningSettings) -> Step:
    tag_set = [{"Key": name, "Value": value} for name, value in tags_of(kind, settings.environment).items()]
    return _step("tag the bucket", "put_bucket_tagging", Tagging={"TagSet": tag_set})


def _public_access(what: str, *, blocked: bool) -> Step:
    return _step(
        what,
        "put_public_access_block",
        PublicAccessBlockConfiguration={
            # Access control lists are off in all our buckets.
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": blocked,
            "RestrictPublicBuckets": blocked,
        },
    )


def _common(key_arn: str | None) -> tuple[Step, ...]:
    default: dict[str, Any] = {"SSEAlgorithm": "AES256"}
    if key_arn is not None:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    # S3's default for new buckets, stated for those of accounts that have another:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_BlockedEncryptionTypes.html
    rule = {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": key_arn is not None,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }
    return (
        _step(
            "make the bucket's owner own its objects",
            "put_bucket_ownership_controls",
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        ),
        _step("switch encryption on", "put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]}),
        _step("keep versions", "put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"}),
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
    return _step("set the lifecycle", "put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": rules})


def _events(settings: ProvisioningSettings) -> Step:
    # S3 sends the events of replication to queues, topics and functions only, all others to EventBridge:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-metrics-events.html
    queue = {
        "Id": "replication",
        "QueueArn": settings.replication_queue_arn,
        "Events": [problem.event for problem in ReplicationProblem],
    }
    return _step(
        "switch events on",
        "put_bucket_notification_configuration",
        NotificationConfiguration={"EventBridgeConfiguration": {}, "QueueConfigurations": [queue]},
    )


def _inventory(settings: ProvisioningSettings) -> Step:
    fields = ["Size", "LastModifiedDate", "StorageClass", "ETag", "ReplicationStatus", "ChecksumAlgorithm"]
    configuration = {
        "Id": INVENTORY_ID,
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Daily"},
        "OptionalFields": fields,
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
    return _step(
        "order the daily inventory",
        "put_bucket_inventory_configuration",
        Id=INVENTORY_ID,
        InventoryConfiguration=configuration,
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
        minutes = {"Minutes": 15}
        destination["ReplicationTime"] = {"Status": "Enabled", "Time": minutes}
        destination["Metrics"] = {"Status": "Enabled", "EventThreshold": minutes}
    if settings.encryption_key_arn is not None and settings.replica_key_arn is not None:
        destination["EncryptionConfiguration"] = {"ReplicaKmsKeyID": settings.replica_key_arn}
        rule["SourceSelectionCriteria"] = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    return {"Role": settings.replication_role_arn, "Rules": [rule]}
