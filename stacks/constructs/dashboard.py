"""The dashboard: checks and outcomes, queues, functions, tables, costs."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from runtime import settings
from runtime.contract import Metric
from runtime.counts import COUNTS
from stacks import naming
from stacks.constructs import fixity_metrics
from stacks.constructs.alarm_list import CHECKING_FUNCTIONS
from stacks.constructs.watched import Watched

_OUTCOMES: Final = {
    Metric.OUTCOME_MATCH: "match",
    Metric.OUTCOME_MISMATCH: "mismatch",
    Metric.OUTCOME_UNREADABLE: "unreadable",
    Metric.OUTCOME_ABSENT: "absent",
    Metric.OUTCOME_SUPERSEDED: "superseded",
    Metric.OUTCOME_NO_BASELINE: "no baseline",
    Metric.OUTCOME_DEFERRED: "deferred",
}
_OUT_OF_ORDER: Final = {counted.metric: counted.label for counted in COUNTS.values() if counted.label}
_WHOLE: Final = 24
_HALF: Final = 12
_HEADING_HEIGHT: Final = 1


class FixityDashboard(Construct):
    """One dashboard per environment."""

    def __init__(self, scope: Construct, construct_id: str, watched: Watched) -> None:
        super().__init__(scope, construct_id)
        sections = {
            "Managed objects": _care(watched),
            "Fixity": _fixity(watched),
            "Requests, exports, replication, evidence": _reports(watched),
            "Queues": _queues(watched),
            "Functions": _functions(watched),
            "Tables": _tables(watched),
            "What costs": _costs(watched),
        }
        rows: list[list[cloudwatch.IWidget]] = []
        for heading, graphs in sections.items():
            rows.append([cloudwatch.TextWidget(markdown=f"## {heading}", width=_WHOLE, height=_HEADING_HEIGHT)])
            rows += [list(graphs[first : first + 2]) for first in range(0, len(graphs), 2)]
        cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=naming.resource_name(watched.settings.name, "fixity"), widgets=rows
        )


def _care(watched: Watched) -> list[cloudwatch.IWidget]:
    def of_sweep(name: str, label: str, statistic: str = "Maximum") -> cloudwatch.IMetric:
        return fixity_metrics.of_sweep(watched.settings.name, name, statistic, label)

    return [
        _graph("Managed objects", [of_sweep(Metric.OBJECTS_UNDER_CARE, "objects")]),
        _graph("Managed bytes", [of_sweep(Metric.BYTES_UNDER_CARE, "bytes")]),
        _graph(
            "Longest time since an object was found good, seconds", [of_sweep(Metric.OLDEST_UNVERIFIED_AGE, "seconds")]
        ),
        _graph(
            "Found good within interval and grace, and overdue, percent",
            [
                of_sweep(Metric.COVERAGE_WITHIN_INTERVAL, "found good", "Minimum"),
                of_sweep(Metric.OVERDUE_SHARE, "overdue"),
            ],
        ),
        _graph("Objects that the sweep found out of order", [of_sweep(*found) for found in _OUT_OF_ORDER.items()]),
    ]


def _fixity(watched: Watched) -> list[cloudwatch.IWidget]:
    def over_functions(name: str, label: str) -> cloudwatch.IMetric:
        return fixity_metrics.total(
            label, [watched.metric(function, name, function) for function in CHECKING_FUNCTIONS]
        )

    return [
        _graph("Checks by outcome", [over_functions(name, label) for name, label in _OUTCOMES.items()]),
        _graph("Bytes read and compared", [over_functions(Metric.BYTES_VERIFIED, "bytes")]),
        _graph("Failures that were not known before", [over_functions(Metric.FAILED_CHECKS, "failed")]),
    ]


def _reports(watched: Watched) -> list[cloudwatch.IWidget]:
    def reported(function: str, names: dict[str, str]) -> list[cloudwatch.IMetric]:
        return [watched.metric(function, name, label) for name, label in names.items()]

    requests = {
        Metric.REQUESTS_COMPLETED: "requests completed",
        Metric.REQUESTS_PARTIAL: "requests done in part",
        Metric.REQUESTS_REJECTED: "requests rejected",
    }
    exports = {Metric.EXPORTS_COMPLETED: "exports completed", Metric.EXPORTS_FAILED: "exports failed"}
    audit = {
        Metric.AUDIT_MANIFESTS: "manifests signed",
        Metric.AUDIT_EVENTS: "events in them",
        Metric.AUDIT_PROBLEMS: "problems found",
    }
    replication = {Metric.REPLICATIONS_FAILED: "not replicated", Metric.REPLICATIONS_LATE: "replicated late"}
    return [
        _graph(
            "Requests and exports",
            reported(settings.ProvisioningSettings.function, requests)
            + reported(settings.ExportSettings.function, exports),
        ),
        _graph("Replication", reported(settings.ReplicationSettings.function, replication)),
        _graph(
            "Audit trail",
            reported(settings.ManifestSettings.function, audit)
            + reported(settings.TrailSettings.function, {Metric.ALTERED_RECORDS: "records changed by hand"}),
        ),
        _graph("Reports", reported(settings.ReportSettings.function, {Metric.REPORTS_COMPLETED: "reports completed"})),
    ]


def _queues(watched: Watched) -> list[cloudwatch.IWidget]:
    return [
        _graph("Waiting messages", [queue.metric_messages() for queue in watched.queues]),
        _graph("Age of the oldest message, seconds", [queue.metric_age() for queue in watched.queues]),
        _graph("Messages in dead-letter queues", [queue.metric_messages() for queue in watched.dead_letters]),
        _graph(
            "Delay of functions behind their streams, milliseconds",
            [stream.function.metric_iterator_age() for stream in watched.streams],
        ),
    ]


def _functions(watched: Watched) -> list[cloudwatch.IWidget]:
    return [
        _graph("Invocations that failed", [function.metric_errors() for function in watched.functions]),
        _graph("Throttled invocations", [function.metric_throttles() for function in watched.functions]),
        _graph("Duration, 99 of 100, milliseconds", [function.metric_duration() for function in watched.functions]),
        _graph("Invocations at the same time", [function.metric_concurrency() for function in watched.functions]),
    ]


def _tables(watched: Watched) -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Throttled reads and writes",
            [
                metric
                for table in watched.tables
                for metric in (table.metric_read_throttles(), table.metric_write_throttles())
            ],
        ),
        _graph("Requests that failed inside DynamoDB", [table.metric_system_errors() for table in watched.tables]),
        _graph("Slowest operation, 99 of 100, milliseconds", [table.metric_latency() for table in watched.tables]),
    ]


def _costs(watched: Watched) -> list[cloudwatch.IWidget]:
    return [
        _graph("Invocations", [function.metric_invocations() for function in watched.functions]),
        _graph("Lambda, GB-seconds", [function.metric_gigabyte_seconds() for function in watched.functions]),
        _graph(
            "Read and write units",
            [metric for table in watched.tables for metric in (table.metric_read_units(), table.metric_write_units())],
        ),
        _graph("Requests to DynamoDB", [table.metric_requests() for table in watched.tables]),
    ]


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_HALF)
