"""Metrics from log lines and queues, and the evaluation of alarms."""

import json
import time
from collections.abc import Callable
from typing import Any, Final

from ministack.core.responses import request_scope
from ministack.services import cloudwatch, lambda_svc, sqs

from duracloud.local.emulator.common import LOG, Row

_BREACHES: Final[dict[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
# How a period without data counts: as breaching or not; absent for treatments that ignore it.
_MISSING: Final = {"notBreaching": False, "breaching": True}
_RUN: Final = 2
_STEADY_SECONDS: Final = 3 * 60 * 60
_OVER: Final[dict[str, Callable[[list[float]], float]]] = {"SUM": sum, "MAX": max}


def read_metrics_from_logs() -> None:
    """CloudWatch makes metrics of log lines in the embedded metric format; the emulator keeps them as text."""
    emit = lambda_svc._emit_lambda_logs

    def emit_and_read(func: Row, request_id: str, log_text: str, *args: Any, **kwargs: Any) -> None:
        emit(func, request_id, log_text, *args, **kwargs)
        for line in log_text.splitlines():
            if '"_aws"' in line:
                _record_embedded(line[line.index("{") :])

    lambda_svc._emit_lambda_logs = emit_and_read


def _record_embedded(line: str) -> None:
    try:
        document = json.loads(line)
        for directive in document["_aws"]["CloudWatchMetrics"]:
            dimensions = {name: document[name] for name in directive["Dimensions"][0]}
            for metric in directive["Metrics"]:
                values = document[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    cloudwatch.record_metric(
                        directive["Namespace"], metric["Name"], value, metric.get("Unit", "None"), dimensions
                    )
    except (ValueError, KeyError, TypeError):
        LOG.warning("a log line with '_aws' is not in the embedded metric format")


def evaluate_alarms_as_described() -> None:
    """CloudWatch looks at the alarm's dimensions, at each of its periods, and treats missing data as configured.

    The emulator does none of that. Periods end now, not at the full minute, and what is missing is missing at once:
    AWS waits for late data.
    """
    cloudwatch._evaluate_alarm = _evaluate_alarm


def _evaluate_alarm(alarm: Row) -> None:
    queries = alarm.get("Metrics") or []
    stats = {query["Id"]: query["MetricStat"] for query in queries if "MetricStat" in query}
    period = next(iter(stats.values()))["Period"] if stats else alarm.get("Period", 60)
    now = time.time()
    ends = [now - number * period for number in range(alarm.get("EvaluationPeriods", 1))]
    if stats:
        expression = next(query["Expression"] for query in queries if "Expression" in query)
        values = [_math(expression, stats, end) for end in ends]
    else:
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
        plain = {"Metric": alarm, "Stat": statistic, "Period": period}
        values = [_value(plain, end) for end in ends]
    state = _state(alarm, values)
    reason = f"Threshold Crossed: {values} {alarm['ComparisonOperator']} {alarm['Threshold']}"
    old = alarm["StateValue"]
    if state is not None and state != old:
        alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": int(now)}
        cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
        cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)


def _state(alarm: Row, values: list[float | None]) -> str | None:
    """Return the state that the values of an alarm's periods make, None where it stays what it is."""
    treatment = alarm.get("TreatMissingData", "missing")
    breaches = _BREACHES[alarm["ComparisonOperator"]]
    verdicts = [_MISSING.get(treatment) if value is None else breaches(value, alarm["Threshold"]) for value in values]
    if all(verdict is None for verdict in verdicts):
        return "INSUFFICIENT_DATA" if treatment == "missing" else None
    return "ALARM" if all(verdict is not False for verdict in verdicts) else "OK"


def _value(stat: Row, end: float) -> float | None:
    """Return a metric's statistic over the period that ends at a time, None where there is no data."""
    metric = stat["Metric"]
    wanted = {entry["Name"]: entry["Value"] for entry in metric.get("Dimensions") or []}
    key = (metric["Namespace"], metric["MetricName"], cloudwatch._dims_key(wanted))
    begin = end - stat["Period"]
    points = [point for point in list(cloudwatch._metrics.get(key, ())) if begin < point["Timestamp"] <= end]
    if not points:
        return None
    value: float | None = cloudwatch._stat_value(cloudwatch._calc_stats(points), stat["Stat"], points)
    return value


def _math(expression: str, stats: dict[str, Row], end: float) -> float | None:
    """Return what `SUM([a, b])` or `MAX([a, b])` makes of those metrics that have data."""
    name, _, ids = expression.removesuffix("])").partition("([")
    values = [_value(stats[metric_id.strip()], end) for metric_id in ids.split(",")]
    known = [value for value in values if value is not None]
    return _OVER[name](known) if known else None


def _record_steady(metric: str, value: float, unit: str, dimensions: Row) -> None:
    """Record a value that is measured all the time. Of equal values in succession the first and the last one stay.

    CloudWatch keeps values that come more often than every minute for three hours only.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
    """
    cloudwatch.record_metric("AWS/SQS", metric, value, unit, dimensions)
    points = cloudwatch._metrics[("AWS/SQS", metric, cloudwatch._dims_key(dimensions))]
    if len(points) > _RUN and all(point["Value"] == value for point in points[-_RUN - 1 :]):
        del points[-2]


def _drop_old_metrics() -> None:
    """Drop what has not changed an alarm for a long time: see `_record_steady`."""
    oldest = time.time() - _STEADY_SECONDS
    for key, points in list(cloudwatch._metrics._data.items()):
        if key[-1][0] == "AWS/SQS" and points and points[0]["Timestamp"] < oldest:
            points[:] = [point for point in points if point["Timestamp"] >= oldest]


def measure_and_evaluate() -> None:
    """SQS publishes the depth and age of its queues and CloudWatch evaluates all alarms every minute, unasked."""
    scopes = set()
    with sqs._queues_lock:
        for (account, region, url), queue in list(sqs._queues.all_items()):
            scopes.add((account, region))
            sqs._refresh_counts(queue)
            attributes = queue["attributes"]
            dimensions = {"QueueName": url.rsplit("/", 1)[-1]}
            arrivals = [entry.get("enqueued_at", entry["sent_at"]) for entry in queue["messages"]]
            age = time.time() - min(arrivals) if arrivals else 0.0
            with request_scope(account, region):
                for metric, attribute in (
                    ("ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessages"),
                    ("ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesNotVisible"),
                ):
                    value = float(attributes.get(attribute, 0))
                    _record_steady(metric, value, "Count", dimensions)
                _record_steady("ApproximateAgeOfOldestMessage", age, "Seconds", dimensions)
    for account, region in scopes:
        with request_scope(account, region):
            cloudwatch._evaluate_all_alarms()
    _drop_old_metrics()
