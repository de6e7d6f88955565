"""The custom metrics of an environment, with exactly the dimensions that the functions publish (lesson L01)."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from runtime.contract import METRIC_DIMENSION_ENVIRONMENT, METRIC_DIMENSION_FUNCTION, METRIC_NAMESPACE
from runtime.settings import SweepSettings

_PERIOD = Duration.minutes(5)


def metric(environment: str, function: str, name: str, label: str | None = None) -> cloudwatch.Metric:
    """Return the sum of a metric over five minutes; an alarm's metric has no label."""
    return cloudwatch.Metric(
        namespace=METRIC_NAMESPACE,
        metric_name=name,
        dimensions_map={METRIC_DIMENSION_ENVIRONMENT: environment, METRIC_DIMENSION_FUNCTION: function},
        statistic="Sum",
        period=_PERIOD,
        # With a label an alarm becomes metric math, which hides what it watches.
        label=label,
    )


def of_sweep(environment: str, name: str, statistic: str = "Maximum", label: str | None = None) -> cloudwatch.Metric:
    """Return a metric of a sweep over a day. A sweep may publish a value twice, so the statistic is never the sum."""
    found = metric(environment, SweepSettings.function, name, label)
    return found.with_(statistic=statistic, period=Duration.days(1))


def total(label: str, metrics: Sequence[cloudwatch.Metric]) -> cloudwatch.IMetric:
    """Return the sum of two or more metrics, of those that have data."""
    # An id stands for one metric in all of a graph.
    ids = {_id(metric): metric for metric in metrics}
    return cloudwatch.MathExpression(
        expression=f"SUM([{', '.join(ids)}])", using_metrics=ids, label=label, period=_PERIOD
    )


def _id(metric: cloudwatch.Metric) -> str:
    function = (metric.dimensions or {})[METRIC_DIMENSION_FUNCTION]
    return f"{function}_{metric.metric_name}".replace("-", "_").lower()
