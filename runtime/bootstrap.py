"""Composition root: builds the settings and adapters of each function, once per cold start.

Adapters are imported where they are used, so that a function loads no client that it does not need.
"""

import functools
from datetime import timedelta
from typing import Any
from uuid import uuid4

from runtime.alerts.ports import Notifier
from runtime.audit.ports import AuditFiles
from runtime.audit.sign import Signing
from runtime.audit.write import AuditTrail
from runtime.export.start_and_follow import Exporting
from runtime.fixity.check_replica import Replicas
from runtime.fixity.context import Care
from runtime.fixity.due_check import DueCheck
from runtime.provisioning.provision import Provisioning
from runtime.report.write import Reporting
from runtime.settings import (
    AuditSettings,
    DueSettings,
    ExportSettings,
    FailureSettings,
    FixitySettings,
    ManifestSettings,
    ProvisioningSettings,
    ReplicationSettings,
    ReportSettings,
    SweepSettings,
    VerificationSettings,
)
from runtime.shared.ports import Queue
from runtime.sweep.run import Sweeping


@functools.cache
def fixity() -> tuple[FixitySettings, Care]:
    """Build what the functions need that take objects under care and out of it."""
    settings = FixitySettings.load()
    return settings, _care(settings)


@functools.cache
def verification() -> tuple[VerificationSettings, Care, Replicas]:
    """Build what the function needs that reads objects again."""
    from runtime.adapters.clients import client
    from runtime.adapters.s3_objects import S3Objects

    settings = VerificationSettings.load()
    replicas = S3Objects(lambda: client("s3", region=settings.replica_region, connections=settings.batch_concurrency))
    return settings, _care(settings), Replicas(store=replicas, read=settings.read_replicas)


def _care(settings: FixitySettings) -> Care:
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.dynamodb_records import DynamoDbRecords
    from runtime.adapters.dynamodb_schedule import DynamoDbSchedule
    from runtime.adapters.s3_objects import S3Objects

    dynamodb = client("dynamodb", connections=settings.batch_concurrency)
    return Care(
        store=S3Objects(lambda: client("s3", connections=settings.batch_concurrency)),
        records=DynamoDbRecords(dynamodb, settings.checksum_table),
        schedule=DynamoDbSchedule(dynamodb, settings.scheduler_table),
        clock=SystemClock(),
        algorithms=settings.digest_algorithms,
        interval=timedelta(days=settings.check_interval_days),
        read_rate=settings.assumed_read_rate,
    )


@functools.cache
def due() -> tuple[DueSettings, Queue[DueCheck]]:
    """Build what the function needs that queues due objects."""
    from runtime.adapters.clients import client
    from runtime.adapters.sqs_queue import SqsQueue

    settings = DueSettings.load()
    return settings, SqsQueue(client("sqs"), settings.verification_queue_url, "queueing checks")


@functools.cache
def failure() -> tuple[FailureSettings, Notifier]:
    """Build what the function needs that tells people of damage and recovery."""
    from runtime.adapters.clients import client
    from runtime.adapters.sns_topic import SnsTopic

    settings = FailureSettings.load()
    return settings, SnsTopic(client("sns"), settings.alert_topic_arn)


@functools.cache
def exporter() -> tuple[ExportSettings, Exporting]:
    """Build what the function needs that exports the checksum table."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.dynamodb_export import DynamoDbExports
    from runtime.adapters.s3_documents import S3Documents

    settings = ExportSettings.load()
    return settings, Exporting(
        exports=DynamoDbExports(client("dynamodb"), settings.checksum_table_arn, settings.managed_bucket),
        files=S3Documents(client("s3"), settings.managed_bucket),
        clock=SystemClock(),
        table_arn=settings.checksum_table_arn,
    )


@functools.cache
def sweep() -> tuple[SweepSettings, Sweeping]:
    """Build what the function needs that looks for what is overdue."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.dynamodb_pages import DynamoDbSchedulePages
    from runtime.adapters.dynamodb_schedule import DynamoDbSchedule
    from runtime.adapters.dynamodb_summaries import DynamoDbRecordSummaries
    from runtime.adapters.s3_bucket_list import S3MainBuckets
    from runtime.adapters.s3_documents import S3Documents
    from runtime.adapters.s3_object_list import S3ObjectList
    from runtime.adapters.sqs_queue import SqsQueue
    from runtime.bucket_runs.run import SweepPolicy

    settings = SweepSettings.load()
    dynamodb = client("dynamodb", connections=settings.batch_concurrency)
    s3, sqs = client("s3"), client("sqs")
    return settings, Sweeping(
        buckets=S3MainBuckets(s3, settings.bucket_prefix),
        records=DynamoDbRecordSummaries(dynamodb, settings.checksum_table),
        rows=DynamoDbSchedulePages(dynamodb, settings.scheduler_table),
        objects=S3ObjectList(s3),
        schedule=DynamoDbSchedule(dynamodb, settings.scheduler_table),
        checks=SqsQueue(sqs, settings.verification_queue_url, "queueing checks"),
        deposits=SqsQueue(sqs, settings.object_created_queue_url, "queueing objects without a record"),
        slices=SqsQueue(sqs, settings.sweep_queue_url, "queueing slices"),
        files=S3Documents(s3, settings.managed_bucket),
        clock=SystemClock(),
        environment=settings.environment,
        policy=SweepPolicy(
            interval=timedelta(days=settings.check_interval_days), grace=timedelta(days=settings.check_grace_days)
        ),
        young=timedelta(hours=settings.young_hours),
        most=settings.slice_records,
        concurrency=settings.batch_concurrency,
    )


@functools.cache
def replication() -> ReplicationSettings:
    """Read the settings of the function that counts what S3 could not replicate; it calls nothing."""
    return ReplicationSettings.load()


@functools.cache
def report() -> tuple[ReportSettings, Reporting]:
    """Build what the function needs that writes reports."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.dynamodb_pages import DynamoDbRecordPages
    from runtime.adapters.jinja_page import JinjaPage
    from runtime.adapters.s3_bucket_list import S3MainBuckets
    from runtime.adapters.s3_documents import S3Documents
    from runtime.adapters.s3_inventories import S3Inventories
    from runtime.adapters.s3_report_files import S3ReportFiles
    from runtime.adapters.sqs_queue import SqsQueue
    from runtime.bucket_runs.run import SweepPolicy

    settings = ReportSettings.load()
    s3 = client("s3")
    return settings, Reporting(
        buckets=S3MainBuckets(s3, settings.bucket_prefix),
        records=DynamoDbRecordPages(client("dynamodb"), settings.checksum_table),
        slices=SqsQueue(client("sqs"), settings.report_queue_url, "queueing slices"),
        # S3 refuses parts with a checksum where the upload was begun without an algorithm:
        # https://github.com/boto/botocore/issues/3216
        files=S3ReportFiles(client("s3", request_checksums=False), settings.managed_bucket),
        documents=S3Documents(s3, settings.managed_bucket),
        inventories=S3Inventories(s3, settings.managed_bucket),
        page=JinjaPage(),
        clock=SystemClock(),
        environment=settings.environment,
        policy=SweepPolicy(
            interval=timedelta(days=settings.check_interval_days), grace=timedelta(days=settings.check_grace_days)
        ),
        period=settings.period_days,
    )


@functools.cache
def audit_trail() -> tuple[AuditSettings, AuditTrail]:
    """Build what the function needs that writes what happens to objects into the audit trail."""
    from runtime.adapters.clients import client

    settings = AuditSettings.load()
    return settings, _trail(settings, _audit_files(settings, client("s3")))


@functools.cache
def audit_manifest() -> tuple[ManifestSettings, Signing]:
    """Build what the function needs that signs the audit trail."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.kms_signer import KmsSigner
    from runtime.adapters.s3_audit_folder import S3AuditFolder

    settings, s3 = ManifestSettings.load(), client("s3")
    files = _audit_files(settings, s3)
    return settings, Signing(
        files=files,
        folder=S3AuditFolder(s3, settings.managed_bucket, files),
        signer=KmsSigner(client("kms"), settings.audit_key_arn),
        clock=SystemClock(),
        environment=settings.environment,
    )


def _trail(settings: AuditSettings, files: AuditFiles) -> AuditTrail:
    from runtime.adapters.clock import SystemClock

    return AuditTrail(files=files, clock=SystemClock(), environment=settings.environment, new_chain=lambda: uuid4().hex)


def _audit_files(settings: AuditSettings, s3: Any) -> AuditFiles:  # noqa: ANN401 (boto3 builds classes at run time)
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.s3_audit_files import S3AuditFiles

    retention = timedelta(days=settings.evidence_retention_days)
    return S3AuditFiles(s3, settings.managed_bucket, SystemClock(), settings.audit_object_lock, retention)


@functools.cache
def provisioning() -> tuple[ProvisioningSettings, Provisioning]:
    """Build what the function needs that makes deposit buckets."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.s3_buckets import S3Buckets
    from runtime.adapters.s3_requests import S3Requests
    from runtime.provisioning.bucket_configuration import BucketPolicySettings

    settings = ProvisioningSettings.load()
    s3 = client("s3")
    requests = S3Requests(s3, settings.managed_bucket)
    return settings, Provisioning(
        buckets=S3Buckets(lambda region: client("s3", region=region), settings.account_id),
        files=requests,
        records=requests,
        clock=SystemClock(),
        prefix=settings.bucket_prefix,
        region=s3.meta.region_name,
        replica_region=settings.replica_region,
        values=BucketPolicySettings(
            environment=settings.environment,
            account_id=settings.account_id,
            managed_bucket=settings.managed_bucket,
            logs_bucket=settings.logs_bucket,
            replication_role_arn=settings.replication_role_arn,
            replication_queue_arn=settings.replication_queue_arn,
            encryption_key_arn=settings.encryption_key_arn,
            replica_key_arn=settings.replica_key_arn,
            abort_multipart_days=settings.abort_multipart_days,
            noncurrent_expiry_days=settings.noncurrent_expiry_days,
            main_transition_days=settings.main_transition_days,
            main_storage_class=settings.main_storage_class,
            replica_transition_days=settings.replica_transition_days,
            replica_storage_class=settings.replica_storage_class,
            replication_storage_class=settings.replication_storage_class,
            replication_time_control=settings.replication_time_control,
        ),
        most_names=settings.max_buckets_per_request,
        public_allowed=settings.public_buckets_allowed,
        longest_work=timedelta(seconds=settings.function_timeout_seconds),
        settling=timedelta(minutes=settings.settling_minutes),
        trail=_trail(settings, _audit_files(settings, s3)),
    )
