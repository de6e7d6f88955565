"""The one place for the configuration of environments: frozen settings, read from `environments/<name>.toml`."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn

from runtime.contract import DIGEST_ALGORITHMS, OBJECT_LOCKS, BucketSuffix, ObjectLock

_DIRECTORY: Final = Path(__file__).parent / "environments"
# The longest fixed bucket name, `<prefix>-bucket-requested`, has to stay within S3's 63 characters.
_LONGEST_PREFIX: Final = 63 - len("-" + BucketSuffix.REQUEST)
# What S3 reserves: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET_PREFIX: Final = re.compile(
    rf"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9]([a-z0-9-]{{0,{_LONGEST_PREFIX - 2}}}[a-z0-9])?"
)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# The ARNs that are written out are those of AWS's commercial partition.
_REGION: Final = re.compile(r"(?!cn-|us-gov-|us-iso)[a-z]{2}(-[a-z]+)+-\d")
_SCHEDULE: Final = re.compile(
    r"cron\(\S+( \S+){5}\)|rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)"
)
# Every day, once or more: a day that is signed later than the day after counts as late.
_DAILY: Final = re.compile(
    r"cron\(\S+ \S+ (\*|\?) \* (\*|\?) \*\)|rate\((1 day|1 hour|([2-9]|1\d|2[0-4]) hours|1 minute|\d{1,3} minutes)\)"
)
_ON_DEMAND: Final = "on-demand"
_PROVISIONED: Final = "provisioned"
_S3_MANAGED: Final = "s3-managed"
_CUSTOMER_KEY: Final = "customer-key"
_STATED: Final = "stated"
_READ: Final = "read"
_STANDARD: Final = "STANDARD"

# Classes whose objects can be read at once; a main copy must be, because it is verified by reading.
_READABLE_CLASSES: Final = ("INTELLIGENT_TIERING", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR")
_ARCHIVE_CLASSES: Final = ("GLACIER", "DEEP_ARCHIVE")
_INFREQUENT_CLASSES: Final = ("STANDARD_IA", "ONEZONE_IA")
# Evidence must be readable at once, whoever asks.
_EVIDENCE_CLASSES: Final = (_STANDARD, "GLACIER_IR")
# Glacier Instant Retrieval takes smaller objects for 128 KiB, which cost as much there as 22 KiB in S3 Standard; and
# the move itself is paid for: https://aws.amazon.com/s3/pricing/
LEAST_MOVED_EVIDENCE_BYTES: Final = 32 * 1024
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
_INFREQUENT_MINIMUM_DAYS: Final = 30
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
# Metrics travel in the log at INFO, and Lambda discards what is below the level:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
_LOG_LEVELS: Final = ("DEBUG", "INFO")


class ConfigurationError(Exception):
    """An environment, key or value is not known; the text is one line for the person who runs the command."""


def _rule(allowed: str, holds: Callable[[Any], bool]) -> Callable[[Any, "attrs.Attribute[Any]", Any], None]:
    def check(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:  # noqa: ANN401 (settings are of several types)
        if not holds(value):
            raise ValueError(f"{attribute.name} is {value!r}; allowed: {allowed}")

    return check


def _one_of(values: tuple[Any, ...]) -> Any:  # noqa: ANN401 (an attrs field, typed by the class)
    text = ", ".join(map(str, values))
    return attrs.field(validator=_rule(text, values.__contains__))


def _matching(pattern: re.Pattern[str], allowed: str) -> Any:  # noqa: ANN401 (an attrs field, typed by the class)
    return attrs.field(validator=_rule(allowed, lambda value: pattern.fullmatch(value) is not None))


def _within(low: int, high: int) -> Any:  # noqa: ANN401 (an attrs field, typed by the class)
    return attrs.field(validator=_rule(f"a whole number from {low} to {high}", lambda value: low <= value <= high))


@attrs.frozen(kw_only=True)
class Encryption:
    """How deposits, results and alerts are encrypted.

    Attributes:
        mode: `s3-managed`, or `customer-key` for a key that Base creates.
        replica_key_arn: a key in the replica region, which a customer key needs; otherwise empty.
    """

    mode: str = _one_of((_S3_MANAGED, _CUSTOMER_KEY))
    replica_key_arn: str = attrs.field()

    @replica_key_arn.validator
    def _check_replica_key(self, _: object, value: str) -> None:
        if self.customer_key and re.fullmatch(r"arn:aws[\w-]*:kms:[\w-]+:\d{12}:key/[\w-]+", value) is None:
            raise ValueError(
                f"replica_key_arn is {value!r}; allowed with a customer key: the ARN of a KMS key in the replica region"
            )
        if not self.customer_key and value:
            raise ValueError(f"replica_key_arn is {value!r}; allowed with mode {self.mode!r}: an empty text")

    @property
    def customer_key(self) -> bool:
        """Whether there is a customer key."""
        return self.mode == _CUSTOMER_KEY


@attrs.frozen(kw_only=True)
class Lifecycle:
    """Days and storage classes of the buckets.

    Attributes:
        abort_multipart_days: after which an upload that was never completed is removed; the lists of a report are such
            uploads while they are written.
        noncurrent_expiry_days: after which replaced and deleted versions are removed.
        main_transition_days: after which a main copy changes its class.
        main_storage_class: the class of main copies from then on; one that can be read at once.
        replica_transition_days: after which a replica changes its class.
        replica_storage_class: the class of replicas from then on.
        replication_storage_class: the class in which S3 writes a replica.
        transient_expiry_days: kept days of inventories and scratch files.
        evidence_retention_days: kept days of request results, exports, reports and the audit trail.
        evidence_transition_days: after which larger files among these change their class.
        evidence_storage_class: the class of these from then on; one that can be read at once.
        access_log_expiry_days: kept days of S3 access logs.
    """

    # The list of 10^9 objects in one bucket takes about two days.
    abort_multipart_days: int = _within(3, 365)
    noncurrent_expiry_days: int = _within(1, 3650)
    main_transition_days: int = _within(0, 3650)
    main_storage_class: str = _one_of(_READABLE_CLASSES)
    replica_transition_days: int = _within(0, 3650)
    replica_storage_class: str = _one_of(_READABLE_CLASSES + _ARCHIVE_CLASSES)
    replication_storage_class: str = _one_of((_STANDARD, *_READABLE_CLASSES, *_ARCHIVE_CLASSES))
    transient_expiry_days: int = _within(1, 3650)
    evidence_retention_days: int = _within(1, 36500)
    evidence_transition_days: int = _within(0, 3650)
    evidence_storage_class: str = _one_of(_EVIDENCE_CLASSES)
    access_log_expiry_days: int = _within(1, 36500)

    def __attrs_post_init__(self) -> None:
        """Hold S3's rules: infrequent access begins after 30 days at the earliest, and what expires is moved before."""
        for copy, days, storage_class in (
            ("main", self.main_transition_days, self.main_storage_class),
            ("replica", self.replica_transition_days, self.replica_storage_class),
        ):
            if storage_class in _INFREQUENT_CLASSES and days < _INFREQUENT_MINIMUM_DAYS:
                raise ValueError(
                    f"{copy}_transition_days is {days}; allowed with {storage_class}: from {_INFREQUENT_MINIMUM_DAYS}"
                )
        if self.moves_evidence and self.evidence_transition_days >= self.evidence_retention_days:
            raise ValueError(
                f"evidence_transition_days is {self.evidence_transition_days}; allowed: less than"
                f" evidence_retention_days, which is {self.evidence_retention_days}"
            )

    @property
    def moves_evidence(self) -> bool:
        """Whether evidence changes its class."""
        return self.evidence_storage_class != _STANDARD


@attrs.frozen(kw_only=True)
class Fixity:
    """How objects are checked.

    Attributes:
        digests: algorithms of a deposit, the first of them shown as `Checksum`.
        check_interval_days: between two checks of an object.
        batch_concurrency: objects of one batch that are read at the same time.
        assumed_read_rate: bytes per second by which an object is judged to fit the time left.
        replica_check: `stated` compares the baseline with what S3 states of a replica; `read` with its bytes as well,
            where its storage class allows reading (transfer between regions is paid for).
    """

    digests: tuple[str, ...] = attrs.field(
        validator=_rule(
            f"one or more of {', '.join(DIGEST_ALGORITHMS)}, each once",
            lambda names: bool(names) and len(set(names)) == len(names) and set(names) <= set(DIGEST_ALGORITHMS),
        )
    )
    check_interval_days: int = _within(1, 3650)
    batch_concurrency: int = _within(1, 100)
    assumed_read_rate: int = _within(1_000_000, 10_000_000_000)
    replica_check: str = _one_of((_STATED, _READ))

    @property
    def reads_replicas(self) -> bool:
        """Whether the bytes of replicas are read."""
        return self.replica_check == _READ


@attrs.frozen(kw_only=True)
class Requests:
    """What a bucket request may ask for.

    Attributes:
        max_buckets_per_request: names in one file.
        public_buckets_allowed: whether a name may end in `-public`.
        replication_time_control: whether S3 promises replication within 15 minutes (it costs extra).
        settling_minutes: how long a new bucket stays closed until S3 announces and shows every upload; AWS says 15.
    """

    max_buckets_per_request: int = _within(1, 50)
    public_buckets_allowed: bool
    replication_time_control: bool
    settling_minutes: int = _within(0, 60)


@attrs.frozen(kw_only=True)
class Tables:
    """How the two tables are paid for.

    Attributes:
        billing: `on-demand` or `provisioned` with auto-scaling between the capacities below.
        min_capacity: read and write units at least; used by `provisioned` only.
        max_capacity: read and write units at most; used by `provisioned` only.
    """

    billing: str = _one_of((_ON_DEMAND, _PROVISIONED))
    min_capacity: int = _within(1, 40_000)
    max_capacity: int = _within(1, 40_000)

    def __attrs_post_init__(self) -> None:
        """Refuse a range that holds nothing."""
        if self.max_capacity < self.min_capacity:
            raise ValueError(f"max_capacity is {self.max_capacity}; allowed: from min_capacity {self.min_capacity}")

    @property
    def provisioned(self) -> bool:
        """Whether capacity is provisioned."""
        return self.billing == _PROVISIONED


@attrs.frozen(kw_only=True)
class Sizing:
    """Size of a function.

    Attributes:
        memory_mib: memory; Lambda gives processor time in proportion, one whole processor at 1,769.
        timeout_seconds: longest invocation.
    """

    memory_mib: int = _within(128, 10_240)
    timeout_seconds: int = _within(5, 900)


@attrs.frozen(kw_only=True)
class WorkerSizing(Sizing):
    """Size of a function that works on a queue.

    Attributes:
        max_concurrency: invocations at the same time.
    """

    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    max_concurrency: int = _within(2, 1000)


@attrs.frozen(kw_only=True)
class Functions:
    """Sizes of the functions, by name."""

    bucket_requested: WorkerSizing
    file_uploaded: WorkerSizing
    file_deleted: WorkerSizing
    verification_due: Sizing
    checksum_verification: WorkerSizing
    checksum_failure: Sizing
    checksum_exporter: Sizing
    fixity_sweep: WorkerSizing
    replication_failed: WorkerSizing
    audit_trail: Sizing
    audit_manifest: Sizing
    checksum_report: WorkerSizing


@attrs.frozen(kw_only=True)
class Delivery:
    """How messages reach the functions.

    Attributes:
        batch_window_seconds: longest wait for a batch of uploads or deletions to fill.
        check_window_seconds: longest wait for a batch of due checks to fill, once in the stream and once in the queue.
        alert_window_seconds: longest wait for failures to be told in one e-mail.
        max_receives: attempts at a message before it is set aside.
        verification_max_receives: the same for verifications.
    """

    batch_window_seconds: int = _within(0, 300)
    check_window_seconds: int = _within(0, 300)
    alert_window_seconds: int = _within(0, 300)
    max_receives: int = _within(1, 100)
    verification_max_receives: int = _within(1, 100)


@attrs.frozen(kw_only=True)
class Export:
    """When the checksum table is exported.

    Attributes:
        schedule: start of an export, as an EventBridge expression in UTC.
        follow_schedule: how often a running export is looked at.
    """

    schedule: str = _matching(_SCHEDULE, "an EventBridge schedule, cron(...) or rate(...)")
    follow_schedule: str = _matching(_SCHEDULE, "an EventBridge schedule, cron(...) or rate(...)")


@attrs.frozen(kw_only=True)
class Audit:
    """How the audit trail is written and signed.

    Attributes:
        object_lock: `governance` or `compliance` locks its files for the days that evidence is kept: the first can be
            lifted by whoever has a permission of its own, the second by nobody. `none` does not lock them.
        window_seconds: longest wait for events to fill a file.
        schedule: when days are signed, as an EventBridge expression in UTC, every day at least; every run signs all
            days before its own.
        silence_days: days without a signature after which an alarm speaks.
    """

    object_lock: str = _one_of(OBJECT_LOCKS)
    window_seconds: int = _within(0, 300)
    schedule: str = _matching(_DAILY, "an EventBridge schedule of every day, cron(... * * ? *) or rate(... hours)")
    # CloudWatch looks back a week at most.
    silence_days: int = _within(1, 7)

    @property
    def locks(self) -> bool:
        """Whether files are locked."""
        return self.object_lock != ObjectLock.NONE


@attrs.frozen(kw_only=True)
class Sweep:
    """How what is overdue is looked for.

    Attributes:
        schedule: start of a sweep, as an EventBridge expression in UTC.
        slice_records: objects looked at by one invocation.
        grace_days: by which a check may be late before the object counts as overdue; DynamoDB may be two days late.
        young_hours: before a sweep, within which an object was uploaded that need not have a record yet.
        silence_days: days without the end of a sweep after which an alarm speaks.
    """

    schedule: str = _matching(_SCHEDULE, "an EventBridge schedule, cron(...) or rate(...)")
    slice_records: int = _within(100, 1_000_000)
    grace_days: int = _within(1, 365)
    young_hours: int = _within(0, 168)
    # CloudWatch looks back seven days at most:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    silence_days: int = _within(1, 7)


@attrs.frozen(kw_only=True)
class Report:
    """When people are told how the objects are.

    Attributes:
        schedule: start of a report, as an EventBridge expression in UTC.
        period_days: whole days before a report that it looks back on.
    """

    schedule: str = _matching(_SCHEDULE, "an EventBridge schedule, cron(...) or rate(...)")
    period_days: int = _within(1, 366)


@attrs.frozen(kw_only=True)
class Alarms:
    """Thresholds: an alarm speaks when the value of a period reaches its threshold.

    The period is five minutes, an hour for what happens once and does not end, a day for what a sweep finds.

    Attributes:
        dead_letters: messages set aside in one queue.
        set_aside_seconds: how long a message has been set aside that nobody looked after.
        function_errors: failed invocations of one function.
        function_throttles: invocations of one function that Lambda refused for want of concurrency.
        oldest_message_seconds: how long a message has been waiting in one queue of work.
        iterator_age_seconds: how long a record has been waiting in one stream.
        table_throttles: reads, or writes, of one table that DynamoDB refused for want of capacity.
        table_system_errors: requests to one table that failed inside DynamoDB.
        table_latency_milliseconds: the time within which DynamoDB answers 99 of 100 requests to one table.
        table_write_units: write units that one table consumes.
        verification_concurrency: checks at work at the same time, in invocations.
        failed_checks: checks that found damage or loss that was not known before, in an hour.
        failed_requests: bucket requests that were rejected or done in part, in an hour.
        failed_exports: exports of the checksum table that failed, in an hour.
        failing_objects: objects whose newest check failed; looked at once per sweep.
        deferred_objects: objects that no function had the time to read; looked at once per sweep.
        unreplicated_objects: objects of which S3 has made no replica; looked at once per sweep.
        overdue_objects: objects whose check is late by more than the grace; looked at once per sweep.
        unrecorded_objects: objects, and newer versions of objects, that S3 lists, that are not new, and that had no
            record; looked at once per sweep.
        malformed_records: records and schedule rows that cannot be read; looked at once per sweep.
        audit_problems: files of the audit trail that are not what the service wrote, in a day.
        altered_records: fixity records that something other than a deposit or a check changed, in an hour.
        coverage_percent: an alarm speaks when fewer percent of the objects than this were found good, or deposited,
            within interval and grace; looked at once per sweep.
        failed_replications: objects that S3 could not replicate, in an hour.
        late_replications: objects that S3 did not replicate within 15 minutes, in an hour.
    """

    dead_letters: int = _within(1, 1_000_000)
    # A message is deleted 14 days after it was first sent, of which it may have waited 7 as work.
    set_aside_seconds: int = _within(10, 6 * 86_400)
    function_errors: int = _within(1, 1_000_000)
    function_throttles: int = _within(1, 1_000_000)
    oldest_message_seconds: int = _within(10, 13 * 86_400)
    # A stream keeps a record for 24 hours, and after 20 it is set aside.
    iterator_age_seconds: int = _within(10, 20 * 3_600)
    table_throttles: int = _within(1, 1_000_000)
    table_system_errors: int = _within(1, 1_000_000)
    table_latency_milliseconds: int = _within(1, 60_000)
    table_write_units: int = _within(1, 1_000_000_000)
    verification_concurrency: int = _within(1, 1000)
    failed_checks: int = _within(1, 1_000_000)
    failed_requests: int = _within(1, 1_000_000)
    failed_exports: int = _within(1, 1_000_000)
    failing_objects: int = _within(1, 1_000_000_000)
    deferred_objects: int = _within(1, 1_000_000_000)
    unreplicated_objects: int = _within(1, 1_000_000_000)
    overdue_objects: int = _within(1, 1_000_000_000)
    unrecorded_objects: int = _within(1, 1_000_000_000)
    malformed_records: int = _within(1, 1_000_000_000)
    audit_problems: int = _within(1, 1_000_000)
    altered_records: int = _within(1, 1_000_000)
    coverage_percent: int = _within(1, 100)
    failed_replications: int = _within(1, 1_000_000)
    late_replications: int = _within(1, 1_000_000)


@attrs.frozen(kw_only=True)
class Settings:
    """All that differs between environments.

    Attributes:
        name: the environment, which is the name of its file.
        account: AWS account, 12 digits.
        region: home region.
        replica_region: region of the replicas; another one.
        bucket_prefix: beginning of every bucket and group name, without the dash that follows it.
        architecture: processor of the functions, `arm64` or `x86_64`.
        alert_emails: addresses that receive alerts.
        runbook_url: address of the operations runbook; alarms and e-mails link to its headings.
        log_level: level of the functions' logs.
        log_retention_days: kept days of the functions' logs.
        disposable: whether its data may be destroyed with it; needs `-c allowDataLoss=true` as well.
        termination_protection: whether CloudFormation refuses to delete its stacks.
        dependency_layer: whether the functions' dependencies are deployed; not where the host provides them.
    """

    name: str
    account: str = _matching(re.compile(r"\d{12}"), "an AWS account number of 12 digits")
    region: str = _matching(_REGION, "an AWS region such as us-east-1, not of China or GovCloud")
    replica_region: str = _matching(_REGION, "an AWS region such as us-west-2, not of China or GovCloud")
    bucket_prefix: str = _matching(
        _BUCKET_PREFIX,
        f"1 to {_LONGEST_PREFIX} of a-z, 0-9 and dash, beginning and ending with a letter or digit,"
        " and not with what S3 reserves",
    )
    architecture: str = _one_of(("arm64", "x86_64"))
    alert_emails: tuple[str, ...] = attrs.field(
        validator=_rule(
            "e-mail addresses, each once",
            lambda emails: all(_EMAIL.fullmatch(email) for email in emails) and len(set(emails)) == len(emails),
        )
    )
    runbook_url: str = _matching(re.compile(r"https://[^\s#]+"), "an address that begins with https:// and has no '#'")
    log_level: str = _one_of(_LOG_LEVELS)
    log_retention_days: int = _one_of(LOG_RETENTION_DAYS)
    disposable: bool
    termination_protection: bool
    dependency_layer: bool
    encryption: Encryption
    lifecycle: Lifecycle
    fixity: Fixity
    requests: Requests
    tables: Tables
    functions: Functions
    delivery: Delivery
    export: Export
    audit: Audit
    sweep: Sweep
    report: Report
    alarms: Alarms

    def __attrs_post_init__(self) -> None:
        """Hold the rules between settings."""
        if self.replica_region == self.region:
            raise ValueError(f"replica_region is {self.replica_region!r}; allowed: another region than {self.region!r}")
        if self.encryption.customer_key and f":kms:{self.replica_region}:" not in self.encryption.replica_key_arn:
            raise ValueError(
                f"replica_key_arn is {self.encryption.replica_key_arn!r}; allowed: a key in {self.replica_region}"
            )
        most = self.functions.checksum_verification.max_concurrency
        if self.alarms.verification_concurrency > most:
            raise ValueError(
                f"verification_concurrency is {self.alarms.verification_concurrency};"
                f" allowed: up to {most}, the max_concurrency of checksum_verification, or the alarm could never speak"
            )
        # The queue hands a request out again after six time-outs; then its buckets must have settled.
        longest = 5 * self.functions.bucket_requested.timeout_seconds // 60
        if self.requests.settling_minutes > longest:
            raise ValueError(
                f"settling_minutes is {self.requests.settling_minutes}; allowed with timeout_seconds"
                f" {self.functions.bucket_requested.timeout_seconds} of bucket_requested: up to {longest}"
            )
        if self.name == "prod" and self.disposable:
            raise ValueError("disposable is True; allowed for prod: False")
        if not (self.disposable or self.alert_emails):
            raise ValueError("alert_emails is empty; allowed where data is not disposable: at least one address")


def environments() -> tuple[str, ...]:
    """Return the names of the environments that have a file."""
    return tuple(sorted(path.stem for path in _DIRECTORY.glob("*.toml")))


def load_settings(name: str | None) -> Settings:
    """Read the settings of an environment.

    Args:
        name: the environment; None where the person gave none.

    Returns:
        The settings.

    Raises:
        ConfigurationError: no such environment, or its file has an unknown or missing key or a value that is not
            allowed. The text is one line: what was got and what is allowed.
    """
    if name not in environments():
        got = "no environment was named" if name is None else f"the environment is {name!r}"
        raise ConfigurationError(f"{got}; allowed: -c env={'|'.join(environments())}")
    try:
        text = (_DIRECTORY / f"{name}.toml").read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name}.toml is not a text in UTF-8: {error}") from error
    return parse_settings(name, text)


def parse_settings(name: str, text: str) -> Settings:
    """Read settings from the text of a file. Arguments, result and errors as of `load_settings`."""
    where = f"{name}.toml"
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where} is not TOML: {error}") from error
    if "name" in values:
        raise ConfigurationError(f"{where}: got the key 'name'; the name of the file is the environment's name")
    try:
        return _converter().structure({"name": name, **values}, Settings)
    except cattrs.BaseValidationError as error:
        # Each line is `what @ where`.
        findings = [line.rpartition(" @ ") for line in cattrs.transform_error(error, where, _describe)]
        raise ConfigurationError("; ".join(f"{place}: {what}" for what, _, place in findings)) from error


def _describe(error: BaseException, _: type | None) -> str:
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        allowed = ", ".join(field.name for field in attrs.fields(error.cl) if field.name != "name")
        return f"got the unknown key {', '.join(sorted(error.extra_fields))}; allowed: {allowed}"
    if isinstance(error, KeyError):
        return f"the key {error} is missing"
    return str(error)


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)

    def exactly(expected: type, allowed: str) -> None:
        def structure(value: object, _: object) -> object:
            if type(value) is not expected:
                raise ValueError(f"got {value!r}; allowed: {allowed}")
            return value

        converter.register_structure_hook(expected, structure)

    exactly(int, "a whole number")
    exactly(str, "a text in quotation marks")
    exactly(bool, "true or false")
    converter.register_structure_hook_factory(
        attrs.has, lambda cls: make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True)
    )
    return converter
