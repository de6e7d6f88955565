"""Which alarms there are: for each what it watches, from which value on it speaks, how grave that is, what it means."""

from collections.abc import Iterator
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from runtime.contract import Metric, Severity
from runtime.counts import COUNTS
from runtime.settings import (
    DepositSettings,
    ExportSettings,
    ManifestSettings,
    ProvisioningSettings,
    RemovalSettings,
    ReplicationSettings,
    TrailSettings,
    VerificationSettings,
)
from stacks import naming
from stacks.constructs import fixity_metrics
from stacks.constructs.alarms import Alarm
from stacks.constructs.watched import Watched

# Those that publish FailedChecks, see `contract.Metric`.
CHECKING_FUNCTIONS: Final = (DepositSettings.function, RemovalSettings.function, VerificationSettings.function)
_QUARTER_OF_AN_HOUR: Final = 3
_HOUR: Final = 12
_DAY_SECONDS: Final = 86_400


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
    """Return a metric over an hour, so that many events of a bad day are told by a few e-mails (lesson L13)."""
    return metric.with_(period=Duration.hours(1))


def _on_queues(watched: Watched) -> Iterator[Alarm]:
    thresholds, environment = watched.settings.alarms, watched.settings.name
    for dead in watched.dead_letters:
        queue = naming.resource_name(environment, dead.name)
        yield Alarm(
            name=f"set-aside-{dead.name}",
            severity=Severity.CRITICAL,
            meaning=f"Messages lie in the queue {queue}: work that was tried too often and waits for a person.",
            metric=dead.metric_messages(),
            threshold=thresholds.dead_letters,
        )
        yield Alarm(
            name=f"forgotten-{dead.name}",
            severity=Severity.CRITICAL,
            meaning=f"A message has lain in the queue {queue} for long and will be deleted.",
            metric=dead.metric_age(),
            threshold=thresholds.set_aside_seconds,
            entry="forgotten-messages",
        )
    for work in watched.queues:
        yield Alarm(
            name=f"waiting-{work.name}",
            severity=Severity.WARNING,
            meaning=f"Work has been waiting in the queue {naming.resource_name(environment, work.name)} for long.",
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
            meaning=f"Invocations of the function {function.name} end in errors.",
            metric=function.metric_errors(),
            threshold=thresholds.function_errors,
        )
        yield Alarm(
            name=f"throttles-{function.name}",
            severity=Severity.WARNING,
            meaning=f"Lambda has no concurrency left for the function {function.name}.",
            metric=function.metric_throttles(),
            threshold=thresholds.function_throttles,
            entry="function-throttles",
        )
    for stream in watched.streams:
        yield Alarm(
            name=f"behind-{stream.function.name}",
            severity=Severity.CRITICAL,
            meaning=f"The function {stream.function.name} is far behind its stream, which forgets after 24 hours.",
            metric=stream.function.metric_iterator_age(),
            threshold=thresholds.iterator_age_seconds * 1000,
            entry="behind-a-stream",
        )
    yield Alarm(
        name="verification-concurrency",
        severity=Severity.NOTICE,
        meaning="Checks have been running for an hour with nearly all the concurrency that they may use.",
        metric=watched.function(VerificationSettings.function).metric_concurrency(),
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
                meaning=f"DynamoDB refuses to {what} the table {name} for want of capacity.",
                metric=metric,
                threshold=thresholds.table_throttles,
                entry="table-throttles",
            )
        yield Alarm(
            name=f"system-errors-{table.name}",
            severity=Severity.WARNING,
            meaning=f"Requests to the table {name} fail inside DynamoDB.",
            metric=table.metric_system_errors(),
            threshold=thresholds.table_system_errors,
            entry="table-system-errors",
        )
        yield Alarm(
            name=f"latency-{table.name}",
            severity=Severity.NOTICE,
            meaning=f"One in a hundred requests to the table {name} has been slow for a quarter of an hour.",
            metric=table.metric_latency(),
            threshold=thresholds.table_latency_milliseconds,
            entry="table-latency",
            periods=_QUARTER_OF_AN_HOUR,
        )
        yield Alarm(
            name=f"write-units-{table.name}",
            severity=Severity.NOTICE,
            meaning=f"The table {name} is written to so much that it costs.",
            metric=table.metric_write_units(),
            threshold=thresholds.table_write_units,
            entry="table-write-units",
        )


def _on_checks(watched: Watched) -> Iterator[Alarm]:
    for function in CHECKING_FUNCTIONS:
        yield Alarm(
            name=f"failed-checks-{function}",
            severity=Severity.CRITICAL,
            meaning=f"The function {function} found objects newly damaged, lost or unreadable.",
            metric=_in_an_hour(watched.metric(function, Metric.FAILED_CHECKS)),
            threshold=watched.settings.alarms.failed_checks,
            of_events=True,
        )


def _on_requests_and_exports(watched: Watched) -> Iterator[Alarm]:
    thresholds = watched.settings.alarms
    for metric, name, meaning in (
        (Metric.REQUESTS_REJECTED, "rejected-requests", "A bucket request was rejected: no bucket was made."),
        (Metric.REQUESTS_PARTIAL, "partial-requests", "A bucket request was done only in part."),
    ):
        yield Alarm(
            name=name,
            severity=Severity.NOTICE,
            meaning=meaning,
            metric=_in_an_hour(watched.metric(ProvisioningSettings.function, metric)),
            threshold=thresholds.failed_requests,
            of_events=True,
        )
    yield Alarm(
        name="failed-exports",
        severity=Severity.WARNING,
        meaning="An export of the checksum table failed.",
        metric=_in_an_hour(watched.metric(ExportSettings.function, Metric.EXPORTS_FAILED)),
        threshold=thresholds.failed_exports,
        of_events=True,
    )


def _on_replication(watched: Watched) -> Iterator[Alarm]:
    thresholds = watched.settings.alarms
    yield Alarm(
        name="failed-replications",
        severity=Severity.CRITICAL,
        meaning="S3 could not replicate objects, so they have no copy in the other region.",
        metric=_in_an_hour(watched.metric(ReplicationSettings.function, Metric.REPLICATIONS_FAILED)),
        threshold=thresholds.failed_replications,
        of_events=True,
    )
    yield Alarm(
        name="late-replications",
        severity=Severity.WARNING,
        meaning="S3 did not replicate objects within 15 minutes.",
        metric=_in_an_hour(watched.metric(ReplicationSettings.function, Metric.REPLICATIONS_LATE)),
        threshold=thresholds.late_replications,
        of_events=True,
    )


def _on_sweeps(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on what a sweep counted: it publishes once a day, and until the next one its values stand."""
    settings = watched.settings
    longest = settings.fixity.check_interval_days + settings.sweep.grace_days
    words = {
        "grace_days": settings.sweep.grace_days,
        "longest_days": longest,
        "coverage_percent": settings.alarms.coverage_percent,
    }
    for counted in COUNTS.values():
        if alarm := counted.alarm:
            statistic = "Minimum" if alarm.below else "Maximum"
            yield Alarm(
                name=alarm.name,
                severity=alarm.severity,
                meaning=alarm.meaning.format(**words),
                metric=fixity_metrics.of_sweep(settings.name, counted.metric, statistic),
                threshold=getattr(settings.alarms, alarm.threshold) if alarm.threshold else longest * _DAY_SECONDS,
                missing=cloudwatch.TreatMissingData.IGNORE,
                below=alarm.below,
            )
    yield Alarm(
        name="no-sweep",
        severity=Severity.CRITICAL,
        meaning=f"No sweep ended for {settings.sweep.silence_days} days: nothing looks for what is overdue.",
        metric=fixity_metrics.of_sweep(settings.name, Metric.OBJECTS_UNDER_CARE, "SampleCount"),
        threshold=1,
        periods=settings.sweep.silence_days,
        missing=cloudwatch.TreatMissingData.BREACHING,
        below=True,
    )


def _on_audit_trail(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on what is wrong with the trail, and on what it shows that nobody should do."""
    settings = watched.settings

    def daily(name: str) -> cloudwatch.Metric:
        return watched.metric(ManifestSettings.function, name).with_(period=Duration.days(1))

    yield Alarm(
        name="no-audit-manifest",
        severity=Severity.CRITICAL,
        meaning=f"The audit trail was not signed for {settings.audit.silence_days} days.",
        metric=daily(Metric.AUDIT_MANIFESTS),
        threshold=1,
        periods=settings.audit.silence_days,
        missing=cloudwatch.TreatMissingData.BREACHING,
        below=True,
    )
    yield Alarm(
        name="audit-problems",
        severity=Severity.CRITICAL,
        meaning="Files of the audit trail are not those that the service wrote.",
        metric=daily(Metric.AUDIT_PROBLEMS),
        threshold=settings.alarms.audit_problems,
        of_events=True,
    )
    yield Alarm(
        name="altered-records",
        severity=Severity.WARNING,
        meaning="Fixity records were changed by something other than a deposit or a check.",
        metric=_in_an_hour(watched.metric(TrailSettings.function, Metric.ALTERED_RECORDS)),
        threshold=settings.alarms.altered_records,
        of_events=True,
    )
