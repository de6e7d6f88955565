"""The functions that take objects under care, check them and tell of damage: settings, permissions, sources of work."""

from typing import Any, Final

import attrs
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from runtime.contract import Attribute, Env, Function
from stacks import naming
from stacks.config import Settings, Sizing, WorkerSizing
from stacks.constructs import object_events
from stacks.constructs.fixity_tables import FixityTables
from stacks.constructs.retention import Retention
from stacks.constructs.runtime_function import RuntimeFunction, RuntimeFunctionProps
from stacks.constructs.table_stream import TableStream, TableStreamProps
from stacks.constructs.work_queue import WorkQueue, WorkQueueProps

# Read at the same time, see `Env.BATCH_CONCURRENCY`.
_BATCH_SIZE: Final = 10
# The due list is only copied to a queue, the more at once the better.
_DUE_BATCH: Final = 500
# One e-mail per batch: large, so that an incident is one message and not thousands (lesson L13).
_ALERT_BATCH: Final = 1_000
_EXPIRED: Final[dict[str, Any]] = {
    "eventName": ["REMOVE"],
    "userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]},
}
_FAILED: Final[dict[str, Any]] = {"dynamodb": {"NewImage": {Attribute.LAST_CHECKSUM_SUCCESS: {"BOOL": [False]}}}}
_RECOVERED: Final[dict[str, Any]] = {
    "dynamodb": {
        "NewImage": {Attribute.LAST_CHECKSUM_SUCCESS: {"BOOL": [True]}},
        "OldImage": {Attribute.LAST_CHECKSUM_SUCCESS: {"BOOL": [False]}},
    }
}


@attrs.frozen(kw_only=True)
class FixityFunctionsProps:
    """Arguments of `FixityFunctions`.

    Attributes:
        settings: the environment's settings.
        code: the code of all functions.
        layer: their dependencies, None where the host provides them.
        tables: the two tables.
        topic: the alert topic.
        key: the customer key, None where there is none.
        retention: what happens to logs when they leave the template.
    """

    settings: Settings
    code: lambda_.Code
    layer: lambda_.ILayerVersion | None
    tables: FixityTables
    topic: sns.ITopic
    key: kms.IKey | None
    retention: Retention


class FixityFunctions(Construct):
    """Five functions, their three queues and their two streams.

    Attributes:
        functions: the functions.
        queues: the queues of work.
        created: the one of new objects among them.
        verification: the one of checks among them.
        streams: the streams.
    """

    def __init__(self, scope: Construct, construct_id: str, props: FixityFunctionsProps) -> None:
        """Create all of it."""
        super().__init__(scope, construct_id)
        self._props = props
        sizes = props.settings.functions
        self.created = self._queue("ObjectCreated", naming.OBJECT_CREATED, sizes.file_uploaded)
        self._deleted = self._queue("ObjectDeleted", naming.OBJECT_DELETED, sizes.file_deleted)
        self.verification = self._queue("Verification", naming.VERIFICATION, sizes.checksum_verification)
        prefix = props.settings.bucket_prefix
        self.created.take(
            "Created",
            "New objects in main buckets",
            object_events.of_main_buckets(prefix, object_events.OBJECT_CREATED),
        )
        self._deleted.take(
            "Deleted", "Deletions in main buckets", object_events.of_main_buckets(prefix, object_events.OBJECT_DELETED)
        )
        self.queues = (self.created, self._deleted, self.verification)
        verification = self._reader(
            "ChecksumVerification",
            Function.CHECKSUM_VERIFICATION,
            "Reads objects again and compares",
            sizes.checksum_verification,
            self.verification,
        )
        verification.tell(Env.REPLICA_REGION, props.settings.replica_region)
        verification.tell(Env.READ_REPLICAS, str(props.settings.fixity.reads_replicas).lower())
        if props.key is not None:
            # What S3 states of a replica under a customer key, it states to those who may decrypt it.
            verification.allow(["kms:Decrypt"], props.settings.encryption.replica_key_arn)
        readers = (
            self._reader(
                "FileUploaded",
                Function.FILE_UPLOADED,
                "Takes new objects under care",
                sizes.file_uploaded,
                self.created,
            ),
            self._reader(
                "FileDeleted",
                Function.FILE_DELETED,
                "Brings the tables in line after deletions",
                sizes.file_deleted,
                self._deleted,
            ),
            verification,
        )
        due, due_stream = self._due()
        failure, failure_stream = self._failure()
        self.functions = (*readers, due, failure)
        self.streams = (due_stream, failure_stream)

    def _max_receives(self, queue: str) -> int:
        delivery = self._props.settings.delivery
        return delivery.verification_max_receives if queue == naming.VERIFICATION else delivery.max_receives

    def _window(self, queue: str) -> int:
        delivery = self._props.settings.delivery
        return delivery.check_window_seconds if queue == naming.VERIFICATION else delivery.batch_window_seconds

    def _queue(self, construct_id: str, name: str, sizing: WorkerSizing) -> WorkQueue:
        settings = self._props.settings
        return WorkQueue(
            self,
            construct_id,
            WorkQueueProps(
                environment=settings.name,
                name=name,
                timeout_seconds=sizing.timeout_seconds,
                batch_window_seconds=self._window(name),
                batch_size=_BATCH_SIZE,
                max_receives=self._max_receives(name),
                removal_policy=self._props.retention.removal_policy,
            ),
        )

    def _function(
        self, construct_id: str, name: str, description: str, sizing: Sizing, variables: dict[str, str]
    ) -> RuntimeFunction:
        return RuntimeFunction(
            self,
            construct_id,
            RuntimeFunctionProps(
                settings=self._props.settings,
                name=name,
                description=description,
                sizing=sizing,
                code=self._props.code,
                layer=self._props.layer,
                variables=variables,
                removal_policy=self._props.retention.removal_policy,
            ),
        )

    def _reader(
        self,
        construct_id: str,
        name: str,
        description: str,
        sizing: WorkerSizing,
        queue: WorkQueue,
    ) -> RuntimeFunction:
        settings, tables = self._props.settings, self._props.tables
        function = self._function(
            construct_id,
            name,
            description,
            sizing,
            {
                Env.CHECKSUM_TABLE: tables.checksums.table_name,
                Env.SCHEDULER_TABLE: tables.schedule.table_name,
                Env.DIGEST_ALGORITHMS: ",".join(settings.fixity.digests),
                Env.CHECK_INTERVAL_DAYS: str(settings.fixity.check_interval_days),
                Env.BATCH_CONCURRENCY: str(settings.fixity.batch_concurrency),
                Env.ASSUMED_READ_RATE: str(settings.fixity.assumed_read_rate),
                Env.MAX_RECEIVE_COUNT: str(self._max_receives(queue.name)),
            },
        )
        buckets = naming.any_bucket(settings.bucket_prefix)
        function.allow(["s3:GetObject", "s3:GetObjectVersion"], naming.objects_arn(buckets))
        # Without the first a missing object would be answered by 403 instead of 404 (lesson L22). For a missing
        # version AWS does not say which of the two it looks at.
        function.allow(["s3:ListBucket", "s3:ListBucketVersions"], naming.bucket_arn(buckets))
        function.allow_key(self._props.key, "kms:Decrypt")
        function.allow(
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
            tables.checksums.table_arn,
        )
        function.allow(["dynamodb:PutItem", "dynamodb:DeleteItem"], tables.schedule.table_arn)
        queue.drive(function, sizing)
        return function

    def _due(self) -> tuple[RuntimeFunction, TableStream]:
        function = self._function(
            "VerificationDue",
            Function.VERIFICATION_DUE,
            "Queues objects whose check is due",
            self._props.settings.functions.verification_due,
            {Env.VERIFICATION_QUEUE_URL: self.verification.queue.queue_url},
        )
        function.allow(["sqs:SendMessage"], self.verification.queue.queue_arn)
        window = self._window(naming.VERIFICATION)
        return function, self._stream(function, self._props.tables.schedule, [_EXPIRED], _DUE_BATCH, window)

    def _failure(self) -> tuple[RuntimeFunction, TableStream]:
        settings = self._props.settings
        function = self._function(
            "ChecksumFailure",
            Function.CHECKSUM_FAILURE,
            "Tells people of damage and recovery",
            settings.functions.checksum_failure,
            {Env.ALERT_TOPIC_ARN: self._props.topic.topic_arn, Env.RUNBOOK_URL: settings.runbook_url},
        )
        function.allow(["sns:Publish"], self._props.topic.topic_arn)
        function.allow_key(self._props.key, "kms:Decrypt", "kms:GenerateDataKey")
        window = settings.delivery.alert_window_seconds
        stream = self._stream(function, self._props.tables.checksums, [_FAILED, _RECOVERED], _ALERT_BATCH, window)
        return function, stream

    def _stream(
        self,
        function: RuntimeFunction,
        table: dynamodb.TableV2,
        filters: list[dict[str, Any]],
        batch_size: int,
        window_seconds: int,
    ) -> TableStream:
        return TableStream(
            self,
            f"{function.node.id}Stream",
            TableStreamProps(
                environment=self._props.settings.name,
                table=table,
                function=function,
                filters=filters,
                batch_size=batch_size,
                window_seconds=window_seconds,
                removal_policy=self._props.retention.removal_policy,
            ),
        )
