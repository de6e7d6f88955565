"""The only reader of environment variables: one frozen class per kind of function."""

import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Self

import attrs

from runtime.contract import FUNCTION_ENVIRONMENT, NO_KEY, OBJECT_LOCKS, Env, Function

_PARSE: Final = "parse"
_VARIABLE: Final = "variable"


class SettingsError(Exception):
    """An environment variable is missing or has a value that is not allowed."""


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("'true' or 'false'")
    return text == "true"


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("a whole number from 1")
    return int(text)


def _not_negative(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("a whole number from 0")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _key(text: str) -> str | None:
    return None if text == NO_KEY else text


def _lock(text: str) -> str:
    if text not in OBJECT_LOCKS:
        raise ValueError(", ".join(OBJECT_LOCKS))
    return text


def _variable(name: str, parse: Callable[[str], Any] = str) -> Any:  # noqa: ANN401 (attrs fields are typed by the class)
    return attrs.field(metadata={_VARIABLE: name, _PARSE: parse})


@attrs.frozen(kw_only=True)
class FunctionSettings:
    """What every function knows.

    Attributes:
        environment: the deployed environment's name.
        commit: the last commit that changed the code; `unknown` where it was deployed from no repository.
    """

    functions: ClassVar[tuple[str, ...]] = ()

    environment: str = _variable(Env.ENVIRONMENT)
    commit: str = _variable(Env.COMMIT)

    @classmethod
    def variables(cls) -> frozenset[str]:
        """Return the names of the environment variables that this class reads."""
        return frozenset(field.metadata[_VARIABLE] for field in attrs.fields(cls))

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from the environment.

        Args:
            environ: variables by name; the process's own when not given.

        Returns:
            The settings.

        Raises:
            SettingsError: a variable is missing or not allowed; the text names it, what was got and what is allowed.
        """
        source = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for field in attrs.fields(cls):
            name = field.metadata[_VARIABLE]
            if name not in source:
                raise SettingsError(f"the environment variable {name} is not set")
            try:
                values[field.name] = field.metadata[_PARSE](source[name])
            except ValueError as error:
                raise SettingsError(f"{name} is {source[name]!r}; allowed: {error}") from error
        return cls(**values)


@attrs.frozen(kw_only=True)
class FixitySettings(FunctionSettings):
    """Settings of the functions that read objects and keep the two tables.

    Attributes:
        checksum_table: name of the table of fixity records.
        scheduler_table: name of the table of due dates.
        digest_algorithms: digests of a deposit, the first of them shown as `Checksum`.
        check_interval_days: days between two checks of an object.
        batch_concurrency: objects of one batch that are read at the same time.
        assumed_read_rate: bytes per second by which an object is judged to fit the time left.
        max_receive_count: receives after which the queue sets a message aside.
    """

    functions: ClassVar[tuple[str, ...]] = (Function.FILE_UPLOADED, Function.FILE_DELETED)

    checksum_table: str = _variable(Env.CHECKSUM_TABLE)
    scheduler_table: str = _variable(Env.SCHEDULER_TABLE)
    digest_algorithms: tuple[str, ...] = _variable(Env.DIGEST_ALGORITHMS, _names)
    check_interval_days: int = _variable(Env.CHECK_INTERVAL_DAYS, _positive)
    batch_concurrency: int = _variable(Env.BATCH_CONCURRENCY, _positive)
    assumed_read_rate: int = _variable(Env.ASSUMED_READ_RATE, _positive)
    max_receive_count: int = _variable(Env.MAX_RECEIVE_COUNT, _positive)


@attrs.frozen(kw_only=True)
class VerificationSettings(FixitySettings):
    """Settings of the function that reads objects again.

    Attributes:
        replica_region: region of the replicas.
        read_replicas: whether their bytes are read, where their storage class allows it.
    """

    functions: ClassVar = (Function.CHECKSUM_VERIFICATION,)

    replica_region: str = _variable(Env.REPLICA_REGION)
    read_replicas: bool = _variable(Env.READ_REPLICAS, _flag)


@attrs.frozen(kw_only=True)
class DueSettings(FunctionSettings):
    """Settings of the function that copies due objects to the verification queue.

    Attributes:
        verification_queue_url: URL of that queue.
    """

    functions: ClassVar = (Function.VERIFICATION_DUE,)

    verification_queue_url: str = _variable(Env.VERIFICATION_QUEUE_URL)


@attrs.frozen(kw_only=True)
class FailureSettings(FunctionSettings):
    """Settings of the function that tells people of damage and recovery.

    Attributes:
        alert_topic_arn: the topic that people subscribe to.
        runbook_url: address of the operations runbook.
    """

    functions: ClassVar = (Function.CHECKSUM_FAILURE,)

    alert_topic_arn: str = _variable(Env.ALERT_TOPIC_ARN)
    runbook_url: str = _variable(Env.RUNBOOK_URL)


@attrs.frozen(kw_only=True)
class ExportSettings(FunctionSettings):
    """Settings of the function that exports the checksum table.

    Attributes:
        checksum_table_arn: ARN of the table.
        managed_bucket: bucket that takes the export.
    """

    functions: ClassVar = (Function.CHECKSUM_EXPORTER,)

    checksum_table_arn: str = _variable(Env.CHECKSUM_TABLE_ARN)
    managed_bucket: str = _variable(Env.MANAGED_BUCKET)


@attrs.frozen(kw_only=True)
class SweepSettings(FunctionSettings):
    """Settings of the function that looks for what is overdue.

    Attributes:
        bucket_prefix: beginning of the environment's bucket names.
        managed_bucket: bucket that takes what is counted.
        checksum_table: name of the table of fixity records.
        scheduler_table: name of the table of due dates.
        verification_queue_url: URL of the queue of checks.
        sweep_queue_url: URL of the function's own queue.
        object_created_queue_url: URL of the queue of events of new objects.
        check_interval_days: days between two checks of an object.
        check_grace_days: days by which a check may be late.
        slice_records: objects looked at by one invocation.
        young_hours: hours before a sweep within which an object was uploaded that need not have a record yet.
        batch_concurrency: schedule rows written at the same time.
        max_receive_count: receives after which the queue sets a message aside.
    """

    functions: ClassVar = (Function.FIXITY_SWEEP,)

    bucket_prefix: str = _variable(Env.BUCKET_PREFIX)
    managed_bucket: str = _variable(Env.MANAGED_BUCKET)
    checksum_table: str = _variable(Env.CHECKSUM_TABLE)
    scheduler_table: str = _variable(Env.SCHEDULER_TABLE)
    verification_queue_url: str = _variable(Env.VERIFICATION_QUEUE_URL)
    sweep_queue_url: str = _variable(Env.SWEEP_QUEUE_URL)
    object_created_queue_url: str = _variable(Env.OBJECT_CREATED_QUEUE_URL)
    check_interval_days: int = _variable(Env.CHECK_INTERVAL_DAYS, _positive)
    check_grace_days: int = _variable(Env.CHECK_GRACE_DAYS, _positive)
    slice_records: int = _variable(Env.SLICE_RECORDS, _positive)
    young_hours: int = _variable(Env.YOUNG_HOURS, _not_negative)
    batch_concurrency: int = _variable(Env.BATCH_CONCURRENCY, _positive)
    max_receive_count: int = _variable(Env.MAX_RECEIVE_COUNT, _positive)


@attrs.frozen(kw_only=True)
class ReplicationSettings(FunctionSettings):
    """Settings of the function that counts what S3 could not replicate."""

    functions: ClassVar = (Function.REPLICATION_FAILED,)


@attrs.frozen(kw_only=True)
class ReportSettings(FunctionSettings):
    """Settings of the function that writes reports.

    Attributes:
        bucket_prefix: beginning of the environment's bucket names.
        managed_bucket: bucket that takes the reports.
        checksum_table: name of the table of fixity records.
        report_queue_url: URL of the function's own queue.
        check_interval_days: days between two checks of an object.
        check_grace_days: days by which a check may be late.
        period_days: whole days before a report that it looks back on.
        max_receive_count: receives after which the queue sets a message aside.
    """

    functions: ClassVar = (Function.CHECKSUM_REPORT,)

    bucket_prefix: str = _variable(Env.BUCKET_PREFIX)
    managed_bucket: str = _variable(Env.MANAGED_BUCKET)
    checksum_table: str = _variable(Env.CHECKSUM_TABLE)
    report_queue_url: str = _variable(Env.REPORT_QUEUE_URL)
    check_interval_days: int = _variable(Env.CHECK_INTERVAL_DAYS, _positive)
    check_grace_days: int = _variable(Env.CHECK_GRACE_DAYS, _positive)
    period_days: int = _variable(Env.REPORT_PERIOD_DAYS, _positive)
    max_receive_count: int = _variable(Env.MAX_RECEIVE_COUNT, _positive)


@attrs.frozen(kw_only=True)
class AuditSettings(FunctionSettings):
    """Settings of the functions that write into the audit trail.

    Attributes:
        managed_bucket: bucket that holds the trail.
        audit_object_lock: how its files are locked, as in `contract.ObjectLock`.
        evidence_retention_days: days for which they are locked.
    """

    functions: ClassVar[tuple[str, ...]] = (Function.AUDIT_TRAIL,)

    managed_bucket: str = _variable(Env.MANAGED_BUCKET)
    audit_object_lock: str = _variable(Env.AUDIT_OBJECT_LOCK, _lock)
    evidence_retention_days: int = _variable(Env.EVIDENCE_RETENTION_DAYS, _positive)


@attrs.frozen(kw_only=True)
class ManifestSettings(AuditSettings):
    """Settings of the function that signs the audit trail.

    Attributes:
        audit_key_arn: ARN of the key that signs.
    """

    functions: ClassVar = (Function.AUDIT_MANIFEST,)

    audit_key_arn: str = _variable(Env.AUDIT_KEY_ARN)


@attrs.frozen(kw_only=True)
class ProvisioningSettings(AuditSettings):
    """Settings of the function that makes deposit buckets; days and sizes as their names say."""

    functions: ClassVar = (Function.BUCKET_REQUESTED,)

    bucket_prefix: str = _variable(Env.BUCKET_PREFIX)
    account_id: str = _variable(Env.ACCOUNT_ID)
    replica_region: str = _variable(Env.REPLICA_REGION)
    logs_bucket: str = _variable(Env.LOGS_BUCKET)
    replication_role_arn: str = _variable(Env.REPLICATION_ROLE_ARN)
    replication_queue_arn: str = _variable(Env.REPLICATION_QUEUE_ARN)
    function_timeout_seconds: int = _variable(Env.FUNCTION_TIMEOUT, _positive)
    max_receive_count: int = _variable(Env.MAX_RECEIVE_COUNT, _positive)
    max_buckets_per_request: int = _variable(Env.MAX_BUCKETS_PER_REQUEST, _positive)
    settling_minutes: int = _variable(Env.SETTLING_MINUTES, _not_negative)
    public_buckets_allowed: bool = _variable(Env.PUBLIC_BUCKETS_ALLOWED, _flag)
    encryption_key_arn: str | None = _variable(Env.ENCRYPTION_KEY_ARN, _key)
    replica_key_arn: str | None = _variable(Env.REPLICA_KEY_ARN, _key)
    abort_multipart_days: int = _variable(Env.ABORT_MULTIPART_DAYS, _positive)
    noncurrent_expiry_days: int = _variable(Env.NONCURRENT_EXPIRY_DAYS, _positive)
    main_transition_days: int = _variable(Env.MAIN_TRANSITION_DAYS, _not_negative)
    main_storage_class: str = _variable(Env.MAIN_STORAGE_CLASS)
    replica_transition_days: int = _variable(Env.REPLICA_TRANSITION_DAYS, _not_negative)
    replica_storage_class: str = _variable(Env.REPLICA_STORAGE_CLASS)
    replication_storage_class: str = _variable(Env.REPLICATION_STORAGE_CLASS)
    replication_time_control: bool = _variable(Env.REPLICATION_TIME_CONTROL, _flag)


def settings_classes() -> dict[str, type[FunctionSettings]]:
    """Return the settings class of every function by the function's name."""
    classes: list[type[FunctionSettings]] = [
        FixitySettings,
        VerificationSettings,
        DueSettings,
        FailureSettings,
        ExportSettings,
        SweepSettings,
        ReportSettings,
        ReplicationSettings,
        ProvisioningSettings,
        AuditSettings,
        ManifestSettings,
    ]
    return {name: cls for cls in classes for name in cls.functions if name in FUNCTION_ENVIRONMENT}
