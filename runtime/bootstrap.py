"""Composition root: builds what each function works with, once per cold start.

Imports are inside the functions: each function loads only what it needs.
"""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING

import runtime.settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from runtime.alerts.announce import Alerting
    from runtime.audit.ports import AuditFiles
    from runtime.audit.sign import Signing
    from runtime.audit.write import AuditTrail
    from runtime.export.start_and_follow import Exporting
    from runtime.fixity.check_replica import Checking
    from runtime.fixity.context import Care
    from runtime.fixity.due_check import DueCheck
    from runtime.provisioning.context import Provisioning
    from runtime.report.write import Reporting
    from runtime.shared.ports import Queue
    from runtime.sweep.run import Sweeping


@functools.cache
def deposit() -> Care:
    """Build what file-uploaded needs."""
    return _care(runtime.settings.DepositSettings.from_environment())


@functools.cache
def removal() -> Care:
    """Build what file-deleted needs."""
    return _care(runtime.settings.RemovalSettings.from_environment())


@functools.cache
def verification() -> Checking:
    """Build what checksum-verification needs."""
    from runtime.adapters.clients import client
    from runtime.adapters.s3_objects import S3Objects
    from runtime.fixity.check_replica import Checking, Replicas

    settings = runtime.settings.VerificationSettings.from_environment()
    replicas = S3Objects(lambda: client("s3", region=settings.replica_region, connections=settings.batch_concurrency))
    return Checking(care=_care(settings), replicas=Replicas(store=replicas, read=settings.read_replicas))


def _care(settings: runtime.settings.FixitySettings) -> Care:
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.dynamodb_records import DynamoDbRecords
    from runtime.adapters.dynamodb_schedule import DynamoDbSchedule
    from runtime.adapters.s3_objects import S3Objects
    from runtime.adapters.sqs_own_queue import SqsOwnQueue
    from runtime.fixity.context import Care

    # `Partitions` retries.
    dynamodb = client("dynamodb", connections=settings.batch_concurrency, attempts=1)
    return Care(
        store=S3Objects(lambda: client("s3", connections=settings.batch_concurrency)),
        records=DynamoDbRecords(dynamodb, settings.checksum_table),
        schedule=DynamoDbSchedule(dynamodb, settings.scheduler_table),
        queue=SqsOwnQueue(client("sqs"), settings.own_queue_url),
        clock=SystemClock(),
        settings=settings,
    )


@functools.cache
def due() -> Queue[DueCheck]:
    """Build what verification-due needs."""
    from runtime.adapters.clients import client
    from runtime.adapters.sqs_queue import SqsQueue

    settings = runtime.settings.DueSettings.from_environment()
    return SqsQueue(client("sqs"), settings.verification_queue_url, "queueing checks")


@functools.cache
def alerts() -> Alerting:
    """Build what checksum-failure needs."""
    from runtime.adapters.clients import client
    from runtime.adapters.sns_topic import SnsTopic
    from runtime.alerts.announce import Alerting

    settings = runtime.settings.AlertsSettings.from_environment()
    return Alerting(notifier=SnsTopic(client("sns"), settings.alert_topic_arn), settings=settings)


@functools.cache
def export() -> Exporting:
    """Build what checksum-exporter needs."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.dynamodb_export import DynamoDbExports
    from runtime.adapters.s3_documents import S3Documents
    from runtime.export.start_and_follow import Exporting

    settings = runtime.settings.ExportSettings.from_environment()
    return Exporting(
        exports=DynamoDbExports(client("dynamodb"), settings.checksum_table_arn, settings.managed_bucket),
        files=S3Documents(client("s3"), settings.managed_bucket),
        clock=SystemClock(),
        settings=settings,
    )


@functools.cache
def sweep() -> Sweeping:
    """Build what fixity-sweep needs."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.dynamodb_pages import DynamoDbSchedulePages
    from runtime.adapters.dynamodb_record_states import DynamoDbRecordStates
    from runtime.adapters.dynamodb_schedule import DynamoDbSchedule
    from runtime.adapters.s3_bucket_list import S3MainBuckets
    from runtime.adapters.s3_documents import S3Documents
    from runtime.adapters.s3_object_list import S3ObjectList
    from runtime.adapters.sqs_own_queue import SqsOwnQueue
    from runtime.adapters.sqs_queue import SqsQueue
    from runtime.sweep.run import Sweeping

    settings = runtime.settings.SweepSettings.from_environment()
    # `Partitions` retries.
    dynamodb = client("dynamodb", connections=settings.batch_concurrency, attempts=1)
    s3, sqs = client("s3"), client("sqs")
    return Sweeping(
        buckets=S3MainBuckets(s3, settings.bucket_prefix),
        records=DynamoDbRecordStates(dynamodb, settings.checksum_table),
        rows=DynamoDbSchedulePages(dynamodb, settings.scheduler_table),
        objects=S3ObjectList(s3),
        schedule=DynamoDbSchedule(dynamodb, settings.scheduler_table),
        checks=SqsQueue(sqs, settings.verification_queue_url, "queueing checks"),
        deposits=SqsQueue(sqs, settings.object_created_queue_url, "queueing objects without a record"),
        slices=SqsQueue(sqs, settings.sweep_queue_url, "queueing slices"),
        queue=SqsOwnQueue(sqs, settings.sweep_queue_url),
        documents=S3Documents(s3, settings.managed_bucket),
        clock=SystemClock(),
        settings=settings,
    )


@functools.cache
def replication() -> runtime.settings.ReplicationSettings:
    """Read the settings of replication-failed; it calls no service."""
    return runtime.settings.ReplicationSettings.from_environment()


@functools.cache
def report() -> Reporting:
    """Build what checksum-report needs."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.cloudwatch_alarms import CloudWatchAlarms
    from runtime.adapters.dynamodb_pages import DynamoDbRecordPages
    from runtime.adapters.jinja_page import JinjaPage
    from runtime.adapters.s3_bucket_list import S3MainBuckets
    from runtime.adapters.s3_documents import S3Documents
    from runtime.adapters.s3_inventories import S3Inventories
    from runtime.adapters.s3_report_files import S3ReportFiles
    from runtime.adapters.sqs_own_queue import SqsOwnQueue
    from runtime.adapters.sqs_queue import SqsQueue
    from runtime.contract import alarm_name
    from runtime.report.write import Reporting

    settings = runtime.settings.ReportSettings.from_environment()
    s3, sqs = client("s3"), client("sqs")
    return Reporting(
        buckets=S3MainBuckets(s3, settings.bucket_prefix),
        records=DynamoDbRecordPages(client("dynamodb", attempts=1), settings.checksum_table),
        slices=SqsQueue(sqs, settings.report_queue_url, "queueing slices"),
        queue=SqsOwnQueue(sqs, settings.report_queue_url),
        # S3 refuses parts with a checksum if the upload began without an algorithm:
        # https://github.com/boto/botocore/issues/3216
        files=S3ReportFiles(client("s3", request_checksums=False), settings.managed_bucket),
        documents=S3Documents(s3, settings.managed_bucket),
        inventories=S3Inventories(s3, settings.managed_bucket),
        page=JinjaPage(),
        alarms=CloudWatchAlarms(client("cloudwatch"), alarm_name(settings.environment, ""), settings.alert_topic_arn),
        clock=SystemClock(),
        settings=settings,
    )


@functools.cache
def audit_trail() -> AuditTrail:
    """Build what audit-trail needs."""
    from runtime.adapters.clients import client

    settings = runtime.settings.TrailSettings.from_environment()
    return _trail(settings, _audit_files(settings, client("s3")))


@functools.cache
def audit_manifest() -> Signing:
    """Build what audit-manifest needs."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.kms_signer import KmsSigner
    from runtime.adapters.s3_audit_folder import S3AuditFolder
    from runtime.audit.sign import Signing

    settings, s3 = runtime.settings.ManifestSettings.from_environment(), client("s3")
    files = _audit_files(settings, s3)
    return Signing(
        files=files,
        folder=S3AuditFolder(s3, settings.managed_bucket, files),
        signer=KmsSigner(client("kms"), settings.audit_key_arn),
        clock=SystemClock(),
        settings=settings,
    )


def _trail(settings: runtime.settings.AuditSettings, files: AuditFiles) -> AuditTrail:
    from uuid import uuid4

    from runtime.adapters.clock import SystemClock
    from runtime.audit.write import AuditTrail

    return AuditTrail(files=files, clock=SystemClock(), settings=settings, new_chain=lambda: uuid4().hex)


def _audit_files(settings: runtime.settings.AuditSettings, s3: S3Client) -> AuditFiles:
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.s3_audit_files import S3AuditFiles

    retention = timedelta(days=settings.evidence_retention_days)
    return S3AuditFiles(s3, settings.managed_bucket, SystemClock(), settings.audit_object_lock, retention)


@functools.cache
def provisioning() -> Provisioning:
    """Build what bucket-requested needs."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.s3_buckets import S3Buckets
    from runtime.adapters.s3_requests import S3Requests
    from runtime.adapters.sqs_own_queue import SqsOwnQueue
    from runtime.provisioning.context import Provisioning

    settings = runtime.settings.ProvisioningSettings.from_environment()
    s3 = client("s3")
    requests = S3Requests(s3, settings.managed_bucket)
    return Provisioning(
        buckets=S3Buckets(
            lambda region: client("s3", region=region),
            lambda region: client("s3control", region=region),
            settings.account_id,
        ),
        files=requests,
        records=requests,
        queue=SqsOwnQueue(client("sqs"), settings.own_queue_url),
        clock=SystemClock(),
        region=s3.meta.region_name,
        trail=_trail(settings, _audit_files(settings, s3)),
        settings=settings,
    )
