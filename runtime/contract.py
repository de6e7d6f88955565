"""Names that infrastructure and runtime share. Standard library only."""

from enum import StrEnum
from typing import Final

APPLICATION: Final = "DuraCloud"
METRIC_NAMESPACE: Final = "DuraCloud"
METRIC_DIMENSION_ENVIRONMENT: Final = "environment"
METRIC_DIMENSION_FUNCTION: Final = "function"

# Digests that a deposit may record; the settings of an environment choose among them.
DIGEST_ALGORITHMS: Final = ("sha256", "sha512", "sha1", "md5", "crc64nvme")


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
    # S3's replication status; empty if S3 gave none.
    REPLICATION_STATUS: Final = "ReplicationStatus"
    STARTED: Final = "Started"
    ENDED: Final = "Ended"
    AGENT: Final = "Agent"
    # Of one piece of evidence; COMPUTED is left out if it equals EXPECTED.
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
    """Custom metrics. Each has the dimensions environment and function, and no other."""

    # Checks (and deposits) by outcome; the unit is Count.
    OUTCOME_MATCH: Final = "OutcomeMatch"
    OUTCOME_MISMATCH: Final = "OutcomeMismatch"
    OUTCOME_UNREADABLE: Final = "OutcomeUnreadable"
    OUTCOME_ABSENT: Final = "OutcomeAbsent"
    OUTCOME_SUPERSEDED: Final = "OutcomeSuperseded"
    OUTCOME_NO_BASELINE: Final = "OutcomeNoBaseline"
    OUTCOME_DEFERRED: Final = "OutcomeDeferred"
    # Checks with a failure that the record did not show before; one that only contradicts the digest that the depositor
    # sent is none. Published (also as 0) by file-uploaded, file-deleted
    # and checksum-verification.
    FAILED_CHECKS: Final = "FailedChecks"
    BYTES_VERIFIED: Final = "BytesVerified"
    # Published by bucket-requested, one per request.
    REQUESTS_COMPLETED: Final = "RequestsCompleted"
    REQUESTS_PARTIAL: Final = "RequestsPartial"
    REQUESTS_REJECTED: Final = "RequestsRejected"
    # Published by checksum-exporter when an export reaches its end state.
    EXPORTS_COMPLETED: Final = "ExportsCompleted"
    EXPORTS_FAILED: Final = "ExportsFailed"
    # Published by fixity-sweep when a sweep ends, for the whole environment; perhaps twice, with the same values. Those
    # of single counts are named in `runtime.counts`.
    OBJECTS_UNDER_CARE: Final = "ObjectsUnderCare"
    BYTES_UNDER_CARE: Final = "BytesUnderCare"
    # Seconds since the object that waits longest was last found good, or deposited if never.
    OLDEST_UNVERIFIED_AGE: Final = "OldestUnverifiedAge"
    # Percent of the objects found good, or deposited, within interval and grace.
    COVERAGE_WITHIN_INTERVAL: Final = "CoverageWithinInterval"
    # Percent of the objects whose check is late by more than the grace; 0 if it is one object.
    OVERDUE_SHARE: Final = "OverdueShare"
    # Published by checksum-report when a report is complete.
    REPORTS_COMPLETED: Final = "ReportsCompleted"
    # Published by replication-failed: objects that S3 could not replicate, or not in time.
    REPLICATIONS_FAILED: Final = "ReplicationsFailed"
    REPLICATIONS_LATE: Final = "ReplicationsLate"
    # Published by audit-manifest: events of signed days, one per manifest, and problems in the trail (also 0).
    AUDIT_EVENTS: Final = "AuditEvents"
    AUDIT_MANIFESTS: Final = "AuditManifests"
    AUDIT_PROBLEMS: Final = "AuditProblems"
    # Published by audit-trail if there are any: records that were changed by no deposit and no check.
    ALTERED_RECORDS: Final = "AlteredRecords"


class Severity(StrEnum):
    """How soon a person has to act; the runbook's entry "Severity" has the rule, and names what is critical."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"


class Tag:
    """Tags of the service; the first three mark every bucket that it makes for depositors as ours."""

    APPLICATION: Final = "Application"
    ENVIRONMENT: Final = "Environment"
    BUCKET_TYPE: Final = "BucketType"
    # On alarms.
    SEVERITY: Final = "Severity"


class BucketSuffix:
    """Suffixes behind `<prefix>-`, reserved for fixed buckets and replicas."""

    MANAGED: Final = "managed"
    LOGS: Final = "logs"
    REPLICA: Final = "repl"
    REQUEST: Final = "bucket-requested"
    QUARANTINE: Final = "quarantine"


# No bucket name begins like this: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
S3_RESERVED_PREFIXES: Final = ("xn--", "sthree-", "amzn-s3-demo-")

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
    # One record per main bucket: kept for ever.
    COLLECTIONS: Final = "collections/"
    IN_PROGRESS: Final = "scratch/in-progress/"
    INVENTORY: Final = "inventory/"
    EXPORTS: Final = "exports/checksum-table/"
    REPORTS: Final = "reports/"
    COVERAGE: Final = "reports/coverage/"
    LATEST_REPORT: Final = "reports/LATEST/"
    REPORT_INDEX: Final = "reports/index.html"
    SCRATCH: Final = "scratch/"
    SWEEPS: Final = "scratch/sweeps/"
    REPORTS_UNDER_WAY: Final = "scratch/reports/"
    # The audit trail: its events, its signed manifests, and the key that verifies them.
    AUDIT: Final = "audit/"
    AUDIT_EVENTS: Final = "audit/events/"
    AUDIT_MANIFESTS: Final = "audit/manifests/"
    AUDIT_KEY: Final = "audit/public-key.pem"


class ObjectLock:
    """How S3 locks files.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
    """

    NONE: Final = "none"
    GOVERNANCE: Final = "governance"
    COMPLIANCE: Final = "compliance"


OBJECT_LOCKS: Final = (ObjectLock.NONE, ObjectLock.GOVERNANCE, ObjectLock.COMPLIANCE)


def function_name(environment: str, function: str) -> str:
    """Return the physical name of a function, as in its logs, alarms and records."""
    return f"duracloud-{environment}-{function}"


def alarm_name(environment: str, alarm: str) -> str:
    """Return the physical name of an alarm."""
    return f"duracloud-{environment}-{alarm}"


def bucket_name(prefix: str, suffix: str) -> str:
    """Return the name of a bucket: the environment's prefix, a dash, and what follows it."""
    return f"{prefix}-{suffix}"


def replica_name(main: str) -> str:
    """Return the name of the replica of a main bucket."""
    return f"{main}-{BucketSuffix.REPLICA}"


def access_log_prefix(bucket: str) -> str:
    """Return the folder of a bucket's access logs in the logs bucket."""
    return f"access/{bucket}/"
