"""Names that the infrastructure and the runtime share. Standard library only."""

from typing import Final

APPLICATION: Final = "DuraCloud"
METRIC_NAMESPACE: Final = "DuraCloud"
METRIC_DIMENSION_ENVIRONMENT: Final = "environment"
METRIC_DIMENSION_FUNCTION: Final = "function"

# Digests that a deposit may record; the settings of an environment choose among them.
DIGEST_ALGORITHMS: Final = ("sha256", "sha512", "sha1", "md5", "crc64nvme")

# What stands in an environment variable for a key that there is not.
NO_KEY: Final = "none"


class Env:
    """Environment variables of the functions, by purpose."""

    ENVIRONMENT: Final = "DURACLOUD_ENVIRONMENT"
    # The last commit that changed this package, for the evidence of what was done by which code.
    COMMIT: Final = "DURACLOUD_COMMIT"
    BUCKET_PREFIX: Final = "DURACLOUD_BUCKET_PREFIX"
    ACCOUNT_ID: Final = "DURACLOUD_ACCOUNT_ID"
    REPLICA_REGION: Final = "DURACLOUD_REPLICA_REGION"
    MANAGED_BUCKET: Final = "DURACLOUD_MANAGED_BUCKET"
    LOGS_BUCKET: Final = "DURACLOUD_LOGS_BUCKET"
    CHECKSUM_TABLE: Final = "DURACLOUD_CHECKSUM_TABLE"
    CHECKSUM_TABLE_ARN: Final = "DURACLOUD_CHECKSUM_TABLE_ARN"
    SCHEDULER_TABLE: Final = "DURACLOUD_SCHEDULER_TABLE"
    VERIFICATION_QUEUE_URL: Final = "DURACLOUD_VERIFICATION_QUEUE_URL"
    SWEEP_QUEUE_URL: Final = "DURACLOUD_SWEEP_QUEUE_URL"
    OBJECT_CREATED_QUEUE_URL: Final = "DURACLOUD_OBJECT_CREATED_QUEUE_URL"
    REPORT_QUEUE_URL: Final = "DURACLOUD_REPORT_QUEUE_URL"
    # How many whole days before a report its figures on incidents and recoveries go back.
    REPORT_PERIOD_DAYS: Final = "DURACLOUD_REPORT_PERIOD_DAYS"
    ALERT_TOPIC_ARN: Final = "DURACLOUD_ALERT_TOPIC_ARN"
    RUNBOOK_URL: Final = "DURACLOUD_RUNBOOK_URL"
    REPLICATION_ROLE_ARN: Final = "DURACLOUD_REPLICATION_ROLE_ARN"
    # The queue to which S3 reports replications that fail or are late.
    REPLICATION_QUEUE_ARN: Final = "DURACLOUD_REPLICATION_QUEUE_ARN"
    # Comma-separated algorithm names; the first is the one shown as Checksum.
    DIGEST_ALGORITHMS: Final = "DURACLOUD_DIGEST_ALGORITHMS"
    CHECK_INTERVAL_DAYS: Final = "DURACLOUD_CHECK_INTERVAL_DAYS"
    # By how many days a check may be late before the object counts as overdue.
    CHECK_GRACE_DAYS: Final = "DURACLOUD_CHECK_GRACE_DAYS"
    # How many objects one invocation of the sweep looks at.
    SLICE_RECORDS: Final = "DURACLOUD_SLICE_RECORDS"
    # How many hours before a sweep an object may have been uploaded that need not have a record yet.
    YOUNG_HOURS: Final = "DURACLOUD_YOUNG_HOURS"
    # How many objects of one batch are read at the same time.
    BATCH_CONCURRENCY: Final = "DURACLOUD_BATCH_CONCURRENCY"
    # The read rate, in bytes per second, by which a function judges whether an object fits the time left.
    ASSUMED_READ_RATE: Final = "DURACLOUD_ASSUMED_READ_RATE"
    # The redrive limit of the function's queue: the receive after which a message goes to the dead-letter queue.
    MAX_RECEIVE_COUNT: Final = "DURACLOUD_MAX_RECEIVE_COUNT"
    # The function's own time-out in seconds: an attempt older than this cannot be running any more.
    FUNCTION_TIMEOUT: Final = "DURACLOUD_FUNCTION_TIMEOUT"
    # Whether the bytes of replicas are read too, where their storage class allows it.
    READ_REPLICAS: Final = "DURACLOUD_READ_REPLICAS"
    MAX_BUCKETS_PER_REQUEST: Final = "DURACLOUD_MAX_BUCKETS_PER_REQUEST"
    # How long a new bucket stays closed after it was configured, in minutes.
    SETTLING_MINUTES: Final = "DURACLOUD_SETTLING_MINUTES"
    PUBLIC_BUCKETS_ALLOWED: Final = "DURACLOUD_PUBLIC_BUCKETS_ALLOWED"
    # Customer key for deposit buckets and its replica-region twin; "none" means S3-managed encryption.
    ENCRYPTION_KEY_ARN: Final = "DURACLOUD_ENCRYPTION_KEY_ARN"
    REPLICA_KEY_ARN: Final = "DURACLOUD_REPLICA_KEY_ARN"
    ABORT_MULTIPART_DAYS: Final = "DURACLOUD_ABORT_MULTIPART_DAYS"
    NONCURRENT_EXPIRY_DAYS: Final = "DURACLOUD_NONCURRENT_EXPIRY_DAYS"
    MAIN_TRANSITION_DAYS: Final = "DURACLOUD_MAIN_TRANSITION_DAYS"
    MAIN_STORAGE_CLASS: Final = "DURACLOUD_MAIN_STORAGE_CLASS"
    REPLICA_TRANSITION_DAYS: Final = "DURACLOUD_REPLICA_TRANSITION_DAYS"
    REPLICA_STORAGE_CLASS: Final = "DURACLOUD_REPLICA_STORAGE_CLASS"
    # The storage class in which S3 replication writes the replica.
    REPLICATION_STORAGE_CLASS: Final = "DURACLOUD_REPLICATION_STORAGE_CLASS"
    REPLICATION_TIME_CONTROL: Final = "DURACLOUD_REPLICATION_TIME_CONTROL"
    # How S3 locks the files of the audit trail: a value of `ObjectLock`.
    AUDIT_OBJECT_LOCK: Final = "DURACLOUD_AUDIT_OBJECT_LOCK"
    EVIDENCE_RETENTION_DAYS: Final = "DURACLOUD_EVIDENCE_RETENTION_DAYS"
    # The key that signs the manifests of the audit trail.
    AUDIT_KEY_ARN: Final = "DURACLOUD_AUDIT_KEY_ARN"


class Function:
    """Names of the functions, as in their SSM parameters and their metric dimension."""

    BUCKET_REQUESTED: Final = "bucket-requested"
    FILE_UPLOADED: Final = "file-uploaded"
    FILE_DELETED: Final = "file-deleted"
    VERIFICATION_DUE: Final = "verification-due"
    CHECKSUM_VERIFICATION: Final = "checksum-verification"
    CHECKSUM_FAILURE: Final = "checksum-failure"
    CHECKSUM_EXPORTER: Final = "checksum-exporter"
    FIXITY_SWEEP: Final = "fixity-sweep"
    CHECKSUM_REPORT: Final = "checksum-report"
    REPLICATION_FAILED: Final = "replication-failed"
    AUDIT_TRAIL: Final = "audit-trail"
    AUDIT_MANIFEST: Final = "audit-manifest"


_COMMON: Final = frozenset({Env.ENVIRONMENT, Env.COMMIT})
_AUDIT: Final = _COMMON | {Env.MANAGED_BUCKET, Env.AUDIT_OBJECT_LOCK, Env.EVIDENCE_RETENTION_DAYS}
_FIXITY: Final = _COMMON | {
    Env.CHECKSUM_TABLE,
    Env.SCHEDULER_TABLE,
    Env.DIGEST_ALGORITHMS,
    Env.CHECK_INTERVAL_DAYS,
    Env.BATCH_CONCURRENCY,
    Env.ASSUMED_READ_RATE,
    Env.MAX_RECEIVE_COUNT,
}

FUNCTION_ENVIRONMENT: Final[dict[str, frozenset[str]]] = {
    Function.BUCKET_REQUESTED: _AUDIT
    | {
        Env.BUCKET_PREFIX,
        Env.ACCOUNT_ID,
        Env.REPLICA_REGION,
        Env.LOGS_BUCKET,
        Env.REPLICATION_ROLE_ARN,
        Env.REPLICATION_QUEUE_ARN,
        Env.FUNCTION_TIMEOUT,
        Env.MAX_RECEIVE_COUNT,
        Env.MAX_BUCKETS_PER_REQUEST,
        Env.PUBLIC_BUCKETS_ALLOWED,
        Env.SETTLING_MINUTES,
        Env.ENCRYPTION_KEY_ARN,
        Env.REPLICA_KEY_ARN,
        Env.ABORT_MULTIPART_DAYS,
        Env.NONCURRENT_EXPIRY_DAYS,
        Env.MAIN_TRANSITION_DAYS,
        Env.MAIN_STORAGE_CLASS,
        Env.REPLICA_TRANSITION_DAYS,
        Env.REPLICA_STORAGE_CLASS,
        Env.REPLICATION_STORAGE_CLASS,
        Env.REPLICATION_TIME_CONTROL,
    },
    Function.FILE_UPLOADED: _FIXITY,
    Function.FILE_DELETED: _FIXITY,
    Function.VERIFICATION_DUE: _COMMON | {Env.VERIFICATION_QUEUE_URL},
    Function.CHECKSUM_VERIFICATION: _FIXITY | {Env.REPLICA_REGION, Env.READ_REPLICAS},
    Function.CHECKSUM_FAILURE: _COMMON | {Env.ALERT_TOPIC_ARN, Env.RUNBOOK_URL},
    Function.CHECKSUM_EXPORTER: _COMMON | {Env.CHECKSUM_TABLE_ARN, Env.MANAGED_BUCKET},
    Function.FIXITY_SWEEP: _COMMON
    | {
        Env.BUCKET_PREFIX,
        Env.MANAGED_BUCKET,
        Env.CHECKSUM_TABLE,
        Env.SCHEDULER_TABLE,
        Env.VERIFICATION_QUEUE_URL,
        Env.SWEEP_QUEUE_URL,
        Env.OBJECT_CREATED_QUEUE_URL,
        Env.CHECK_INTERVAL_DAYS,
        Env.CHECK_GRACE_DAYS,
        Env.SLICE_RECORDS,
        Env.YOUNG_HOURS,
        Env.BATCH_CONCURRENCY,
        Env.MAX_RECEIVE_COUNT,
    },
    Function.CHECKSUM_REPORT: _COMMON
    | {
        Env.BUCKET_PREFIX,
        Env.MANAGED_BUCKET,
        Env.CHECKSUM_TABLE,
        Env.REPORT_QUEUE_URL,
        Env.CHECK_INTERVAL_DAYS,
        Env.CHECK_GRACE_DAYS,
        Env.REPORT_PERIOD_DAYS,
        Env.MAX_RECEIVE_COUNT,
    },
    Function.REPLICATION_FAILED: _COMMON,
    Function.AUDIT_TRAIL: _AUDIT,
    Function.AUDIT_MANIFEST: _AUDIT | {Env.AUDIT_KEY_ARN},
}


class Attribute:
    """Attributes of the checksum and scheduler tables."""

    BUCKET_NAME: Final = "BucketName"
    OBJECT_KEY: Final = "ObjectKey"
    CHECKSUM: Final = "Checksum"
    CHECKSUM_ALGORITHM: Final = "ChecksumAlgorithm"
    DIGESTS: Final = "Digests"
    VERSION_ID: Final = "VersionId"
    SIZE: Final = "Size"
    ETAG: Final = "ETag"
    SEQUENCER: Final = "Sequencer"
    DEPOSIT_DATE: Final = "DepositDate"
    LAST_CHECKSUM_DATE: Final = "LastChecksumDate"
    LAST_CHECKSUM_MESSAGE: Final = "LastChecksumMessage"
    LAST_CHECKSUM_SUCCESS: Final = "LastChecksumSuccess"
    LAST_OUTCOME: Final = "LastOutcome"
    LAST_GOOD_DATE: Final = "LastGoodDate"
    NEXT_CHECKSUM_DATE: Final = "NextChecksumDate"
    LAST_CHECK: Final = "LastCheck"
    # Written by duracloud restore: when the record was last written back.
    RESTORED_DATE: Final = "RestoredDate"
    TTL: Final = "TTL"


class CheckAttribute:
    """Attributes inside `Attribute.LAST_CHECK`, and inside what it holds."""

    OUTCOME: Final = "Outcome"
    COMPUTED: Final = "Computed"
    EVIDENCE: Final = "Evidence"
    BYTES_READ: Final = "BytesRead"
    READS: Final = "Reads"
    STORAGE_CLASS: Final = "StorageClass"
    # What S3 said of the replication, as it says it; empty where it said nothing.
    REPLICATION_STATUS: Final = "ReplicationStatus"
    STARTED: Final = "Started"
    ENDED: Final = "Ended"
    AGENT: Final = "Agent"
    # Of one piece of evidence; what was computed is COMPUTED, left out where it equals what was expected.
    SOURCE: Final = "Source"
    ALGORITHM: Final = "Algorithm"
    EXPECTED: Final = "Expected"
    VERDICT: Final = "Verdict"
    PARTS: Final = "Parts"
    REASON: Final = "Reason"
    # Of the agent.
    SOFTWARE: Final = "Software"
    VERSION: Final = "Version"
    COMMIT: Final = "Commit"
    FUNCTION: Final = "Function"
    REQUEST_ID: Final = "RequestId"


class Metric:
    """Custom metrics. Every one carries the dimensions environment and function, and no other."""

    # Checks (and deposits) by outcome; the unit is Count.
    OUTCOME_MATCH: Final = "OutcomeMatch"
    OUTCOME_MISMATCH: Final = "OutcomeMismatch"
    OUTCOME_UNREADABLE: Final = "OutcomeUnreadable"
    OUTCOME_ABSENT: Final = "OutcomeAbsent"
    OUTCOME_SUPERSEDED: Final = "OutcomeSuperseded"
    OUTCOME_NO_BASELINE: Final = "OutcomeNoBaseline"
    OUTCOME_DEFERRED: Final = "OutcomeDeferred"
    # Checks that end with LastChecksumSuccess false where the record did not show the same failure before; published
    # (also as 0) by file-uploaded, file-deleted and checksum-verification.
    FAILED_CHECKS: Final = "FailedChecks"
    BYTES_VERIFIED: Final = "BytesVerified"
    # Published by bucket-requested, one per request.
    REQUESTS_COMPLETED: Final = "RequestsCompleted"
    REQUESTS_PARTIAL: Final = "RequestsPartial"
    REQUESTS_REJECTED: Final = "RequestsRejected"
    # Published by checksum-exporter when an export reaches its end state.
    EXPORTS_COMPLETED: Final = "ExportsCompleted"
    EXPORTS_FAILED: Final = "ExportsFailed"
    # Published by fixity-sweep when a sweep ends, for the whole environment; perhaps twice, with the same values.
    OBJECTS_UNDER_CARE: Final = "ObjectsUnderCare"
    BYTES_UNDER_CARE: Final = "BytesUnderCare"
    # Seconds since the object that waits longest was last found good, or deposited if never.
    OLDEST_UNVERIFIED_AGE: Final = "OldestUnverifiedAge"
    OVERDUE_OBJECTS: Final = "OverdueObjects"
    NEVER_VERIFIED: Final = "NeverVerified"
    # Percent of the objects found good, or deposited, within interval and grace.
    COVERAGE_WITHIN_INTERVAL: Final = "CoverageWithinInterval"
    MISSING_SCHEDULE_ROWS: Final = "MissingScheduleRows"
    ORPHAN_SCHEDULE_ROWS: Final = "OrphanScheduleRows"
    # Objects whose newest check failed.
    FAILING_OBJECTS: Final = "FailingObjects"
    # Objects that no function had the time to read since they were deposited.
    DEFERRED_OBJECTS: Final = "DeferredObjects"
    # Objects of which S3 has made no replica.
    UNREPLICATED_OBJECTS: Final = "UnreplicatedObjects"
    # Objects, and newer versions of objects, that S3 lists, that are not new, and that had no record.
    UNRECORDED_OBJECTS: Final = "UnrecordedObjects"
    # Records and schedule rows that cannot be read.
    MALFORMED_RECORDS: Final = "MalformedRecords"
    # Published by checksum-report when a report is complete.
    REPORTS_COMPLETED: Final = "ReportsCompleted"
    # Published by replication-failed: objects that S3 could not replicate, and those that it did not in time.
    REPLICATIONS_FAILED: Final = "ReplicationsFailed"
    REPLICATIONS_LATE: Final = "ReplicationsLate"
    # Published by audit-manifest: events of the days that it signed, one per manifest, and what is broken in the trail
    # (0 where nothing is).
    AUDIT_EVENTS: Final = "AuditEvents"
    AUDIT_MANIFESTS: Final = "AuditManifests"
    AUDIT_PROBLEMS: Final = "AuditProblems"
    # Published by audit-trail when there are some: records that were changed by no deposit and no check.
    ALTERED_RECORDS: Final = "AlteredRecords"


class Tag:
    """Tags on every bucket that the service makes for depositors: they say that it is ours."""

    APPLICATION: Final = "Application"
    ENVIRONMENT: Final = "Environment"
    BUCKET_TYPE: Final = "BucketType"


class BucketSuffix:
    """Suffixes behind `<prefix>-`: reserved for the fixed buckets and the replicas."""

    MANAGED: Final = "managed"
    LOGS: Final = "logs"
    REPLICA: Final = "repl"
    REQUEST: Final = "bucket-requested"
    QUARANTINE: Final = "quarantine"


RESERVED_SUFFIXES: Final = (
    BucketSuffix.MANAGED,
    BucketSuffix.LOGS,
    BucketSuffix.REPLICA,
    BucketSuffix.REQUEST,
    BucketSuffix.QUARANTINE,
)


class ManagedPrefix:
    """Folders of the managed bucket: scratch files and inventories are kept for days, all others as evidence."""

    REQUESTS: Final = "requests/"
    IN_PROGRESS: Final = "scratch/in-progress/"
    INVENTORY: Final = "inventory/"
    EXPORTS: Final = "exports/checksum-table/"
    REPORTS: Final = "reports/"
    COVERAGE: Final = "reports/coverage/"
    LATEST_REPORT: Final = "reports/LATEST/"
    SCRATCH: Final = "scratch/"
    SWEEPS: Final = "scratch/sweeps/"
    REPORTS_UNDER_WAY: Final = "scratch/reports/"
    # The audit trail: its events, its signed manifests, and the key by which their signatures are verified.
    AUDIT: Final = "audit/"
    AUDIT_EVENTS: Final = "audit/events/"
    AUDIT_MANIFESTS: Final = "audit/manifests/"
    AUDIT_KEY: Final = "audit/public-key.pem"


class ObjectLock:
    """How S3 locks files: not at all, or so that they cannot be deleted, with and without an exception for a few.

    See https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
    """

    NONE: Final = "none"
    GOVERNANCE: Final = "governance"
    COMPLIANCE: Final = "compliance"


OBJECT_LOCKS: Final = (ObjectLock.NONE, ObjectLock.GOVERNANCE, ObjectLock.COMPLIANCE)


def function_name(environment: str, function: str) -> str:
    """Return the physical name of a function, which its logs, alarms and records carry."""
    return f"duracloud-{environment}-{function}"


def bucket_name(prefix: str, suffix: str) -> str:
    """Return the name of a bucket: the environment's prefix, a dash, and what follows it."""
    return f"{prefix}-{suffix}"


def replica_name(main: str) -> str:
    """Return the name of the replica of a main bucket."""
    return f"{main}-{BucketSuffix.REPLICA}"


def access_log_prefix(bucket: str) -> str:
    """Return the folder of the logs bucket that takes the access logs of a bucket."""
    return f"access/{bucket}/"
