"""The sweep finds what is overdue, not scheduled or not recorded: its function, queue, settings and permissions."""

from constructs import Construct

from runtime.contract import ManagedPrefix
from runtime.settings import SweepSettings
from stacks import naming
from stacks.constructs.acknowledged import ANY_BUCKET, FOLDER
from stacks.constructs.fixity_tables import FixityTables
from stacks.constructs.function_host import FunctionHost
from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.work_queue import WorkQueue


class Sweep(Construct):
    """The function and its queue; the schedule and the function itself send messages to it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        host: FunctionHost,
        *,
        tables: FixityTables,
        created: WorkQueue,
        verification: WorkQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = host.settings
        sizing = settings.functions.fixity_sweep
        self.queue = WorkQueue(self, "Queue", host, name=naming.SWEEP, sizing=sizing)
        self.queue.schedule_start("Starts a sweep of objects, records and schedule rows", settings.sweep.schedule)
        self._function = RuntimeFunction(
            self,
            "FixitySweep",
            host,
            SweepSettings(
                environment=settings.name,
                commit=host.commit,
                bucket_prefix=settings.bucket_prefix,
                managed_bucket=host.managed_bucket,
                checksum_table=tables.checksums.table_name,
                scheduler_table=tables.schedule.table_name,
                verification_queue_url=verification.queue.queue_url,
                sweep_queue_url=self.queue.queue.queue_url,
                object_created_queue_url=created.queue.queue_url,
                check_interval_days=settings.fixity.check_interval_days,
                check_grace_days=settings.sweep.grace_days,
                slice_records=settings.sweep.slice_records,
                young_hours=settings.sweep.young_hours,
                batch_concurrency=settings.fixity.batch_concurrency,
                max_receive_count=settings.delivery.max_receives,
            ),
            description="Looks for what is overdue, not scheduled or not recorded",
            sizing=sizing,
            calls_itself=True,
        )
        self.functions = (self._function,)
        self._function.allow(["dynamodb:Query", "dynamodb:GetItem"], tables.checksums.table_arn)
        self._function.allow(["dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"], tables.schedule.table_arn)
        sent_to = (created, verification, self.queue)
        self._function.allow(["sqs:SendMessage"], *(queue.queue.queue_arn for queue in sent_to))
        self._allow_buckets(host)
        self.queue.drive(self._function)

    def _allow_buckets(self, host: FunctionHost) -> None:
        self._function.allow(
            ["s3:ListAllMyBuckets"], "*", acknowledged="s3:ListAllMyBuckets cannot be limited to a prefix"
        )
        # To list the objects of main buckets. The managed bucket matches too: without this S3 answers 403 instead of
        # 404 for a missing file (lesson L22).
        self._function.allow(
            ["s3:ListBucket"],
            naming.bucket_arn(naming.any_bucket(host.settings.bucket_prefix)),
            acknowledged=ANY_BUCKET,
        )
        self._function.allow(
            ["s3:GetObject", "s3:PutObject"],
            naming.objects_arn(host.managed_bucket, f"{ManagedPrefix.SWEEPS}*"),
            naming.objects_arn(host.managed_bucket, f"{ManagedPrefix.COVERAGE}*"),
            acknowledged=FOLDER,
        )
        self._function.allow_key(host.key, "kms:Decrypt", "kms:GenerateDataKey")
