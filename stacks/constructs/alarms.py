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

_DAY_SECONDS: Final = 86_400


@attrs.frozen(kw_only=True)
class _Judged:
    """How the values of a metric make an alarm, where it is not as usual.

    Attributes:
        below: whether it speaks below the threshold instead of from it on.
        periods: how many values in succession it takes.
        missing: what a period without data says. Most metrics are not published while there is nothing to do.
    """

    below: bool = False
    periods: int = 1
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING


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
        self._sweep_alarms()

    def _sweep_alarms(self) -> None:
        """Create the alarms on what a sweep found: it speaks once a day, and until the next one its word stands."""
        settings = self._settings
        longest = settings.fixity.check_interval_days + settings.sweep.grace_days
        ignore = cloudwatch.TreatMissingData.IGNORE

        def of_sweep(name: str, statistic: str) -> cloudwatch.Metric:
            return fixity_metrics.of_sweep(settings.name, name, statistic)

        self._alarm(
            "overdue-objects",
            f"Objects were not checked {settings.sweep.grace_days} days after their date.",
            of_sweep(Metric.OVERDUE_OBJECTS, "Maximum"),
            settings.alarms.overdue_objects,
            _Judged(missing=ignore),
        )
        self._alarm(
            "oldest-unverified",
            f"An object was not found good for more than {longest} days.",
            of_sweep(Metric.OLDEST_UNVERIFIED_AGE, "Maximum"),
            longest * _DAY_SECONDS,
            _Judged(missing=ignore),
        )
        self._alarm(
            "coverage",
            f"Fewer than {settings.alarms.coverage_percent} % of the objects were found good within {longest} days.",
            of_sweep(Metric.COVERAGE_WITHIN_INTERVAL, "Minimum"),
            settings.alarms.coverage_percent,
            _Judged(below=True, missing=ignore),
        )
        self._alarm(
            "no-sweep",
            f"No sweep ended for {settings.alarms.sweep_silence_days} days: nobody looks for what is overdue.",
            of_sweep(Metric.OBJECTS_UNDER_CARE, "SampleCount"),
            1,
            _Judged(
                below=True,
                periods=settings.alarms.sweep_silence_days,
                missing=cloudwatch.TreatMissingData.BREACHING,
            ),
        )

    def _metric(self, function: str, name: str) -> cloudwatch.Metric:
        return fixity_metrics.metric(self._settings.name, function, name)

    def _alarm(
        self,
        name: str,
        meaning: str,
        metric: cloudwatch.IMetric,
        threshold: int,
        judged: _Judged | None = None,
    ) -> None:
        judged = judged or _Judged()
        comparison = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=naming.resource_name(self._settings.name, name),
            alarm_description=f"{meaning} What to do: {self._settings.runbook_url}#{name}",
            metric=metric,
            threshold=threshold,
            evaluation_periods=judged.periods,
            comparison_operator=comparison.LESS_THAN_THRESHOLD
            if judged.below
            else comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=judged.missing,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
