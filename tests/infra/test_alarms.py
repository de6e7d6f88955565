import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import pytest

from runtime.contract import FUNCTION_ENVIRONMENT, METRIC_NAMESPACE, Metric
from runtime.domain import alert_message
from runtime.observability import publish
from tests.infra.synthesis import ROOT, Assembly, Resource

ALARM = "AWS::CloudWatch::Alarm"
QUEUE = "AWS::SQS::Queue"
FUNCTION = "AWS::Lambda::Function"
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
SQS_METRICS = {
    "ApproximateAgeOfOldestMessage",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesVisible",
    "NumberOfEmptyReceives",
    "NumberOfMessagesDeleted",
    "NumberOfMessagesReceived",
    "NumberOfMessagesSent",
    "SentMessageSize",
}
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
LAMBDA_METRICS = {"ConcurrentExecutions", "Duration", "Errors", "Invocations", "IteratorAge", "Throttles"}


@attrs.frozen
class Watched:
    """A metric as an alarm or graph names it.

    Attributes:
        namespace: the namespace.
        name: the metric.
        dimensions: its dimensions, references resolved.
        region: the region that is named; None for the stack's own.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    region: str | None


def _alarms(assembly: Assembly) -> list[Resource]:
    return list(assembly.resources(ALARM))


def _stat(assembly: Assembly, layer: str, metric: Mapping[str, Any], region: str | None) -> Watched:
    dimensions = {one["Name"]: assembly.resolve(layer, one["Value"]) for one in metric.get("Dimensions", [])}
    return Watched(metric["Namespace"], metric["MetricName"], dimensions, region)


def _of_alarm(assembly: Assembly, alarm: Resource) -> Iterator[Watched]:
    if "MetricName" in alarm.properties:
        yield _stat(assembly, alarm.layer, alarm.properties, None)
    for query in alarm.properties.get("Metrics", []):
        if "MetricStat" in query:
            yield _stat(assembly, alarm.layer, query["MetricStat"]["Metric"], query["MetricStat"].get("Region"))


def _of_dashboard(assembly: Assembly) -> Iterator[Watched]:
    (dashboard,) = assembly.resources("AWS::CloudWatch::Dashboard")
    body = json.loads(assembly.resolve(dashboard.layer, dashboard.properties["DashboardBody"]))
    for widget in body["widgets"]:
        for namespace, name, *rest in (
            metric for metric in widget["properties"]["metrics"] if isinstance(metric[0], str)
        ):
            pairs = [part for part in rest if isinstance(part, str)]
            yield Watched(namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True)), None)


def _publishing_modules() -> dict[str, set[str]]:
    """Return the custom metrics that the handler of each function names, itself or by handlers that it imports."""

    def named_in(module: str, seen: set[str]) -> set[str]:
        seen.add(module)
        tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8"))
        found = {
            str(getattr(Metric, node.attr))
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Metric"
        }
        imported = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        for other in imported - seen:
            if other.startswith("runtime.handlers."):
                found |= named_in(other, seen)
        return found

    return {name: named_in(f"runtime.handlers.{name.replace('-', '_')}", set()) for name in FUNCTION_ENVIRONMENT}


def test_l01_every_watched_metric_is_published_by_what_it_names(
    variant: Assembly, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each metric of alarms and dashboard has a name, namespace and dimensions under which data arrives."""
    publish(variant.settings.name, "a-function", {Metric.FAILED_CHECKS: 0})
    emitted = json.loads(capsys.readouterr().out)["_aws"]["CloudWatchMetrics"][0]
    queues = {f"SQS::Queue:{queue.physical_name}.QueueName" for queue in variant.resources(QUEUE)}
    functions = {f"Lambda::Function:{function.physical_name}" for function in variant.resources(FUNCTION)}
    publishing = _publishing_modules()
    watched = [metric for alarm in _alarms(variant) for metric in _of_alarm(variant, alarm)]
    watched += _of_dashboard(variant)

    assert {METRIC_NAMESPACE, "AWS/SQS", "AWS/Lambda"} == {metric.namespace for metric in watched}
    for metric in watched:
        match metric.namespace:
            case "AWS/SQS":
                assert metric.name in SQS_METRICS
                assert {"QueueName"} == set(metric.dimensions)
                assert metric.dimensions["QueueName"] in queues
            case "AWS/Lambda":
                assert metric.name in LAMBDA_METRICS
                assert {"FunctionName"} == set(metric.dimensions)
                assert metric.dimensions["FunctionName"] in functions
            case _:
                assert emitted["Namespace"] == metric.namespace
                assert set(emitted["Dimensions"][0]) == set(metric.dimensions)
                assert variant.settings.name == metric.dimensions["environment"]
                assert metric.name in publishing[metric.dimensions["function"]]


def test_l34_every_alarm_stands_where_its_metric_lives(variant: Assembly) -> None:
    """No alarm watches another region, or the billing metrics that us-east-1 alone has."""
    watched = [metric for alarm in _alarms(variant) for metric in _of_alarm(variant, alarm)]

    assert [] == [metric for metric in watched if metric.region not in {None, variant.settings.region}]
    assert [] == [metric for metric in watched if metric.namespace == "AWS/Billing"]


def test_every_dead_letter_queue_has_an_alarm(variant: Assembly) -> None:
    """Queues of set-aside messages and of failed stream records speak as soon as one message lies in them."""
    last_stops = {
        variant.resolve(queue.layer, queue.properties["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in variant.resources(QUEUE)
        if "RedrivePolicy" in queue.properties
    }
    last_stops |= {
        variant.resolve(mapping.layer, mapping.properties["DestinationConfig"]["OnFailure"]["Destination"])
        for mapping in variant.resources("AWS::Lambda::EventSourceMapping")
        if "DestinationConfig" in mapping.properties
    }
    watched = {}
    for alarm in _alarms(variant):
        for metric in _of_alarm(variant, alarm):
            if metric.namespace == "AWS/SQS":
                assert "ApproximateNumberOfMessagesVisible" == metric.name
                assert variant.settings.alarms.dead_letters == alarm.properties["Threshold"]
                watched[metric.dimensions["QueueName"].removesuffix(".QueueName")] = alarm

    assert 7 == len(last_stops)
    assert last_stops == set(watched)


def test_every_function_has_an_alarm_on_errors(variant: Assembly) -> None:
    """An invocation of any function that ends in an error is told."""
    watched = {
        metric.dimensions["FunctionName"]
        for alarm in _alarms(variant)
        for metric in _of_alarm(variant, alarm)
        if metric.name == "Errors"
    }

    assert {f"Lambda::Function:{function.physical_name}" for function in variant.resources(FUNCTION)} == watched


def test_failed_checks_of_every_checking_function_are_told(variant: Assembly) -> None:
    """Each function that publishes failed checks has an alarm on them."""
    checking = {name for name, metrics in _publishing_modules().items() if Metric.FAILED_CHECKS in metrics}
    watched = [metric for alarm in _alarms(variant) for metric in _of_alarm(variant, alarm)]

    assert 3 == len(checking)
    assert checking == {metric.dimensions["function"] for metric in watched if metric.name == Metric.FAILED_CHECKS}


def test_every_alarm_tells_people_and_says_what_to_do(variant: Assembly) -> None:
    """Alarms and recoveries go to the alert topic; the description links to the runbook."""
    name = variant.settings.name
    for alarm in _alarms(variant):
        properties = alarm.properties
        for kind in ("AlarmActions", "OKActions"):
            told = [variant.resolve(alarm.layer, action) for action in properties[kind]]
            assert [f"SNS::Topic:duracloud-{name}-alerts"] == told
        anchor = properties["AlarmName"].removeprefix(f"duracloud-{name}-")
        assert properties["AlarmDescription"].endswith(f" {variant.settings.runbook_url}#{anchor}")
        assert isinstance(properties["AlarmDescription"], str)


def test_thresholds_are_settings(variant: Assembly) -> None:
    """Every alarm speaks at a threshold of the environment's settings, or at what follows from them."""
    settings = variant.settings
    longest = 86_400 * (settings.fixity.check_interval_days + settings.sweep.grace_days)
    allowed = {*attrs.astuple(settings.alarms), longest}

    assert set() == {alarm.properties["Threshold"] for alarm in _alarms(variant)} - allowed


def test_no_data_is_no_alarm_but_where_silence_is_the_matter(variant: Assembly) -> None:
    """What is published only when there is work is fine without data; a sweep's word stands; no sweep is an alarm."""
    name = variant.settings.name
    found = {
        alarm.properties["AlarmName"].removeprefix(f"duracloud-{name}-"): (
            alarm.properties["TreatMissingData"],
            alarm.properties["ComparisonOperator"],
            alarm.properties["Period"] * alarm.properties["EvaluationPeriods"],
        )
        for alarm in _alarms(variant)
    }
    reached, below, day = "GreaterThanOrEqualToThreshold", "LessThanThreshold", 86_400

    assert ("ignore", reached, day) == found.pop("overdue-objects")
    assert ("ignore", reached, day) == found.pop("oldest-unverified")
    assert ("ignore", below, day) == found.pop("coverage")
    assert ("breaching", below, variant.settings.alarms.sweep_silence_days * day) == found.pop("no-sweep")
    assert {("notBreaching", reached, 300)} == set(found.values())


def test_cloudwatch_can_look_back_as_far_as_alarms_ask(variant: Assembly) -> None:
    """Periods of an hour and more may span seven days together, shorter ones a day."""
    for alarm in _alarms(variant):
        span = alarm.properties["Period"] * alarm.properties["EvaluationPeriods"]
        assert span <= (604_800 if alarm.properties["Period"] >= 3_600 else 86_400)


def test_every_alarm_has_an_entry_in_the_runbook(assemblies: Mapping[str, Assembly]) -> None:
    """The link of each alarm leads to a heading of docs/operations.md."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    headings = re.findall(r"^#+ +(.+?) *$", text, flags=re.MULTILINE)
    # How code hosts make anchors of headings.
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    linked = {alarm.properties["AlarmDescription"].rpartition("#")[2] for alarm in _alarms(assemblies["prod"])}

    # Notices of failing objects link there too.
    linked.add(alert_message._RUNBOOK_ENTRY.removeprefix("#"))

    assert set() == linked - anchors
