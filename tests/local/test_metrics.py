"""What the local AWS makes of metrics and alarms."""

import datetime as dt
from typing import Any

from local.aws import LocalAws
from tests.local.support import deploy, eventually, function, messages, unique

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


def alarm(**more: object) -> dict[str, Any]:
    """Return the template's resource of an alarm."""
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


def queue_alarm(queue: str) -> dict[str, Any]:
    """Return the template's resource of an alarm on any message in a queue."""
    return alarm(
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}],
        AlarmActions=[{"Ref": "Topic"}],
        OKActions=[{"Ref": "Topic"}],
    )


def states(aws: LocalAws, *names: str) -> list[str]:
    """Return the states of alarms."""
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
            "WatchedAlarm": queue_alarm("Watched"),
            "OtherAlarm": queue_alarm("Other"),
        },
    )
    alarms = ids["WatchedAlarm"], ids["OtherAlarm"]
    told: list[dict[str, Any]] = []

    def subjects() -> list[str]:
        told.extend(messages(aws, ids["Inbox"]))
        return [notice["Subject"] for notice in told if "ALARM" in notice["Subject"]]

    eventually(lambda: states(aws, *alarms), lambda seen: seen == ["OK", "OK"])
    aws.client("sqs").send_message(QueueUrl=ids["Watched"], MessageBody="x")
    eventually(lambda: states(aws, *alarms), lambda seen: seen == ["ALARM", "OK"])
    assert ids["WatchedAlarm"] in eventually(subjects)[0]


def test_an_alarm_without_data_is_as_it_says(aws: LocalAws) -> None:
    """Missing data is no breach, or one, or neither, as the alarm says."""
    treatments = {"Fine": "notBreaching", "Breach": "breaching", "Unknown": "missing"}
    ids = deploy(
        aws,
        {
            name: alarm(Namespace="Trial", MetricName="Never", TreatMissingData=treatment)
            for name, treatment in treatments.items()
        },
    )
    names = [ids[name] for name in treatments]
    eventually(lambda: states(aws, *names), lambda seen: seen == ["OK", "ALARM", "INSUFFICIENT_DATA"])


def test_metrics_in_log_lines_become_metrics(aws: LocalAws) -> None:
    """A log line in the embedded metric format is found in CloudWatch under its dimensions."""
    name = deploy(aws, {"Function": function(EMBEDDED)})["Function"]
    aws.client("lambda").invoke(FunctionName=name)
    now = dt.datetime.now(dt.UTC)

    def points() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = aws.client("cloudwatch").get_metric_statistics(
            Namespace="Trial",
            MetricName="Checks",
            Dimensions=[{"Name": "environment", "Value": "local"}, {"Name": "function", "Value": "f"}],
            StartTime=now - dt.timedelta(minutes=5),
            EndTime=now + dt.timedelta(minutes=5),
            Period=600,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        return found

    eventually(points)
    assert (5.0, 2.0) == (sum(p["Sum"] for p in points()), sum(p["SampleCount"] for p in points()))
