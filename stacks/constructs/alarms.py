"""How an alarm is made: it notifies the alert topic, says what it means, and links to the runbook."""

from collections.abc import Iterable

import attrs
from aws_cdk import Tags
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from runtime.contract import Severity, Tag, alarm_name
from stacks import naming
from stacks.config import Settings


@attrs.frozen(kw_only=True)
class Alarm:
    """One alarm, as a value."""

    name: str  # without the environment
    severity: Severity
    meaning: str  # one sentence
    metric: cloudwatch.IMetric
    threshold: float  # in the metric's unit
    entry: str = ""  # heading of the runbook; empty if it is the alarm's name
    periods: int = 1  # values in succession that reach the threshold
    # Most metrics have no data while the service is idle.
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING
    below: bool = False  # fires below the threshold
    # Counts events, which do not end. The end of the period sends no message: it does not mean that all is well.
    of_events: bool = False


class Alarms(Construct):
    """The alarms of an environment."""

    def __init__(self, scope: Construct, construct_id: str, settings: Settings, *, alarms: Iterable[Alarm]) -> None:
        super().__init__(scope, construct_id)
        topic = naming.topic_arn(settings.region, settings.account, naming.resource_name(settings.name, naming.ALERTS))
        action = actions.SnsAction(sns.Topic.from_topic_arn(self, "Topic", topic))
        comparison = cloudwatch.ComparisonOperator
        for one in alarms:
            link = f"{settings.runbook_url}#{one.entry or one.name}"
            alarm = cloudwatch.Alarm(
                self,
                one.name,
                alarm_name=alarm_name(settings.name, one.name),
                alarm_description=f"[{one.severity}] {one.meaning} What to do: {link}",
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
            Tags.of(alarm).add(Tag.SEVERITY, one.severity)
