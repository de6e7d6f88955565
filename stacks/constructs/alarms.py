"""Alarms: each tells people through the alert topic, says what it means, and links to its entry in the runbook."""

from typing import Final

import attrs
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from runtime.contract import Function, Metric
from stacks import naming
from stacks.config import Settings
from stacks.constructs import fixity_metrics
from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.work_queue import DeadLetterQueue

# Those that publish FailedChecks, see `contract.Metric`.
CHECKING_FUNCTIONS: Final = (Function.FILE_UPLOADED, Function.FILE_DELETED, Function.CHECKSUM_VERIFICATION)


@attrs.frozen(kw_only=True)
class AlarmsProps:
    """Arguments of `FixityAlarms`.

    Attributes:
        settings: the environment's settings.
        topic: the alert topic.
        functions: every function.
        dead_letters: every queue that takes what failed for good.
    """

    settings: Settings
    topic: sns.ITopic
    functions: tuple[RuntimeFunction, ...]
    dead_letters: tuple[DeadLetterQueue, ...]


class FixityAlarms(Construct):
    """The alarms of an environment."""

    def __init__(self, scope: Construct, construct_id: str, props: AlarmsProps) -> None:
        """Create an alarm per dead-letter queue and per function, and those on what the functions report."""
        super().__init__(scope, construct_id)
        self._settings = props.settings
        self._action = actions.SnsAction(props.topic)
        thresholds = props.settings.alarms
        for queue in props.dead_letters:
            self._alarm(
                f"set-aside-{queue.name}",
                f"Messages lie in the queue {naming.resource_name(props.settings.name, queue.name)}: "
                "work that was tried too often and waits for a person.",
                queue.metric_messages(),
                thresholds.dead_letters,
            )
        for function in props.functions:
            self._alarm(
                f"errors-{function.name}",
                f"Invocations of the function {function.name} end in errors.",
                function.metric_errors(),
                thresholds.function_errors,
            )
        for name in CHECKING_FUNCTIONS:
            self._alarm(
                f"failed-checks-{name}",
                f"The function {name} found objects that are damaged, lost or unreadable.",
                self._metric(name, Metric.FAILED_CHECKS),
                thresholds.failed_checks,
            )
        for metric, name, meaning in (
            (Metric.REQUESTS_REJECTED, "rejected-requests", "A bucket request was rejected: no bucket was made."),
            (Metric.REQUESTS_PARTIAL, "partial-requests", "A bucket request was done only in part."),
        ):
            self._alarm(
                name,
                meaning,
                self._metric(Function.BUCKET_REQUESTED, metric),
                thresholds.failed_requests,
            )
        self._alarm(
            "failed-exports",
            "An export of the checksum table failed.",
            self._metric(Function.CHECKSUM_EXPORTER, Metric.EXPORTS_FAILED),
            thresholds.failed_exports,
        )

    def _metric(self, function: str, name: str) -> cloudwatch.Metric:
        return fixity_metrics.metric(self._settings.name, function, name)

    def _alarm(self, name: str, meaning: str, metric: cloudwatch.IMetric, threshold: int) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=naming.resource_name(self._settings.name, name),
            alarm_description=f"{meaning} What to do: {self._settings.runbook_url}#{name}",
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # None of these metrics is published while there is nothing to do.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
