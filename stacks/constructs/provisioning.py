"""The function that makes deposit buckets: its queue, settings and permissions."""

from typing import Final

from aws_cdk import aws_iam as iam
from constructs import Construct

from runtime.contract import BucketSuffix, ManagedPrefix
from runtime.settings import ProvisioningSettings
from stacks import naming
from stacks.constructs import audit, object_events
from stacks.constructs.acknowledged import ANY_BUCKET, ANY_OBJECT, FOLDER
from stacks.constructs.fixed_buckets import FixedBuckets
from stacks.constructs.function_host import FunctionHost
from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.work_queue import WorkQueue

_LOOKING: Final = [
    "s3:GetBucketAbac",
    "s3:GetBucketLogging",
    "s3:GetBucketNotification",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetInventoryConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
]
_MAKING: Final = [
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:PutBucketLogging",
    "s3:PutBucketNotification",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutInventoryConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
    # Where a bucket has attribute-based access control, S3 refuses PutBucketTagging.
    "s3:TagResource",
]


class Provisioning(Construct):
    """The function and its queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        host: FunctionHost,
        *,
        buckets: FixedBuckets,
        replication_role: iam.IRole,
        replication_events: WorkQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = host.settings
        days, requests, sizing = settings.lifecycle, settings.requests, settings.functions.bucket_requested
        # One request at once: each takes seconds and may not wait for others within one time-out.
        self.queue = WorkQueue(self, "Queue", host, name=naming.BUCKET_REQUESTS, sizing=sizing)
        self.queue.take("Requested", "New bucket requests", object_events.of_requests(settings.bucket_prefix))
        self._function = RuntimeFunction(
            self,
            "BucketRequested",
            host,
            ProvisioningSettings(
                **host.audit_settings(),
                bucket_prefix=settings.bucket_prefix,
                account_id=settings.account,
                replica_region=settings.replica_region,
                logs_bucket=buckets.logs.bucket_name,
                replication_role_arn=replication_role.role_arn,
                replication_queue_arn=replication_events.queue.queue_arn,
                own_queue_url=self.queue.queue.queue_url,
                function_timeout_seconds=sizing.timeout_seconds,
                max_receive_count=settings.delivery.max_receives,
                max_buckets_per_request=requests.max_buckets_per_request,
                settling_minutes=requests.settling_minutes,
                public_buckets_allowed=requests.public_buckets_allowed,
                encryption_key_arn=None if host.key is None else host.key.key_arn,
                replica_key_arn=settings.encryption.replica_key_arn or None,
                abort_multipart_days=days.abort_multipart_days,
                noncurrent_expiry_days=days.noncurrent_expiry_days,
                main_transition_days=days.main_transition_days,
                main_storage_class=days.main_storage_class,
                replica_transition_days=days.replica_transition_days,
                replica_storage_class=days.replica_storage_class,
                replication_storage_class=days.replication_storage_class,
                replication_time_control=requests.replication_time_control,
            ),
            description="Makes deposit buckets",
            sizing=sizing,
        )
        self.functions = (self._function,)
        self._allow(host)
        self._function.allow(
            ["iam:PassRole"],
            replication_role.role_arn,
            conditions={"StringEquals": {"iam:PassedToService": "s3.amazonaws.com"}},
        )
        self._function.allow_key(host.key, "kms:Decrypt", "kms:GenerateDataKey")
        self.queue.drive(self._function)

    def _allow(self, host: FunctionHost) -> None:
        prefix, managed = host.settings.bucket_prefix, host.managed_bucket
        requests = naming.bucket_name(prefix, BucketSuffix.REQUEST)
        self._function.allow(
            ["s3:GetObject", "s3:GetObjectVersion"], naming.objects_arn(requests), acknowledged=ANY_OBJECT
        )
        self._function.allow(
            ["s3:PutObject"], naming.objects_arn(managed, f"{ManagedPrefix.REQUESTS}*"), acknowledged=FOLDER
        )
        self._function.allow(
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            naming.objects_arn(managed, f"{ManagedPrefix.IN_PROGRESS}*"),
            acknowledged=FOLDER,
        )
        self._function.allow(
            ["s3:GetObject", "s3:PutObject"],
            naming.objects_arn(managed, f"{ManagedPrefix.COLLECTIONS}*"),
            acknowledged=FOLDER,
        )
        # A request whose buckets settle is sent again with a delay.
        self._function.allow(["sqs:SendMessage"], self.queue.queue.queue_arn)
        audit.let_write_events(self._function, host)
        buckets = naming.bucket_arn(naming.any_bucket(prefix))
        self._function.allow([*_LOOKING, *_MAKING], buckets, acknowledged=ANY_BUCKET)
        # No request may change the fixed buckets (lesson L15).
        logs = naming.bucket_name(prefix, BucketSuffix.LOGS)
        self._function.deny(_MAKING, *(naming.bucket_arn(name) for name in (managed, requests, logs)))
