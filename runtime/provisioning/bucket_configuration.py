"""THE configuration of a deposit bucket and its replica: the calls of S3's API, in order.

The same steps configure a new bucket and repair the drift of an existing one.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import attrs

from runtime.contract import APPLICATION, ManagedPrefix, Tag, access_log_prefix
from runtime.provisioning.bucket_names import BucketPair
from runtime.provisioning.replication_events import ReplicationProblem
from runtime.settings import ProvisioningSettings

_INVENTORY_ID: Final = "daily"


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
    only_new: bool = False  # must not be repeated on a bucket in use


def _step(what: str, call: str, *, only_new: bool = False, **arguments: object) -> Step:
    return Step(what=what, call=call, arguments=arguments, only_new=only_new)


def main_steps(pair: BucketPair, settings: ProvisioningSettings) -> tuple[Step, ...]:
    """Return the steps for a main bucket before its replica exists; nobody can upload yet."""
    no_uploads = _statement("NoUploadsYet", "Deny", "s3:PutObject", f"arn:aws:s3:::{pair.main}/*")
    closed = _policy(pair.main, no_uploads)
    return (
        _tags(BucketType.PUBLIC if pair.public else BucketType.MAIN, settings),
        _step("close the bucket for uploads", "put_bucket_policy", only_new=True, Policy=closed),
        # A repair must not close a public bucket in use; a new one opens in the last steps.
        attrs.evolve(_public_access("block public access", blocked=True), only_new=pair.public),
        # S3 needs a signed request for what a customer key encrypts, so a public bucket has S3's own key:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
        *_common(None if pair.public else settings.encryption_key_arn),
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
    return (
        _tags(BucketType.REPLICA, settings),
        _public_access("block public access", blocked=True),
        *_common(settings.replica_key_arn),
        _lifecycle(settings, days=settings.replica_transition_days, storage_class=settings.replica_storage_class),
        _step("allow encrypted connections only", "put_bucket_policy", Policy=_policy(pair.replica)),
    )


def opening_steps(pair: BucketPair, settings: ProvisioningSettings) -> tuple[Step, ...]:
    """Return the steps once the replica exists; the last one opens the main bucket (lesson L17)."""
    replicate = _step(
        "start replication", "put_bucket_replication", ReplicationConfiguration=_replication(pair, settings)
    )
    if not pair.public:
        return replicate, _step("open the bucket for uploads", "put_bucket_policy", Policy=_policy(pair.main))
    everyone_may_read = _statement("EveryoneMayRead", "Allow", "s3:GetObject", f"arn:aws:s3:::{pair.main}/*")
    return (
        replicate,
        _public_access("allow public access", blocked=False),
        _step("open the bucket for uploads", "put_bucket_policy", Policy=_policy(pair.main, everyone_may_read)),
    )


def inventory_folder(bucket: str) -> str:
    """Return the folder of the managed bucket where S3 writes the inventories of a main bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
    """
    return f"{ManagedPrefix.INVENTORY}{bucket}/{_INVENTORY_ID}/"


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
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": key_arn is not None}
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
        "Id": _INVENTORY_ID,
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
        Id=_INVENTORY_ID,
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


def _policy(bucket: str, *statements: Mapping[str, Any]) -> str:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    unencrypted = {"Bool": {"aws:SecureTransport": "false"}}
    encrypted = _statement("EncryptedConnectionsOnly", "Deny", "s3:*", resources, Condition=unencrypted)
    return json.dumps({"Version": "2012-10-17", "Statement": [encrypted, *statements]}, sort_keys=True)


def _statement(sid: str, effect: str, action: str, resource: str | list[str], **more: object) -> dict[str, Any]:
    """Return a statement about everybody."""
    return {"Sid": sid, "Effect": effect, "Principal": "*", "Action": action, "Resource": resource, **more}
