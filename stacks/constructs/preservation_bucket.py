"""A fixed bucket: private, versioned, TLS-only, logged, and kept when it leaves a template."""

from collections.abc import Sequence
from typing import cast

import attrs
from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks import naming
from stacks.config import Settings
from stacks.constructs.retention import Retention


@attrs.frozen(kw_only=True)
class Expiry:
    """How long objects of a folder are kept: both times one after the other, because what expires is noncurrent."""

    name: str  # id of the lifecycle rule
    days: int  # until an object expires
    noncurrent_days: int  # until an expired, replaced or deleted version is removed
    prefix: str = ""  # the folder; empty for the whole bucket


@attrs.frozen(kw_only=True)
class Move:
    """When objects of a folder change their storage class."""

    name: str  # id of the lifecycle rule
    days: int
    storage_class: s3.StorageClass
    larger_than: int  # bytes; other objects stay
    prefix: str


class PreservationBucket(Construct):
    """The bucket."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        settings: Settings,
        retention: Retention,
        *,
        name: str,
        key: kms.IKey | None,
        log_bucket: s3.IBucket | None,
        announces_objects: bool = False,
        lockable: bool = False,
        expiries: Sequence[Expiry] = (),
        moves: Sequence[Move] = (),
        noncurrent_expiry_days: int | None = None,
    ) -> None:
        """Create the bucket.

        Without a key the encryption is S3-managed. The log bucket has no log bucket: it would log for ever. S3 cannot
        take `lockable` back. Objects without an expiry stay for ever.
        """
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=name,
            versioned=True,
            # Set only if true: CloudFormation would otherwise see a change in existing buckets.
            object_lock_enabled=True if lockable else None,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED if key is None else s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=None if key is None else True,
            removal_policy=retention.removal_policy,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="unfinished-uploads-and-delete-markers",
                    abort_incomplete_multipart_upload_after=Duration.days(settings.lifecycle.abort_multipart_days),
                    # S3 allows no removal of delete markers in a rule that also expires objects by days.
                    expired_object_delete_marker=True,
                    noncurrent_version_expiration=(
                        None if noncurrent_expiry_days is None else Duration.days(noncurrent_expiry_days)
                    ),
                ),
                *(
                    s3.LifecycleRule(
                        id=expiry.name,
                        prefix=expiry.prefix or None,
                        expiration=Duration.days(expiry.days),
                        noncurrent_version_expiration=Duration.days(expiry.noncurrent_days),
                    )
                    for expiry in expiries
                ),
                # Rules of their own, because a size limits all that a rule does.
                *(
                    s3.LifecycleRule(
                        id=move.name,
                        prefix=move.prefix,
                        object_size_greater_than=move.larger_than,
                        transitions=[
                            s3.Transition(storage_class=move.storage_class, transition_after=Duration.days(move.days))
                        ],
                    )
                    for move in moves
                ),
            ],
        )
        # The L2 properties of these two would add a custom resource, and one policy statement per source bucket.
        resource = cast("s3.CfnBucket", self.bucket.node.default_child)
        if announces_objects:
            resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
            )
        if log_bucket is not None:
            resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
                destination_bucket_name=log_bucket.bucket_name, log_file_prefix=naming.access_log_prefix(name)
            )
        first_move = 1 + len(expiries)
        for index, move in enumerate(moves, start=first_move):
            # The L2 property writes a number where CloudFormation's schema has a text.
            resource.add_property_override(
                f"LifecycleConfiguration.Rules.{index}.ObjectSizeGreaterThan", str(move.larger_than)
            )
