"""What the local AWS makes of metrics and alarms."""

import datetime as dt
from typing import Any

from duracloud.local.aws import LocalAws
from duracloud.local.watching import eventually
from tests.local.support import datapoints, deploy, function, messages, unique

EMBEDDED = """
import json
def handler(event, context):
    print(json.dumps({
        "_aws": {"Timestamp": 0, "CloudWatchMetrics": [{
            "Namespace": "Trial",
            "Dimensions": [["environment", "function"]],
            "Metrics": [{"Name": "Checks", "Unit": "Count"}],
        }]},
        "environment": "local", "function": "f", "Checks": [2, 3],
    }))
"""


def _alarm(**more: object) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": unique("alarm"),
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "EvaluationPeriods": 1,
            "Period": 300,
            "Statistic": "Maximum",
            "Threshold": 1,
            "TreatMissingData": "notBreaching",
            **more,
        },
    }


def _queue_alarm(queue: str) -> dict[str, Any]:
    return _alarm(
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}],
        AlarmActions=[{"Ref": "Topic"}],
        OKActions=[{"Ref": "Topic"}],
    )


def _states(aws: LocalAws, *names: str) -> list[str]:
    found = aws.client("cloudwatch").describe_alarms(AlarmNames=list(names))["MetricAlarms"]
    state = {entry["AlarmName"]: entry["StateValue"] for entry in found}
    return [state[name] for name in names]


def test_an_alarm_watches_its_own_queue_and_tells_the_topic(aws: LocalAws) -> None:
    """A message raises the alarm of its queue, no other one; when it is gone the alarm is over; both are told."""
    ids = deploy(
        aws,
        {
            "Watched": {"Type": "AWS::SQS::Queue"},
            "Other": {"Type": "AWS::SQS::Queue"},
            "Inbox": {"Type": "AWS::SQS::Queue"},
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Subscription": {
                "Type": "AWS::SNS::Subscription",
                "Properties": {
                    "TopicArn": {"Ref": "Topic"},
                    "Protocol": "sqs",
                    "Endpoint": {"Fn::GetAtt": ["Inbox", "Arn"]},
                },
            },
            "WatchedAlarm": _queue_alarm("Watched"),
            "OtherAlarm": _queue_alarm("Other"),
        },
    )
    alarms = ids["WatchedAlarm"], ids["OtherAlarm"]
    told: list[dict[str, Any]] = []

    def subjects() -> list[str]:
        told.extend(messages(aws, ids["Inbox"]))
        return [notice["Subject"] for notice in told if "ALARM" in notice["Subject"]]

    eventually(lambda: _states(aws, *alarms), lambda seen: seen == ["OK", "OK"])
    aws.client("sqs").send_message(QueueUrl=ids["Watched"], MessageBody="x")
    eventually(lambda: _states(aws, *alarms), lambda seen: seen == ["ALARM", "OK"])
    assert ids["WatchedAlarm"] in eventually(subjects)[0]


def test_an_alarm_without_data_is_as_it_says(aws: LocalAws) -> None:
    """Missing data is no breach, or one, or neither, as the alarm says."""
    treatments = {"Fine": "notBreaching", "Breach": "breaching", "Unknown": "missing"}
    ids = deploy(
        aws,
        {
            name: _alarm(Namespace="Trial", MetricName="Never", TreatMissingData=treatment)
            for name, treatment in treatments.items()
        },
    )
    names = [ids[name] for name in treatments]
    eventually(lambda: _states(aws, *names), lambda seen: seen == ["OK", "ALARM", "INSUFFICIENT_DATA"])


def put(aws: LocalAws, name: str, value: float, *minutes_ago: int) -> None:
    """Publish a value of a metric in the namespace Trial, now or some minutes ago."""
    now = dt.datetime.now(dt.UTC)
    aws.client("cloudwatch").put_metric_data(
        Namespace="Trial",
        MetricData=[
            {"MetricName": name, "Value": value, "Timestamp": now - dt.timedelta(minutes=minutes)}
            for minutes in minutes_ago or (0,)
        ],
    )


def test_an_alarm_on_several_periods_waits_for_all_of_them(aws: LocalAws) -> None:
    """One value is not enough where three in succession are asked for; three are."""
    name = unique("metric")
    ids = deploy(aws, {"Alarm": _alarm(Namespace="Trial", MetricName=name, EvaluationPeriods=3)})
    put(aws, name, 1)
    put(aws, name, 1, 11)
    eventually(lambda: _states(aws, ids["Alarm"]), lambda seen: seen == ["OK"])
    put(aws, name, 1, 6)
    eventually(lambda: _states(aws, ids["Alarm"]), lambda seen: seen == ["ALARM"])


def test_an_alarm_on_an_expression_passes_over_what_has_no_data(aws: LocalAws) -> None:
    """SUM and MAX of several metrics count those that have data, and are missing where none has."""
    first, second, never = unique("first"), unique("second"), unique("never")

    def of(function: str) -> dict[str, Any]:
        metrics: list[dict[str, Any]] = [{"Id": "expr_1", "Expression": f"{function}([a, b, c])", "ReturnData": True}]
        for metric_id, name in {"a": first, "b": second, "c": never}.items():
            stat = {"Metric": {"Namespace": "Trial", "MetricName": name}, "Period": 300, "Stat": "Sum"}
            metrics.append({"Id": metric_id, "ReturnData": False, "MetricStat": stat})
        found = _alarm(Threshold=5, Metrics=metrics)
        for name in ("Period", "Statistic"):
            del found["Properties"][name]
        return found

    ids = deploy(aws, {"Sum": of("SUM"), "Most": of("MAX")})
    alarms = ids["Sum"], ids["Most"]
    eventually(lambda: _states(aws, *alarms), lambda seen: seen == ["OK", "OK"])
    put(aws, first, 2)
    put(aws, second, 3)
    eventually(lambda: _states(aws, *alarms), lambda seen: seen == ["ALARM", "OK"])
    put(aws, second, 2)
    eventually(lambda: _states(aws, *alarms), lambda seen: seen == ["ALARM", "ALARM"])


def test_age_of_the_oldest_message_is_published(aws: LocalAws) -> None:
    """A message that lies in a queue raises an alarm on its age."""
    ids = deploy(
        aws,
        {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Alarm": _alarm(
                Namespace="AWS/SQS",
                MetricName="ApproximateAgeOfOldestMessage",
                Dimensions=[{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}],
                Threshold=2,
            ),
        },
    )
    eventually(lambda: _states(aws, ids["Alarm"]), lambda seen: seen == ["OK"])
    aws.client("sqs").send_message(QueueUrl=ids["Queue"], MessageBody="x")
    eventually(lambda: _states(aws, ids["Alarm"]), lambda seen: seen == ["ALARM"])


def test_metrics_in_log_lines_become_metrics(aws: LocalAws) -> None:
    """A log line in the embedded metric format is found in CloudWatch under its dimensions."""
    name = deploy(aws, {"Function": function(EMBEDDED)})["Function"]
    aws.client("lambda").invoke(FunctionName=name)
    points = eventually(
        lambda: datapoints(aws, "Trial", "Checks", "Sum", "SampleCount", environment="local", function="f"),
        lambda found: sum(point["SampleCount"] for point in found) == 2,
    )
    assert 5 == sum(point["Sum"] for point in points)
