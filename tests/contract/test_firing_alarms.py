from collections.abc import Callable

import boto3
import pytest

from runtime.adapters.clients import client
from runtime.adapters.cloudwatch_alarms import CloudWatchAlarms
from runtime.report.ports import FiringAlarms
from tests.support.report_fakes import FakeAlarms

TOPIC = "arn:aws:sns:eu-west-1:111111111111:duracloud-prod-alerts"
Alarms = tuple[FiringAlarms, Callable[..., None]]


@pytest.fixture
def alarms(*, real: bool) -> Alarms:
    """The port, and a way to make an alarm of the environment fire."""
    if not real:
        fake = FakeAlarms()
        return fake, fake.in_alarm.append
    cloudwatch = boto3.client("cloudwatch", region_name="eu-west-1")

    def fire(name: str, *, environment: str = "prod", topic: str = TOPIC) -> None:
        alarm = f"duracloud-{environment}-{name}"
        cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            MetricName="m",
            Namespace="n",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            AlarmActions=[topic],
        )
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")

    fire("fine")
    cloudwatch.set_alarm_state(AlarmName="duracloud-prod-fine", StateValue="OK", StateReason="a test")
    fire("other", environment="dev")
    # The name of another environment begins with ours.
    fire("overdue-objects", environment="prod-eu", topic=f"{TOPIC}-eu")
    return CloudWatchAlarms(client("cloudwatch"), "duracloud-prod-", TOPIC), fire


def test_f23_only_alarms_of_the_environment_that_fire_are_named(alarms: Alarms) -> None:
    """In order, however many there are; one answer of CloudWatch names at most a hundred."""
    port, fire = alarms
    assert [] == list(port.firing())
    names = [f"alarm-{number:03}" for number in range(120)]
    for name in reversed(names):
        fire(name)

    assert names == list(port.firing())
