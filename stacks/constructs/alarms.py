"""How an alarm is made: it tells people through the alert topic, says what it means, and links to the runbook."""

from collections.abc import Iterable
from typing import Final

import attrs
from aws_cdk import Tags
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from runtime.contract import Severity
from stacks import naming
from stacks.config import Settings

SEVERITY_TAG: Final = "Severity"


@attrs.frozen(kw_only=True)
class Alarm:
    """One alarm, as a value.

    Attributes:
        name: its name without the environment.
        severity: how soon a person has to act.
        meaning: what it says, in a sentence.
        metric: what it watches.
        threshold: the value at which it speaks, in the metric's own unit.
        entry: the heading of the runbook that says what to do; where not given, the alarm's own name.
        periods: how many values in succession must have reached the threshold.
        missing: what a period without data says. Most metrics have none while there is nothing to do.
        below: whether it speaks below the threshold instead of from it on.
        of_events: whether it tells of something that happened, which does not end: then nobody is told when its period
            is over, because that does not mean that anything is in order again.
    """

    name: str
    severity: Severity
    meaning: str
    metric: cloudwatch.IMetric
    threshold: float
    entry: str = attrs.field()
    periods: int = 1
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING
    below: bool = False
    of_events: bool = False

    @entry.default
    def _own_name(self) -> str:
        return self.name


class Alarms(Construct):
    """The alarms of an environment."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        settings: Settings,
        *,
        topic: sns.ITopic,
        alarms: Iterable[Alarm],
    ) -> None:
        """Create every alarm."""
        super().__init__(scope, construct_id)
        action = actions.SnsAction(topic)
        comparison = cloudwatch.ComparisonOperator
        for one in alarms:
            alarm = cloudwatch.Alarm(
                self,
                one.name,
                alarm_name=naming.resource_name(settings.name, one.name),
                alarm_description=(f"[{one.severity}] {one.meaning} What to do: {settings.runbook_url}#{one.entry}"),
                metric=one.metric,
                threshold=one.threshold,
                evaluation_periods=one.periods,
                comparison_operator=comparison.LESS_THAN_THRESHOLD
                if one.below
                else comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                treat_missing_data=one.missing,
            )
            alarm.add_alarm_action(action)
            if not one.of_events:
                alarm.add_ok_action(action)
            Tags.of(alarm).add(SEVERITY_TAG, one.severity)
