"""The functions that deposit objects, check them and report damage: settings, permissions, sources of work."""

from typing import Any, Final

import attrs
from aws_cdk import aws_sns as sns
from constructs import Construct

from runtime.contract import Attribute
from runtime.settings import (
    AlertsSettings,
    DepositSettings,
    DueSettings,
    FixitySettings,
    RemovalSettings,
    VerificationSettings,
)
from stacks import naming
from stacks.config import Sizing, WorkerSizing
from stacks.constructs import object_events
from stacks.constructs.acknowledged import ANY_BUCKET, ANY_OBJECT
from stacks.constructs.fixity_tables import FixityTables
from stacks.constructs.function_host import FunctionHost
from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.table_stream import TableStream
from stacks.constructs.work_queue import WorkQueue

# Read at the same time, see `FixitySettings.batch_concurrency`.
_BATCH_SIZE: Final = 10
# Rows are only copied to a queue: the larger the batch, the cheaper.
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


class Fixity(Construct):
    """Five functions, their three queues and their two streams."""

    def __init__(
        self, scope: Construct, construct_id: str, host: FunctionHost, *, tables: FixityTables, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, construct_id)
        self._host = host
        self._tables = tables
        sizes, delivery = host.settings.functions, host.settings.delivery
        window, receives = delivery.batch_window_seconds, delivery.max_receives
        self.created = self._queue("ObjectCreated", naming.OBJECT_CREATED, sizes.file_uploaded, window, receives)
        deleted = self._queue("ObjectDeleted", naming.OBJECT_DELETED, sizes.file_deleted, window, receives)
        self.verification = self._queue(
            "Verification",
            naming.VERIFICATION,
            sizes.checksum_verification,
            delivery.check_window_seconds,
            delivery.verification_max_receives,
        )
        for queue, rule_id, description, kind in (
            (self.created, "Created", "New objects in main buckets", object_events.OBJECT_CREATED),
            (deleted, "Deleted", "Deletions in main buckets", object_events.OBJECT_DELETED),
        ):
            queue.take(rule_id, description, object_events.of_main_buckets(host.settings.bucket_prefix, kind))
        self.queues = (self.created, deleted, self.verification)
        self.streams = (self._due(), self._failure(topic))
        of_streams = [stream.function for stream in self.streams]
        self.functions = (
            self._reader(
                "FileUploaded",
                DepositSettings(**self._shared(self.created, receives)),
                "Deposits new objects",
                sizes.file_uploaded,
                self.created,
            ),
            self._reader(
                "FileDeleted",
                RemovalSettings(**self._shared(deleted, receives)),
                "Brings the tables in line after deletions",
                sizes.file_deleted,
                deleted,
            ),
            self._verification(),
            *of_streams,
        )

    def _queue(
        self, construct_id: str, name: str, sizing: WorkerSizing, window_seconds: int, max_receives: int
    ) -> WorkQueue:
        return WorkQueue(
            self,
            construct_id,
            self._host,
            name=name,
            sizing=sizing,
            max_receives=max_receives,
            batch_size=_BATCH_SIZE,
            batch_window_seconds=window_seconds,
        )

    def _shared(self, queue: WorkQueue, max_receives: int) -> dict[str, Any]:
        """Return the settings that all readers of objects share."""
        settings, tables = self._host.settings, self._tables
        shared = FixitySettings(
            environment=settings.name,
            commit=self._host.commit,
            checksum_table=tables.checksums.table_name,
            scheduler_table=tables.schedule.table_name,
            own_queue_url=queue.queue.queue_url,
            digest_algorithms=settings.fixity.digests,
            check_interval_days=settings.fixity.check_interval_days,
            batch_concurrency=settings.fixity.batch_concurrency,
            assumed_read_rate=settings.fixity.assumed_read_rate,
            max_receive_count=max_receives,
        )
        return attrs.asdict(shared)

    def _verification(self) -> RuntimeFunction:
        settings = self._host.settings
        function = self._reader(
            "ChecksumVerification",
            VerificationSettings(
                **self._shared(self.verification, settings.delivery.verification_max_receives),
                replica_region=settings.replica_region,
                read_replicas=settings.fixity.reads_replicas,
            ),
            "Reads objects again and compares",
            settings.functions.checksum_verification,
            self.verification,
        )
        if self._host.key is not None:
            # S3 describes a replica under a customer key only to callers who may decrypt it.
            function.allow(["kms:Decrypt"], settings.encryption.replica_key_arn)
        return function

    def _reader(
        self, construct_id: str, settings: FixitySettings, description: str, sizing: Sizing, queue: WorkQueue
    ) -> RuntimeFunction:
        host, tables = self._host, self._tables
        function = RuntimeFunction(
            self, construct_id, host, settings, description=description, sizing=sizing, calls_itself=True
        )
        buckets = naming.any_bucket(host.settings.bucket_prefix)
        function.allow(["s3:GetObject", "s3:GetObjectVersion"], naming.objects_arn(buckets), acknowledged=ANY_OBJECT)
        # Without the first S3 answers 403 instead of 404 for a missing object (lesson L22). AWS does not say which of
        # the two it checks for a missing version.
        function.allow(["s3:ListBucket", "s3:ListBucketVersions"], naming.bucket_arn(buckets), acknowledged=ANY_BUCKET)
        function.allow_key(host.key, "kms:Decrypt")
        function.allow(
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
            tables.checksums.table_arn,
        )
        function.allow(["dynamodb:PutItem", "dynamodb:DeleteItem"], tables.schedule.table_arn)
        # Throttled messages are sent anew.
        function.allow(["sqs:SendMessage"], queue.queue.queue_arn)
        queue.drive(function)
        return function

    def _due(self) -> TableStream:
        host = self._host
        function = RuntimeFunction(
            self,
            "VerificationDue",
            host,
            DueSettings(
                environment=host.settings.name,
                commit=host.commit,
                verification_queue_url=self.verification.queue.queue_url,
            ),
            description="Queues objects whose check is due",
            sizing=host.settings.functions.verification_due,
        )
        function.allow(["sqs:SendMessage"], self.verification.queue.queue_arn)
        return TableStream(
            self,
            "VerificationDueStream",
            host,
            table=self._tables.schedule,
            function=function,
            filters=[_EXPIRED],
            batch_size=_DUE_BATCH,
            window_seconds=host.settings.delivery.check_window_seconds,
        )

    def _failure(self, topic: sns.ITopic) -> TableStream:
        host = self._host
        function = RuntimeFunction(
            self,
            "ChecksumFailure",
            host,
            AlertsSettings(
                environment=host.settings.name,
                commit=host.commit,
                alert_topic_arn=topic.topic_arn,
                runbook_url=host.settings.runbook_url,
            ),
            description="Notifies people of damage and recovery",
            sizing=host.settings.functions.checksum_failure,
        )
        function.allow(["sns:Publish"], topic.topic_arn)
        function.allow_key(host.key, "kms:Decrypt", "kms:GenerateDataKey")
        return TableStream(
            self,
            "ChecksumFailureStream",
            host,
            table=self._tables.checksums,
            function=function,
            filters=[_FAILED, _RECOVERED],
            batch_size=_ALERT_BATCH,
            window_seconds=host.settings.delivery.alert_window_seconds,
        )
