"""The function that looks for what is overdue, not scheduled or not recorded: its queue, settings and permissions."""

import attrs
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from runtime.contract import BucketSuffix, Env, Function, ManagedPrefix
from stacks import naming
from stacks.config import Settings
from stacks.constructs.fixity_tables import FixityTables
from stacks.constructs.retention import Retention
from stacks.constructs.runtime_function import RuntimeFunction, RuntimeFunctionProps
from stacks.constructs.work_queue import WorkQueue, WorkQueueProps


@attrs.frozen(kw_only=True)
class OverdueSweepProps:
    """Arguments of `OverdueSweep`.

    Attributes:
        settings: the environment's settings.
        code: the code of all functions.
        layer: their dependencies, None where the host provides them.
        tables: the two tables.
        created: the queue of new objects.
        verification: the queue of checks.
        key: the customer key, None where there is none.
        retention: what happens to logs and queues when they leave the template.
    """

    settings: Settings
    code: lambda_.Code
    layer: lambda_.ILayerVersion | None
    tables: FixityTables
    created: WorkQueue
    verification: WorkQueue
    key: kms.IKey | None
    retention: Retention


class OverdueSweep(Construct):
    """The function and its queue, into which the schedule and the function itself put what is to be done.

    Attributes:
        function: the function.
        queue: the queue.
    """

    def __init__(self, scope: Construct, construct_id: str, props: OverdueSweepProps) -> None:
        """Create both."""
        super().__init__(scope, construct_id)
        settings = props.settings
        sizing = settings.functions.fixity_sweep
        self.queue = WorkQueue(
            self,
            "Queue",
            WorkQueueProps(
                environment=settings.name,
                name=naming.SWEEP,
                timeout_seconds=sizing.timeout_seconds,
                batch_window_seconds=0,
                # A slice uses the time that there is.
                batch_size=1,
                max_receives=settings.delivery.max_receives,
                removal_policy=props.retention.removal_policy,
            ),
        )
        self.queue.schedule(
            "Start",
            "Starts a sweep of objects, records and schedule rows",
            settings.sweep.schedule,
            {"action": "start", "time": events.EventField.time},
        )
        self.function = RuntimeFunction(
            self,
            "FixitySweep",
            RuntimeFunctionProps(
                settings=settings,
                name=Function.FIXITY_SWEEP,
                description="Looks for what is overdue, not scheduled or not recorded",
                sizing=sizing,
                code=props.code,
                layer=props.layer,
                variables={
                    Env.BUCKET_PREFIX: settings.bucket_prefix,
                    Env.MANAGED_BUCKET: naming.bucket_name(settings.bucket_prefix, BucketSuffix.MANAGED),
                    Env.CHECKSUM_TABLE: props.tables.checksums.table_name,
                    Env.SCHEDULER_TABLE: props.tables.schedule.table_name,
                    Env.VERIFICATION_QUEUE_URL: props.verification.queue.queue_url,
                    Env.SWEEP_QUEUE_URL: self.queue.queue.queue_url,
                    Env.OBJECT_CREATED_QUEUE_URL: props.created.queue.queue_url,
                    Env.CHECK_INTERVAL_DAYS: str(settings.fixity.check_interval_days),
                    Env.CHECK_GRACE_DAYS: str(settings.sweep.grace_days),
                    Env.SLICE_RECORDS: str(settings.sweep.slice_records),
                    Env.YOUNG_HOURS: str(settings.sweep.young_hours),
                    Env.BATCH_CONCURRENCY: str(settings.fixity.batch_concurrency),
                    Env.MAX_RECEIVE_COUNT: str(settings.delivery.max_receives),
                },
                removal_policy=props.retention.removal_policy,
                calls_itself=True,
            ),
        )
        self._allow(props)
        self.queue.drive(self.function, sizing)

    def _allow(self, props: OverdueSweepProps) -> None:
        prefix = props.settings.bucket_prefix
        managed = naming.bucket_name(prefix, BucketSuffix.MANAGED)
        self.function.allow(["dynamodb:Query", "dynamodb:GetItem"], props.tables.checksums.table_arn)
        self.function.allow(
            ["dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"], props.tables.schedule.table_arn
        )
        self.function.allow(
            ["sqs:SendMessage"],
            props.created.queue.queue_arn,
            props.verification.queue.queue_arn,
            self.queue.queue.queue_arn,
        )
        # It cannot be limited to a prefix.
        self.function.allow(["s3:ListAllMyBuckets"], "*")
        # Of main buckets to list their objects; without that of the managed bucket, which is among them, a missing
        # file would be answered by 403 instead of 404 (lesson L22).
        self.function.allow(["s3:ListBucket"], naming.bucket_arn(naming.any_bucket(prefix)))
        self.function.allow(
            ["s3:GetObject", "s3:PutObject"],
            naming.objects_arn(managed, f"{ManagedPrefix.SWEEPS}*"),
            naming.objects_arn(managed, f"{ManagedPrefix.COVERAGE}*"),
        )
        self.function.allow_key(props.key, "kms:Decrypt", "kms:GenerateDataKey")
