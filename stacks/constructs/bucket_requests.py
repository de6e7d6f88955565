"""The function that makes deposit buckets: its queue, settings and permissions."""

from typing import Final

import attrs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from runtime.contract import NO_KEY, BucketSuffix, Env, Function, ManagedPrefix
from stacks import naming
from stacks.config import Settings
from stacks.constructs import audit_trail, object_events
from stacks.constructs.fixed_buckets import FixedBuckets
from stacks.constructs.retention import Retention
from stacks.constructs.runtime_function import RuntimeFunction, RuntimeFunctionProps
from stacks.constructs.work_queue import WorkQueue, WorkQueueProps

_LOOKING: Final = ["s3:GetBucketTagging", "s3:ListBucket"]
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
]


@attrs.frozen(kw_only=True)
class BucketRequestsProps:
    """Arguments of `BucketRequests`.

    Attributes:
        settings: the environment's settings.
        code: the code of all functions.
        layer: their dependencies, None where the host provides them.
        buckets: the fixed buckets.
        replication_role: the role by which S3 writes replicas.
        replication_events: the queue to which S3 reports replications that fail or are late.
        key: the customer key, None where there is none.
        retention: what happens to the log when it leaves the template.
    """

    settings: Settings
    code: lambda_.Code
    layer: lambda_.ILayerVersion | None
    buckets: FixedBuckets
    replication_role: iam.IRole
    replication_events: WorkQueue
    key: kms.IKey | None
    retention: Retention


class BucketRequests(Construct):
    """The function and its queue.

    Attributes:
        function: the function.
        queue: the queue of requests.
    """

    def __init__(self, scope: Construct, construct_id: str, props: BucketRequestsProps) -> None:
        """Create both."""
        super().__init__(scope, construct_id)
        settings = props.settings
        sizing = settings.functions.bucket_requested
        self.queue = WorkQueue(
            self,
            "Queue",
            WorkQueueProps(
                environment=settings.name,
                name=naming.BUCKET_REQUESTS,
                timeout_seconds=sizing.timeout_seconds,
                batch_window_seconds=0,
                # Each takes seconds and may not wait for others within one time-out.
                batch_size=1,
                max_receives=settings.delivery.max_receives,
                removal_policy=props.retention.removal_policy,
            ),
        )
        self.queue.take("Requested", "New bucket requests", object_events.of_requests(settings.bucket_prefix))
        self.function = RuntimeFunction(
            self,
            "BucketRequested",
            RuntimeFunctionProps(
                settings=settings,
                name=Function.BUCKET_REQUESTED,
                description="Makes deposit buckets",
                sizing=sizing,
                code=props.code,
                layer=props.layer,
                variables=_variables(props),
                removal_policy=props.retention.removal_policy,
            ),
        )
        self._allow(props)
        self.queue.drive(self.function, sizing)

    def _allow(self, props: BucketRequestsProps) -> None:
        prefix = props.settings.bucket_prefix
        managed = naming.bucket_name(prefix, BucketSuffix.MANAGED)
        requests = naming.bucket_name(prefix, BucketSuffix.REQUEST)
        self.function.allow(["s3:GetObject", "s3:GetObjectVersion"], naming.objects_arn(requests))
        self.function.allow(["s3:PutObject"], naming.objects_arn(managed, f"{ManagedPrefix.REQUESTS}*"))
        self.function.allow(
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            naming.objects_arn(managed, f"{ManagedPrefix.IN_PROGRESS}*"),
        )
        audit_trail.let_write_events(self.function, props.settings)
        self.function.allow([*_LOOKING, *_MAKING], naming.bucket_arn(naming.any_bucket(prefix)))
        # Whatever a request asks for, the fixed buckets are not touched (lesson L15).
        logs = naming.bucket_name(prefix, BucketSuffix.LOGS)
        self.function.deny(_MAKING, *(naming.bucket_arn(name) for name in (managed, requests, logs)))
        self.function.allow(
            ["iam:PassRole"],
            props.replication_role.role_arn,
            conditions={"StringEquals": {"iam:PassedToService": "s3.amazonaws.com"}},
        )
        self.function.allow_key(props.key, "kms:Decrypt", "kms:GenerateDataKey")


def _variables(props: BucketRequestsProps) -> dict[str, str]:
    settings = props.settings
    days, requests = settings.lifecycle, settings.requests
    return {
        **audit_trail.variables(settings),
        Env.BUCKET_PREFIX: settings.bucket_prefix,
        Env.ACCOUNT_ID: settings.account,
        Env.REPLICA_REGION: settings.replica_region,
        Env.LOGS_BUCKET: props.buckets.logs.bucket_name,
        Env.REPLICATION_ROLE_ARN: props.replication_role.role_arn,
        Env.REPLICATION_QUEUE_ARN: props.replication_events.queue.queue_arn,
        Env.FUNCTION_TIMEOUT: str(settings.functions.bucket_requested.timeout_seconds),
        Env.MAX_RECEIVE_COUNT: str(settings.delivery.max_receives),
        Env.MAX_BUCKETS_PER_REQUEST: str(requests.max_buckets_per_request),
        Env.SETTLING_MINUTES: str(requests.settling_minutes),
        Env.PUBLIC_BUCKETS_ALLOWED: str(requests.public_buckets_allowed).lower(),
        Env.ENCRYPTION_KEY_ARN: NO_KEY if props.key is None else props.key.key_arn,
        Env.REPLICA_KEY_ARN: settings.encryption.replica_key_arn or NO_KEY,
        Env.ABORT_MULTIPART_DAYS: str(days.abort_multipart_days),
        Env.NONCURRENT_EXPIRY_DAYS: str(days.noncurrent_expiry_days),
        Env.MAIN_TRANSITION_DAYS: str(days.main_transition_days),
        Env.MAIN_STORAGE_CLASS: days.main_storage_class,
        Env.REPLICA_TRANSITION_DAYS: str(days.replica_transition_days),
        Env.REPLICA_STORAGE_CLASS: days.replica_storage_class,
        Env.REPLICATION_STORAGE_CLASS: days.replication_storage_class,
        Env.REPLICATION_TIME_CONTROL: str(requests.replication_time_control).lower(),
    }
