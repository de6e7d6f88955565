import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import pytest

from benchmarks.function_environment import any_settings
from runtime.alerts import message
from runtime.contract import METRIC_NAMESPACE, Metric
from runtime.counts import COUNTS, FixityCount
from runtime.observability import publish
from runtime.settings import FUNCTIONS, ReplicationSettings
from stacks import naming
from stacks.config import Alarms
from tests.architecture.source import attributes_of
from tests.infra.synthesis import NUMBERED, ROOT, Assembly, Resource, listed
from tests.support.builders import NOW
from tests.support.markdown import anchors_in

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

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
DYNAMODB_METRICS = {
    "ConsumedReadCapacityUnits": {"TableName"},
    "ConsumedWriteCapacityUnits": {"TableName"},
    "ReadThrottleEvents": {"TableName"},
    "WriteThrottleEvents": {"TableName"},
    "WriteKeyRangeThroughputThrottleEvents": {"TableName"},
    "SystemErrors": {"TableName", "Operation"},
    "SuccessfulRequestLatency": {"TableName", "Operation"},
}
ITEM_ACTIONS = {
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
}
COUNTED = set(FixityCount().metrics(NOW))
OF_SWEEPS = [counted.alarm for counted in COUNTS.values() if counted.alarm]
# The rule is in the runbook, which names these, too.
CRITICAL = {
    "audit-problems",
    "behind-audit-trail",
    "coverage",
    "failed-checks-checksum-verification",
    "failed-checks-file-deleted",
    "failed-checks-file-uploaded",
    "failing-objects",
    "forgotten-audit-trail-failures",
    "no-sweep",
    "overdue-share",
    "set-aside-audit-trail-failures",
}
NOTICES = {
    "late-replications",
    "latency-checksums",
    "latency-schedule",
    "partial-requests",
    "partition-throttles-checksums",
    "partition-throttles-schedule",
    "rejected-requests",
    "verification-concurrency",
    "write-units-checksums",
    "write-units-schedule",
}
# What happens and does not end.
OF_EVENTS = (
    "failed-checks-",
    "rejected-requests",
    "partial-requests",
    "failed-exports",
    "failed-replications",
    "late-replications",
    "altered-records",
    "audit-problems",
)


@attrs.frozen
class Watched:
    """A metric as an alarm or graph names it, references resolved; the region is None for the stack's own."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    region: str | None


def _by_name(assembly: Assembly) -> dict[str, Mapping[str, Any]]:
    """Return the properties of the alarms by their names without the environment."""
    beginning = naming.resource_name(assembly.settings.name, "")
    alarms = (alarm.properties for alarm in assembly.resources(ALARM))
    return {alarm["AlarmName"].removeprefix(beginning): alarm for alarm in alarms}


def _stat(assembly: Assembly, layer: str, metric: Mapping[str, Any], region: str | None) -> Watched:
    dimensions = {one["Name"]: assembly.resolve(layer, one["Value"]) for one in metric.get("Dimensions", [])}
    return Watched(metric["Namespace"], metric["MetricName"], dimensions, region)


def _of_alarm(assembly: Assembly, alarm: Resource) -> Iterator[Watched]:
    if "MetricName" in alarm.properties:
        yield _stat(assembly, alarm.layer, alarm.properties, None)
    for query in alarm.properties.get("Metrics", []):
        if "MetricStat" in query:
            yield _stat(assembly, alarm.layer, query["MetricStat"]["Metric"], query["MetricStat"].get("Region"))


def _of_alarms(assembly: Assembly) -> list[Watched]:
    return [metric for alarm in assembly.resources(ALARM) for metric in _of_alarm(assembly, alarm)]


def _of_dashboard(assembly: Assembly) -> Iterator[Watched]:
    for widget in assembly.widgets:
        for namespace, name, *rest in (
            metric for metric in widget["properties"].get("metrics", []) if isinstance(metric[0], str)
        ):
            pairs = [part for part in rest if isinstance(part, str)]
            yield Watched(namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True)), None)


def _watched_by(assembly: Assembly, name: str, dimension: str) -> dict[str, Resource]:
    return {
        metric.dimensions[dimension]: alarm
        for alarm in assembly.resources(ALARM)
        for metric in _of_alarm(assembly, alarm)
        if metric.name == name
    }


def _last_stops(assembly: Assembly) -> set[str]:
    """Return the queues that take what failed for good, of queues and of streams."""
    found = {
        assembly.name_of(queue.layer, queue.properties["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in assembly.resources(QUEUE)
        if "RedrivePolicy" in queue.properties
    }
    return found | {
        assembly.name_of(mapping.layer, mapping.properties["DestinationConfig"]["OnFailure"]["Destination"])
        for mapping in assembly.resources("AWS::Lambda::EventSourceMapping")
        if "DestinationConfig" in mapping.properties
    }


def _calls_on_tables(assembly: Assembly) -> dict[str, set[str]]:
    """Return the operations on items that the functions' roles allow, by table."""
    calls: dict[str, set[str]] = defaultdict(set)
    for policy in assembly.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for statement in policy.statements:
            actions = ITEM_ACTIONS.intersection(listed(statement["Action"]))
            for resource in listed(statement["Resource"]):
                calls[assembly.name_of(policy.layer, resource)] |= {
                    action.removeprefix("dynamodb:") for action in actions
                }
    return {table: operations for table, operations in calls.items() if operations}


def _publishing_modules() -> dict[str, set[str]]:
    """Return the custom metrics that the handler of each function names, itself or by what it shares with others."""

    def named_in(module: str, seen: set[str]) -> set[str]:
        seen.add(module)
        tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8"))
        found = {str(getattr(Metric, name)) for name in attributes_of("Metric", tree)}
        if FixityCount.metrics.__name__ in {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}:
            found |= COUNTED
        imported = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        for other in imported - seen:
            if other.startswith(("runtime.handlers.", "runtime.events.")):
                found |= named_in(other, seen)
        return found

    return {name: named_in(f"runtime.handlers.{name.replace('-', '_')}", set()) for name in FUNCTIONS}


def test_l01_every_watched_metric_is_published_by_what_it_names(
    variant: Assembly, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each metric of alarms and dashboard has a name, namespace and dimensions under which data arrives."""
    publish(any_settings(ReplicationSettings, environment=variant.settings.name), {Metric.FAILED_CHECKS: 0})
    emitted = json.loads(capsys.readouterr().out)["_aws"]["CloudWatchMetrics"][0]
    queues = variant.names_of(QUEUE)
    functions = variant.names_of(FUNCTION)
    calls = _calls_on_tables(variant)
    publishing = _publishing_modules()
    watched = [*_of_alarms(variant), *_of_dashboard(variant)]

    assert {METRIC_NAMESPACE, "AWS/SQS", "AWS/Lambda", "AWS/DynamoDB"} == {metric.namespace for metric in watched}
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
            case "AWS/DynamoDB":
                assert DYNAMODB_METRICS[metric.name] == set(metric.dimensions)
                assert metric.dimensions["TableName"] in calls
                assert metric.dimensions.get("Operation") in {None, *calls[metric.dimensions["TableName"]]}
            case _:
                assert emitted["Namespace"] == metric.namespace
                assert set(emitted["Dimensions"][0]) == set(metric.dimensions)
                assert variant.settings.name == metric.dimensions["environment"]
                assert metric.name in publishing[metric.dimensions["function"]]


def test_l34_every_alarm_stands_where_its_metric_lives(variant: Assembly) -> None:
    """No alarm watches another region, or the billing metrics that us-east-1 alone has."""
    watched = _of_alarms(variant)

    assert [] == [metric for metric in watched if metric.region not in {None, variant.settings.region}]
    assert [] == [metric for metric in watched if metric.namespace == "AWS/Billing"]


def test_every_dead_letter_queue_has_its_alarms(variant: Assembly) -> None:
    """Queues of set-aside messages and of failed stream records speak at once, and again when one is forgotten."""
    last_stops = _last_stops(variant)
    for name in ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"):
        watched = _watched_by(variant, name, "QueueName")
        assert last_stops <= set(watched)
        if name == "ApproximateNumberOfMessagesVisible":
            assert {variant.settings.alarms.dead_letters} == {
                alarm.properties["Threshold"] for alarm in watched.values()
            }


def test_forgotten_messages_are_told_before_they_are_deleted(variant: Assembly) -> None:
    """A queue keeps messages longer than the age at which its alarm speaks."""
    kept = {str(queue.physical_name): queue.properties["MessageRetentionPeriod"] for queue in variant.resources(QUEUE)}
    for queue, alarm in _watched_by(variant, "ApproximateAgeOfOldestMessage", "QueueName").items():
        assert alarm.properties["Threshold"] < kept[queue]


def test_the_age_of_work_is_told_for_every_queue(variant: Assembly) -> None:
    """Each queue, of work or of what was set aside, has an alarm on the age of its oldest message."""
    watched = _watched_by(variant, "ApproximateAgeOfOldestMessage", "QueueName")

    assert variant.names_of(QUEUE) == set(watched)


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_has_its_alarms(variant: Assembly, metric: str) -> None:
    """An invocation of any function that ends in an error, or is refused, is told."""
    watched = _watched_by(variant, metric, "FunctionName")

    assert variant.names_of(FUNCTION) == set(watched)


def test_every_stream_has_an_alarm_on_its_age(variant: Assembly) -> None:
    """Each function that works on a stream says when it is far behind, before records are set aside."""
    streaming = {
        variant.name_of(mapping.layer, mapping.properties["FunctionName"]): mapping.properties
        for mapping in variant.resources("AWS::Lambda::EventSourceMapping")
        if "StartingPosition" in mapping.properties
    }
    watched = _watched_by(variant, "IteratorAge", "FunctionName")

    assert set(streaming) == set(watched)
    for function, alarm in watched.items():
        assert alarm.properties["Threshold"] / 1000 <= streaming[function]["MaximumRecordAgeInSeconds"]


def test_every_table_has_its_alarms(variant: Assembly) -> None:
    """Refused reads and writes, errors inside DynamoDB, slowness and consumption are told for each table."""
    tables = variant.names_of("AWS::DynamoDB::GlobalTable")
    for name in DYNAMODB_METRICS:
        if name != "ConsumedReadCapacityUnits":
            assert tables == set(_watched_by(variant, name, "TableName")), name


def test_errors_and_times_of_tables_cover_every_operation_that_is_called(variant: Assembly) -> None:
    """The alarms on a table watch exactly the operations that some function may call on it."""
    watched: dict[str, set[str]] = defaultdict(set)
    for metric in _of_alarms(variant):
        if "Operation" in metric.dimensions:
            watched[metric.dimensions["TableName"]].add(metric.dimensions["Operation"])

    assert _calls_on_tables(variant) == watched


def test_metric_math_is_what_cloudwatch_allows_in_an_alarm(variant: Assembly) -> None:
    """An alarm's expression passes over operations without data, and holds ten metrics at most.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
    """
    for alarm in variant.resources(ALARM):
        queries = alarm.properties.get("Metrics", [])
        metrics = {query["Id"] for query in queries if "MetricStat" in query}
        expressions = [query["Expression"] for query in queries if "Expression" in query]
        assert len(metrics) <= 10
        for expression in expressions:
            found = re.fullmatch(r"(?:SUM|MAX)\(\[(.+)\]\)", expression)
            assert found is not None
            assert metrics == set(found[1].split(", "))


def test_failed_checks_of_every_checking_function_are_told(variant: Assembly) -> None:
    """Each function that publishes failed checks has an alarm on them."""
    checking = {name for name, metrics in _publishing_modules().items() if Metric.FAILED_CHECKS in metrics}
    watched = (metric for metric in _of_alarms(variant) if metric.name == Metric.FAILED_CHECKS)

    assert 3 == len(checking)
    assert checking == {metric.dimensions["function"] for metric in watched}


def test_every_alarm_tells_people_and_says_what_to_do(variant: Assembly) -> None:
    """Alarms and recoveries go to the alert topic; the description says the severity and links to the runbook.

    Of what happens and does not end nobody is told that it is over (lesson L13).
    """
    topic = f"duracloud-{variant.settings.name}-alerts"
    assert {topic} == variant.names_of("AWS::SNS::Topic")
    address = f"arn:aws:sns:{variant.settings.region}:{variant.settings.account}:{topic}"
    for name, properties in _by_name(variant).items():
        of_events = name.startswith(OF_EVENTS)
        for kind in ("AlarmActions",) if of_events else ("AlarmActions", "OKActions"):
            told = [variant.resolve(naming.MONITORING, action) for action in properties[kind]]
            assert [address] == told
        assert of_events == ("OKActions" not in properties)
        if of_events:
            assert properties["Period"] >= 3600
        severity = next(tag["Value"] for tag in properties["Tags"] if tag["Key"] == "Severity")
        assert severity in {"critical", "warning", "notice"}
        assert properties["AlarmDescription"].startswith(f"[{severity}] ")
        assert f" What to do: {variant.settings.runbook_url}#" in properties["AlarmDescription"]


def test_f21_severity_follows_the_harm_of_four_days(variant: Assembly) -> None:
    """Critical is what is lost, or not noticed, by the end of a long weekend; a slice of a report is not."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, alarm in _by_name(variant).items():
        found[next(tag["Value"] for tag in alarm["Tags"] if tag["Key"] == "Severity")].add(name)

    assert CRITICAL == found["critical"]
    assert NOTICES == found["notice"]
    assert {"critical", "warning", "notice"} == set(found)


def test_f21_the_runbook_names_every_critical_alarm() -> None:
    """The rule and what follows from it are in one place."""
    rule = (ROOT / "docs" / "operator" / "runbook.md").read_text("utf-8").partition("\n## Severity\n")[2]
    named = re.findall(r"`([\w<>-]+)`", rule.partition("- **warning**")[0])

    checked = {name for name in CRITICAL if name.startswith("failed-checks-")}
    assert {*CRITICAL - checked, "failed-checks-<function>"} == set(named)
    assert sorted(named) == named


def test_every_alarm_says_what_missing_data_means(variant: Assembly) -> None:
    """What is published only when there is work is fine without data; a sweep's word stands; silence is an alarm."""
    found = {
        name: (alarm["TreatMissingData"], alarm["ComparisonOperator"]) for name, alarm in _by_name(variant).items()
    }
    reached, below = "GreaterThanOrEqualToThreshold", "LessThanThreshold"

    for alarm in OF_SWEEPS:
        assert ("ignore", below if alarm.below else reached) == found.pop(alarm.name)
    assert ("ignore", reached) == found.pop("overdue-share")
    assert ("breaching", below) == found.pop("no-sweep")
    assert ("breaching", below) == found.pop("no-audit-manifest")
    assert {("notBreaching", reached)} == set(found.values())


def test_alarms_on_sweeps_follow_the_promise(variant: Assembly) -> None:
    """An object may be unverified for interval and grace, and sweeps silent for as many days as the settings say."""
    settings, alarms = variant.settings, _by_name(variant)
    longest = settings.fixity.check_interval_days + settings.sweep.grace_days

    assert 86_400 * longest == alarms["oldest-unverified"]["Threshold"]
    for name, days, statistic in (
        ("no-sweep", settings.sweep.silence_days, "SampleCount"),
        ("no-audit-manifest", settings.audit.silence_days, "Sum"),
    ):
        silence = {"Period": 86_400, "EvaluationPeriods": days, "Threshold": 1, "Statistic": statistic}
        assert silence.items() <= alarms[name].items()


def test_one_problem_in_the_audit_trail_is_told_for_a_day(assembly: Assembly) -> None:
    """What a night found is critical, though the second attempt of the same night finds its day signed."""
    alarm = _by_name(assembly)["audit-problems"]

    assert {"Period": 86_400, "EvaluationPeriods": 1, "Threshold": 1, "Statistic": "Sum"}.items() <= alarm.items()
    assert {"Key": "Severity", "Value": "critical"} in alarm["Tags"]


def test_cloudwatch_can_look_back_as_far_as_alarms_ask(variant: Assembly) -> None:
    """Periods of an hour and more may span seven days together, shorter ones a day.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    for alarm in _by_name(variant).values():
        periods = (
            [alarm["Period"]]
            if "Period" in alarm
            else [query["MetricStat"]["Period"] for query in alarm["Metrics"] if "MetricStat" in query]
        )
        span = max(periods) * alarm["EvaluationPeriods"]
        assert span <= (604_800 if min(periods) >= 3_600 else 86_400)


def test_alarms_have_names_of_their_own(variant: Assembly) -> None:
    """CloudWatch knows an alarm by its name."""
    names = [alarm.properties["AlarmName"] for alarm in variant.resources(ALARM)]

    assert sorted(set(names)) == sorted(names)


# The alarms that follow a setting begin with its name, or with these words.
FOLLOWS = {
    **{name: (name.replace("_", "-"),) for name in attrs.asdict(Alarms())},
    "dead_letters": ("set-aside-",),
    "set_aside_seconds": ("forgotten-",),
    "function_errors": ("errors-",),
    "function_throttles": ("throttles-",),
    "oldest_message_seconds": ("waiting-",),
    "iterator_age_seconds": ("behind-",),
    "table_throttles": ("read-throttles-", "write-throttles-"),
    "partition_throttles": ("partition-throttles-",),
    "table_system_errors": ("system-errors-",),
    "table_latency_milliseconds": ("latency-",),
    "table_write_units": ("write-units-",),
    "failed_requests": ("rejected-requests", "partial-requests"),
    **{str(alarm.threshold): (alarm.name,) for alarm in OF_SWEEPS if alarm.threshold},
    "overdue_percent": ("overdue-share",),
}


def test_thresholds_are_settings(variant: Assembly) -> None:
    """Every alarm fires at a threshold of the environment's settings; in one variant each has its own number."""
    numbers, found = attrs.asdict(variant.settings.alarms), set()
    for name, alarm in _by_name(variant).items():
        # These follow the settings of fixity, sweep and audit trail.
        if name not in {"oldest-unverified", "no-sweep", "no-audit-manifest"}:
            setting = next(setting for setting, beginnings in FOLLOWS.items() if name.startswith(beginnings))
            # AWS measures some in milliseconds.
            assert numbers[setting] in {alarm["Threshold"], alarm["Threshold"] / 1000}
            found.add(setting)
    if variant.directory.name == NUMBERED:
        assert set(numbers) == found
        assert len(numbers) == len(set(numbers.values()))


def test_every_alarm_has_an_entry_in_the_runbook(assemblies: Mapping[str, Assembly]) -> None:
    """The link of each alarm leads to a heading of docs/operator/runbook.md, entries in alphabetical order."""
    page = ROOT / "docs" / "operator" / "runbook.md"
    text = page.read_text("utf-8")
    linked = {
        name: alarm["AlarmDescription"].rpartition("#")[2] for name, alarm in _by_name(assemblies["prod"]).items()
    }
    # Alarms that share an entry stand at the first of their names.
    in_order = list(dict.fromkeys(linked[name] for name in sorted(linked)))

    assert in_order == anchors_in(text.partition("\n## Alarms\n")[2])
    # Notices of failing objects, and of depositors' digests that differ, link there too.
    for entry in (message._RUNBOOK_ENTRY, message._ENTRY_OF_DISPUTED):
        assert entry.removeprefix("#") in anchors_in(text)
    # The contents name every entry.
    assert set() == set(in_order) - set(re.findall(r"\(#([^)]+)\)", text.partition("\n## E-mails\n")[0]))
