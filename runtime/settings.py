"""Settings of the functions: one class per function, written by the stack, read at the cold start."""

from collections.abc import Mapping
from typing import ClassVar, Final

import attrs

from runtime.environment import FunctionSettings, SettingsError, number_from_zero, object_lock, read_by

__all__ = ["FUNCTIONS", "FunctionSettings", "SettingsError"]


@attrs.frozen(kw_only=True)
class FixitySettings(FunctionSettings):
    """Settings of the functions that read objects and keep the two tables."""

    checksum_table: str
    scheduler_table: str
    # The function's own queue.
    own_queue_url: str
    # The first is the one shown as `Checksum`.
    digest_algorithms: tuple[str, ...]
    check_interval_days: int
    # Objects of one batch that are read at the same time.
    batch_concurrency: int
    # Bytes a second; an object that does not fit the time left at this rate is deferred.
    assumed_read_rate: int
    # Attempts at a message before it is sent to the dead-letter queue.
    max_receive_count: int


@attrs.frozen(kw_only=True)
class DepositSettings(FixitySettings):
    """Settings of the function that deposits uploaded objects."""

    function: ClassVar = "file-uploaded"


@attrs.frozen(kw_only=True)
class RemovalSettings(FixitySettings):
    """Settings of the function that follows deletions."""

    function: ClassVar = "file-deleted"


@attrs.frozen(kw_only=True)
class VerificationSettings(FixitySettings):
    """Settings of the function that reads objects again."""

    function: ClassVar = "checksum-verification"

    replica_region: str
    # Whether the bytes of replicas are read, where their storage class allows it.
    read_replicas: bool


@attrs.frozen(kw_only=True)
class DueSettings(FunctionSettings):
    """Settings of the function that copies due objects to the verification queue."""

    function: ClassVar = "verification-due"

    verification_queue_url: str


@attrs.frozen(kw_only=True)
class AlertsSettings(FunctionSettings):
    """Settings of the function that notifies people of damage and recovery."""

    function: ClassVar = "checksum-failure"

    alert_topic_arn: str
    runbook_url: str


@attrs.frozen(kw_only=True)
class ExportSettings(FunctionSettings):
    """Settings of the function that exports the checksum table."""

    function: ClassVar = "checksum-exporter"

    checksum_table_arn: str
    managed_bucket: str


@attrs.frozen(kw_only=True)
class SweepSettings(FunctionSettings):
    """Settings of the function that looks for what is overdue."""

    function: ClassVar = "fixity-sweep"

    bucket_prefix: str
    managed_bucket: str
    checksum_table: str
    scheduler_table: str
    verification_queue_url: str
    # The function's own queue.
    sweep_queue_url: str
    object_created_queue_url: str
    check_interval_days: int
    # A check may be late by this before its object counts as overdue.
    check_grace_days: int
    # Objects that one invocation looks at.
    slice_records: int
    # An object uploaded within this time before a sweep need not have a record yet.
    young_hours: int = read_by(number_from_zero)
    # Schedule rows written at the same time.
    batch_concurrency: int
    max_receive_count: int


@attrs.frozen(kw_only=True)
class ReplicationSettings(FunctionSettings):
    """Settings of the function that counts what S3 could not replicate."""

    function: ClassVar = "replication-failed"


@attrs.frozen(kw_only=True)
class ReportSettings(FunctionSettings):
    """Settings of the function that writes reports."""

    function: ClassVar = "checksum-report"

    bucket_prefix: str
    managed_bucket: str
    checksum_table: str
    # The function's own queue.
    report_queue_url: str
    # Alarms of the environment are those that notify it.
    alert_topic_arn: str
    check_interval_days: int
    check_grace_days: int
    # Whole days before a report that it looks back on.
    report_period_days: int
    max_receive_count: int


@attrs.frozen(kw_only=True)
class AuditSettings(FunctionSettings):
    """Settings of the functions that write into the audit trail."""

    managed_bucket: str
    # How S3 locks its files: a value of `contract.ObjectLock`.
    audit_object_lock: str = read_by(object_lock)
    # How long they are locked.
    evidence_retention_days: int


@attrs.frozen(kw_only=True)
class TrailSettings(AuditSettings):
    """Settings of the function that writes the events of records."""

    function: ClassVar = "audit-trail"


@attrs.frozen(kw_only=True)
class ManifestSettings(AuditSettings):
    """Settings of the function that signs the audit trail."""

    function: ClassVar = "audit-manifest"

    audit_key_arn: str


@attrs.frozen(kw_only=True)
class ProvisioningSettings(AuditSettings):
    """Settings of the function that creates deposit buckets."""

    function: ClassVar = "bucket-requested"

    bucket_prefix: str
    account_id: str
    replica_region: str
    logs_bucket: str
    replication_role_arn: str
    # The queue to which S3 reports replications that fail or are late.
    replication_queue_arn: str
    # The function's own queue.
    own_queue_url: str
    # The function's own time-out: an attempt older than this cannot be running any more.
    function_timeout_seconds: int
    max_receive_count: int
    max_buckets_per_request: int
    # A new bucket stays closed for so long after it was configured.
    settling_minutes: int = read_by(number_from_zero)
    public_buckets_allowed: bool
    # Customer key of deposit buckets and its twin in the replica region; None with encryption by S3's own keys.
    encryption_key_arn: str | None
    replica_key_arn: str | None
    abort_multipart_days: int
    noncurrent_expiry_days: int
    main_transition_days: int = read_by(number_from_zero)
    main_storage_class: str
    replica_transition_days: int = read_by(number_from_zero)
    replica_storage_class: str
    # The storage class in which S3 replication writes the replica.
    replication_storage_class: str
    replication_time_control: bool


# Every deployed function, by name.
FUNCTIONS: Final[Mapping[str, type[FunctionSettings]]] = {
    found.function: found
    for found in list(globals().values())
    if isinstance(found, type) and issubclass(found, FunctionSettings) and hasattr(found, "function")
}
