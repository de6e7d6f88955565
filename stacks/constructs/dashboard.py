"""The dashboard: what is checked with which outcome, what waits, and how the functions do."""

from typing import Final

import attrs
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from runtime.contract import Metric
from stacks import naming
from stacks.constructs import fixity_metrics
from stacks.constructs.alarms import CHECKING_FUNCTIONS
from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.work_queue import DeadLetterQueue, WorkQueue

_OUTCOMES: Final = {
    Metric.OUTCOME_MATCH: "match",
    Metric.OUTCOME_MISMATCH: "mismatch",
    Metric.OUTCOME_UNREADABLE: "unreadable",
    Metric.OUTCOME_ABSENT: "absent",
    Metric.OUTCOME_SUPERSEDED: "superseded",
    Metric.OUTCOME_NO_BASELINE: "no baseline",
    Metric.OUTCOME_DEFERRED: "deferred",
}
_HALF: Final = 12


@attrs.frozen(kw_only=True)
class DashboardProps:
    """Arguments of `FixityDashboard`.

    Attributes:
        environment: the environment's name.
        functions: every function.
        queues: every queue of work.
        dead_letters: every queue that takes what failed for good.
    """

    environment: str
    functions: tuple[RuntimeFunction, ...]
    queues: tuple[WorkQueue, ...]
    dead_letters: tuple[DeadLetterQueue, ...]


class FixityDashboard(Construct):
    """One dashboard per environment."""

    def __init__(self, scope: Construct, construct_id: str, props: DashboardProps) -> None:
        """Create the dashboard."""
        super().__init__(scope, construct_id)

        def over_functions(name: str, label: str) -> cloudwatch.IMetric:
            return fixity_metrics.total(
                label,
                [fixity_metrics.metric(props.environment, function, name, function) for function in CHECKING_FUNCTIONS],
            )

        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=naming.resource_name(props.environment, "fixity"),
            widgets=[
                [
                    _graph(
                        "Objects under care",
                        [fixity_metrics.of_sweep(props.environment, Metric.OBJECTS_UNDER_CARE, label="objects")],
                    ),
                    _graph(
                        "Found good within interval and grace, percent",
                        [fixity_metrics.of_sweep(props.environment, Metric.COVERAGE_WITHIN_INTERVAL, "Minimum", "%")],
                    ),
                ],
                [
                    _graph(
                        "Longest time that an object was not found good, seconds",
                        [fixity_metrics.of_sweep(props.environment, Metric.OLDEST_UNVERIFIED_AGE, label="seconds")],
                    ),
                ],
                [
                    _graph("Checks by outcome", [over_functions(name, label) for name, label in _OUTCOMES.items()]),
                    _graph("Bytes read and compared", [over_functions(Metric.BYTES_VERIFIED, "bytes")]),
                ],
                [
                    _graph("Waiting messages", [queue.metric_messages() for queue in props.queues]),
                    _graph("Age of the oldest message, seconds", [queue.metric_age() for queue in props.queues]),
                ],
                [
                    _graph("Messages set aside", [queue.metric_messages() for queue in props.dead_letters]),
                    _graph("Invocations that failed", [function.metric_errors() for function in props.functions]),
                ],
                [
                    _graph("Invocations", [function.metric_invocations() for function in props.functions]),
                    _graph("Duration, 99 of 100", [function.metric_duration() for function in props.functions]),
                ],
            ],
        )


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=_HALF)
