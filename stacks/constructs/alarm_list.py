"""The alarms: what each watches, its threshold, its severity and its meaning."""

from collections.abc import Iterator
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from runtime import settings
from runtime.contract import Metric, Severity
from runtime.counts import COUNTS
from stacks import naming
from stacks.constructs import fixity_metrics
from stacks.constructs.alarms import Alarm
from stacks.constructs.watched import Watched

# Those that publish FailedChecks, see `contract.Metric`.
CHECKING_FUNCTIONS: Final = (
    settings.DepositSettings.function,
    settings.RemovalSettings.function,
    settings.VerificationSettings.function,
)
_QUARTER_OF_AN_HOUR: Final = 3
_HOUR: Final = 12
_DAY_SECONDS: Final = 86_400
# What its stream loses after a day exists nowhere else. Sweep, next run or a person find what others did not do.
_LOSES_EVIDENCE: Final = settings.TrailSettings.function


def alarms_on(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms of an environment: per queue, function, stream and table, and on what the functions report."""
    yield from _on_queues(watched)
    yield from _on_functions(watched)
    yield from _on_tables(watched)
    yield from _on_checks(watched)
    yield from _on_requests_and_exports(watched)
    yield from _on_replication(watched)
    yield from _on_sweeps(watched)
    yield from _on_audit_trail(watched)


def _in_an_hour(metric: cloudwatch.Metric) -> cloudwatch.Metric:
    """Return a metric over an hour, so that many events of a bad day make few e-mails (lesson L13)."""
    return metric.with_(period=Duration.hours(1))


def _on_queues(watched: Watched) -> Iterator[Alarm]:
    thresholds, environment = watched.settings.alarms, watched.settings.name
    evidence = {stream.failures.name for stream in watched.streams if stream.function.name == _LOSES_EVIDENCE}
    for dead in watched.dead_letters:
        queue = naming.resource_name(environment, dead.name)
        severity = Severity.CRITICAL if dead.name in evidence else Severity.WARNING
        yield Alarm(
            name=f"set-aside-{dead.name}",
            severity=severity,
            meaning=f"The dead-letter queue {queue} holds messages. Nothing handles them until a person does.",
            metric=dead.metric_messages(),
            threshold=thresholds.dead_letters,
        )
        yield Alarm(
            name=f"forgotten-{dead.name}",
            severity=severity,
            meaning=f"A message in the dead-letter queue {queue} is old. SQS will delete it.",
            metric=dead.metric_age(),
            threshold=thresholds.set_aside_seconds,
            entry="forgotten-messages",
        )
    for work in watched.queues:
        yield Alarm(
            name=f"waiting-{work.name}",
            severity=Severity.WARNING,
            meaning=f"The oldest message in queue {naming.resource_name(environment, work.name)} waits too long.",
            metric=work.metric_age(),
            threshold=thresholds.oldest_message_seconds,
            entry="waiting-work",
        )


def _on_functions(watched: Watched) -> Iterator[Alarm]:
    thresholds = watched.settings.alarms
    for function in watched.functions:
        yield Alarm(
            name=f"errors-{function.name}",
            severity=Severity.WARNING,
            meaning=f"Invocations of function {function.name} fail.",
            metric=function.metric_errors(),
            threshold=thresholds.function_errors,
        )
        yield Alarm(
            name=f"throttles-{function.name}",
            severity=Severity.WARNING,
            meaning=f"Lambda throttles function {function.name}.",
            metric=function.metric_throttles(),
            threshold=thresholds.function_throttles,
            entry="function-throttles",
        )
    for stream in watched.streams:
        yield Alarm(
            name=f"behind-{stream.function.name}",
            severity=Severity.CRITICAL if stream.function.name == _LOSES_EVIDENCE else Severity.WARNING,
            meaning=f"Function {stream.function.name} is far behind its stream, which loses records after 24 hours.",
            metric=stream.function.metric_iterator_age(),
            threshold=thresholds.iterator_age_seconds * 1000,
            entry="behind-a-stream",
        )
    [verification] = (found for found in watched.functions if found.name == settings.VerificationSettings.function)
    yield Alarm(
        name="verification-concurrency",
        severity=Severity.NOTICE,
        meaning="Checks have used nearly all their concurrency for an hour.",
        metric=verification.metric_concurrency(),
        threshold=thresholds.verification_concurrency,
        periods=_HOUR,
    )


def _on_tables(watched: Watched) -> Iterator[Alarm]:
    thresholds = watched.settings.alarms
    for table in watched.tables:
        name = naming.resource_name(watched.settings.name, table.name)
        for what, metric in (("read", table.metric_read_throttles()), ("write", table.metric_write_throttles())):
            yield Alarm(
                name=f"{what}-throttles-{table.name}",
                severity=Severity.WARNING,
                meaning=f"DynamoDB throttles {what}s of table {name}.",
                metric=metric,
                threshold=thresholds.table_throttles,
                entry="table-throttles",
            )
        yield Alarm(
            name=f"partition-throttles-{table.name}",
            severity=Severity.NOTICE,
            meaning=f"One bucket has had more writes to table {name} than its partition takes, for an hour.",
            metric=table.metric_partition_write_throttles(),
            threshold=thresholds.partition_throttles,
            entry="partition-throttles",
            periods=_HOUR,
        )
        yield Alarm(
            name=f"system-errors-{table.name}",
            severity=Severity.WARNING,
            meaning=f"Requests to table {name} fail inside DynamoDB.",
            metric=table.metric_system_errors(),
            threshold=thresholds.table_system_errors,
            entry="table-system-errors",
        )
        yield Alarm(
            name=f"latency-{table.name}",
            severity=Severity.NOTICE,
            meaning=f"One in a hundred requests to table {name} is slow, for a quarter of an hour.",
            metric=table.metric_latency(),
            threshold=thresholds.table_latency_milliseconds,
            entry="table-latency",
            periods=_QUARTER_OF_AN_HOUR,
        )
        yield Alarm(
            name=f"write-units-{table.name}",
            severity=Severity.NOTICE,
            meaning=f"Table {name} uses unusually many write units; check the bill.",
            metric=table.metric_write_units(),
            threshold=thresholds.table_write_units,
            entry="table-write-units",
        )


def _on_checks(watched: Watched) -> Iterator[Alarm]:
    for function in CHECKING_FUNCTIONS:
        yield Alarm(
            name=f"failed-checks-{function}",
            severity=Severity.CRITICAL,
            meaning=f"Function {function} found newly damaged, lost or unreadable objects.",
            metric=_in_an_hour(watched.metric(function, Metric.FAILED_CHECKS)),
            threshold=watched.settings.alarms.failed_checks,
            of_events=True,
        )


def _on_requests_and_exports(watched: Watched) -> Iterator[Alarm]:
    thresholds = watched.settings.alarms
    for metric, name, meaning in (
        (Metric.REQUESTS_REJECTED, "rejected-requests", "A bucket request was rejected: no bucket was made."),
        (Metric.REQUESTS_PARTIAL, "partial-requests", "A bucket request was only partly completed."),
    ):
        yield Alarm(
            name=name,
            severity=Severity.NOTICE,
            meaning=meaning,
            metric=_in_an_hour(watched.metric(settings.ProvisioningSettings.function, metric)),
            threshold=thresholds.failed_requests,
            of_events=True,
        )
    yield Alarm(
        name="failed-exports",
        severity=Severity.WARNING,
        meaning="An export of the checksum table failed.",
        metric=_in_an_hour(watched.metric(settings.ExportSettings.function, Metric.EXPORTS_FAILED)),
        threshold=thresholds.failed_exports,
        of_events=True,
    )


def _on_replication(watched: Watched) -> Iterator[Alarm]:
    thresholds = watched.settings.alarms
    yield Alarm(
        name="failed-replications",
        severity=Severity.WARNING,
        meaning="S3 could not replicate objects: they have no copy in the other region.",
        metric=_in_an_hour(watched.metric(settings.ReplicationSettings.function, Metric.REPLICATIONS_FAILED)),
        threshold=thresholds.failed_replications,
        of_events=True,
    )
    yield Alarm(
        name="late-replications",
        # Usual during a bulk load of more than 1 Gbit/s, for which S3 does not promise the 15 minutes. S3 goes on, and
        # reports what it gives up: https://docs.aws.amazon.com/AmazonS3/latest/userguide/rtc-best-practices.html
        severity=Severity.NOTICE,
        meaning="S3 did not replicate objects within 15 minutes, and goes on; usual during a bulk load.",
        metric=_in_an_hour(watched.metric(settings.ReplicationSettings.function, Metric.REPLICATIONS_LATE)),
        threshold=thresholds.late_replications,
        of_events=True,
    )


def _on_sweeps(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on what a sweep counted: it publishes once a day, and until the next one its values stand."""
    environment = watched.settings
    longest = environment.fixity.check_interval_days + environment.sweep.grace_days
    words = {
        "grace_days": environment.sweep.grace_days,
        "longest_days": longest,
        "coverage_percent": environment.alarms.coverage_percent,
    }
    for counted in COUNTS.values():
        if alarm := counted.alarm:
            statistic = "Minimum" if alarm.below else "Maximum"
            yield Alarm(
                name=alarm.name,
                severity=alarm.severity,
                meaning=alarm.meaning.format(**words),
                metric=fixity_metrics.of_sweep(environment.name, counted.metric, statistic),
                threshold=getattr(environment.alarms, alarm.threshold) if alarm.threshold else longest * _DAY_SECONDS,
                missing=cloudwatch.TreatMissingData.IGNORE,
                below=alarm.below,
            )
    yield Alarm(
        name="overdue-share",
        severity=Severity.CRITICAL,
        meaning=(
            f"{environment.alarms.overdue_percent} % of the objects or more were not checked by"
            f" {environment.sweep.grace_days} days after their date."
        ),
        metric=fixity_metrics.of_sweep(environment.name, Metric.OVERDUE_SHARE),
        threshold=environment.alarms.overdue_percent,
        missing=cloudwatch.TreatMissingData.IGNORE,
    )
    yield Alarm(
        name="no-sweep",
        severity=Severity.CRITICAL,
        meaning=f"No sweep has finished for {environment.sweep.silence_days} days: overdue objects go unnoticed.",
        metric=fixity_metrics.of_sweep(environment.name, Metric.OBJECTS_UNDER_CARE, "SampleCount"),
        threshold=1,
        periods=environment.sweep.silence_days,
        missing=cloudwatch.TreatMissingData.BREACHING,
        below=True,
    )


def _on_audit_trail(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on defects of the audit trail, and on records that were altered."""
    thresholds, silence_days = watched.settings.alarms, watched.settings.audit.silence_days

    def daily(name: str) -> cloudwatch.Metric:
        return watched.metric(settings.ManifestSettings.function, name).with_(period=Duration.days(1))

    yield Alarm(
        name="no-audit-manifest",
        severity=Severity.WARNING,
        meaning=f"The audit trail has not been signed for {silence_days} days.",
        metric=daily(Metric.AUDIT_MANIFESTS),
        threshold=1,
        periods=silence_days,
        missing=cloudwatch.TreatMissingData.BREACHING,
        below=True,
    )
    yield Alarm(
        name="audit-problems",
        severity=Severity.CRITICAL,
        meaning="Files of the audit trail differ from those that the service wrote.",
        metric=daily(Metric.AUDIT_PROBLEMS),
        threshold=thresholds.audit_problems,
        of_events=True,
    )
    yield Alarm(
        name="altered-records",
        severity=Severity.WARNING,
        meaning="Something other than a deposit or a check changed fixity records.",
        metric=_in_an_hour(watched.metric(settings.TrailSettings.function, Metric.ALTERED_RECORDS)),
        threshold=thresholds.altered_records,
        of_events=True,
    )
