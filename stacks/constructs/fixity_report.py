"""The function that writes reports: its queue, its schedule, settings and permissions."""

from typing import Final

import attrs
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from runtime.contract import BucketSuffix, Env, Function, ManagedPrefix
from stacks import bundling, naming
from stacks.config import Settings
from stacks.constructs.retention import Retention
from stacks.constructs.runtime_function import RuntimeFunction, RuntimeFunctionProps
from stacks.constructs.work_queue import WorkQueue, WorkQueueProps

# Not all of the folder: the sweep has its reports in it too.
_DATED: Final = f"{ManagedPrefix.REPORTS}????-??-??/*"
_LATEST: Final = f"{ManagedPrefix.LATEST_REPORT}*"
_UNDER_WAY: Final = f"{ManagedPrefix.REPORTS_UNDER_WAY}*"
WRITTEN: Final = (_DATED, _LATEST, _UNDER_WAY)
READ: Final = (*WRITTEN, f"{ManagedPrefix.INVENTORY}*", f"{ManagedPrefix.AUDIT_MANIFESTS}*")


@attrs.frozen(kw_only=True)
class FixityReportProps:
    """Arguments of `FixityReport`.

    Attributes:
        settings: the environment's settings.
        code: the code of all functions.
        layer: their dependencies, None where the host provides them.
        table: the checksum table.
        key: the customer key, None where there is none.
        retention: what happens to logs and queues when they leave the template.
    """

    settings: Settings
    code: lambda_.Code
    layer: lambda_.ILayerVersion | None
    table: dynamodb.TableV2
    key: kms.IKey | None
    retention: Retention


class FixityReport(Construct):
    """The function and its queue, into which the schedule, people and the function itself put what is to be done.

    Attributes:
        function: the function.
        queue: the queue.
    """

    def __init__(self, scope: Construct, construct_id: str, props: FixityReportProps) -> None:
        """Create both."""
        super().__init__(scope, construct_id)
        settings = props.settings
        sizing = settings.functions.checksum_report
        self.queue = WorkQueue(
            self,
            "Queue",
            WorkQueueProps(
                environment=settings.name,
                name=naming.REPORTS,
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
            "Starts a report",
            settings.report.schedule,
            {"action": "start", "time": events.EventField.time},
        )
        more = bundling.report_layer(self, "Parquet", settings.architecture) if props.layer is not None else None
        self.function = RuntimeFunction(
            self,
            "ChecksumReport",
            RuntimeFunctionProps(
                settings=settings,
                name=Function.CHECKSUM_REPORT,
                description="Writes lists of all objects and a page for people",
                sizing=sizing,
                code=props.code,
                layer=props.layer,
                more_layers=() if more is None else (more,),
                variables={
                    Env.BUCKET_PREFIX: settings.bucket_prefix,
                    Env.MANAGED_BUCKET: naming.bucket_name(settings.bucket_prefix, BucketSuffix.MANAGED),
                    Env.CHECKSUM_TABLE: props.table.table_name,
                    Env.REPORT_QUEUE_URL: self.queue.queue.queue_url,
                    Env.CHECK_INTERVAL_DAYS: str(settings.fixity.check_interval_days),
                    Env.CHECK_GRACE_DAYS: str(settings.sweep.grace_days),
                    Env.REPORT_PERIOD_DAYS: str(settings.report.period_days),
                    Env.MAX_RECEIVE_COUNT: str(settings.delivery.max_receives),
                },
                removal_policy=props.retention.removal_policy,
                calls_itself=True,
            ),
        )
        self._allow(props)
        self.queue.drive(self.function, sizing)

    def _allow(self, props: FixityReportProps) -> None:
        managed = naming.bucket_name(props.settings.bucket_prefix, BucketSuffix.MANAGED)
        self.function.allow(["dynamodb:Query"], props.table.table_arn)
        self.function.allow(["sqs:SendMessage"], self.queue.queue.queue_arn)
        # It cannot be limited to a prefix.
        self.function.allow(["s3:ListAllMyBuckets"], "*")
        # For inventories; and without it a missing file would be answered by 403 instead of 404 (lesson L22).
        self.function.allow(["s3:ListBucket"], naming.bucket_arn(managed))
        self.function.allow(["s3:GetObject"], *(naming.objects_arn(managed, keys) for keys in READ))
        self.function.allow(
            ["s3:PutObject", "s3:AbortMultipartUpload"], *(naming.objects_arn(managed, keys) for keys in WRITTEN)
        )
        self.function.allow_key(props.key, "kms:Decrypt", "kms:GenerateDataKey")
