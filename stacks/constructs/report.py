"""The function that writes reports: its queue, its schedule, settings and permissions."""

from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns
from constructs import Construct

from runtime.contract import ManagedPrefix
from runtime.settings import ReportSettings
from stacks import bundling, naming
from stacks.constructs.acknowledged import FOLDER
from stacks.constructs.function_host import FunctionHost
from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.work_queue import WorkQueue

_WRITTEN: Final = (
    # Not all of the folder: the sweep has its reports in it too.
    f"{ManagedPrefix.REPORTS}????-??-??/*",
    f"{ManagedPrefix.LATEST_REPORT}*",
    ManagedPrefix.REPORT_INDEX,
    f"{ManagedPrefix.REPORTS_UNDER_WAY}*",
)
_READ: Final = (*_WRITTEN, f"{ManagedPrefix.INVENTORY}*", f"{ManagedPrefix.AUDIT_MANIFESTS}*")


class Report(Construct):
    """The function and its queue; the schedule, people and the function itself send messages to it."""

    def __init__(
        self, scope: Construct, construct_id: str, host: FunctionHost, *, table: dynamodb.TableV2, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, construct_id)
        settings = host.settings
        sizing = settings.functions.checksum_report
        self.queue = WorkQueue(self, "Queue", host, name=naming.REPORTS, sizing=sizing)
        self.queue.schedule_start("Starts a report", settings.report.schedule)
        self._function = RuntimeFunction(
            self,
            "ChecksumReport",
            host,
            ReportSettings(
                environment=settings.name,
                commit=host.commit,
                bucket_prefix=settings.bucket_prefix,
                managed_bucket=host.managed_bucket,
                checksum_table=table.table_name,
                report_queue_url=self.queue.queue.queue_url,
                alert_topic_arn=topic.topic_arn,
                check_interval_days=settings.fixity.check_interval_days,
                check_grace_days=settings.sweep.grace_days,
                report_period_days=settings.report.period_days,
                max_receive_count=settings.delivery.max_receives,
            ),
            description="Writes lists of all objects and a page for people",
            sizing=sizing,
            more_layers=[bundling.layer(self, "Parquet", settings.architecture, bundling.REPORT)] if host.layer else [],
            calls_itself=True,
        )
        self.functions = (self._function,)
        self._allow(host, table)
        self.queue.drive(self._function)

    def _allow(self, host: FunctionHost, table: dynamodb.TableV2) -> None:
        managed = host.managed_bucket
        self._function.allow(["dynamodb:Query"], table.table_arn)
        self._function.allow(["sqs:SendMessage"], self.queue.queue.queue_arn)
        self._function.allow(
            ["s3:ListAllMyBuckets"], "*", acknowledged="s3:ListAllMyBuckets cannot be limited to a prefix"
        )
        # A list by state may hold any alarm; metric alarms need no more than this:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        self._function.allow(
            ["cloudwatch:DescribeAlarms"],
            naming.alarms_arn(host.settings.region, host.settings.account),
            acknowledged="Alarms can be listed by state only where all may be described",
        )
        # For inventories. Without it S3 answers 403 instead of 404 for a missing file (lesson L22).
        self._function.allow(["s3:ListBucket"], naming.bucket_arn(managed))
        read, written = ([naming.objects_arn(managed, keys) for keys in folders] for folders in (_READ, _WRITTEN))
        self._function.allow(["s3:GetObject"], *read, acknowledged=FOLDER)
        self._function.allow(["s3:PutObject", "s3:AbortMultipartUpload"], *written)
        self._function.allow_key(host.key, "kms:Decrypt", "kms:GenerateDataKey")
