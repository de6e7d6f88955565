"""The one logger and the one way to publish metrics."""

from collections.abc import Mapping

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from runtime.contract import (
    APPLICATION,
    METRIC_DIMENSION_ENVIRONMENT,
    METRIC_DIMENSION_FUNCTION,
    METRIC_NAMESPACE,
    Metric,
)
from runtime.settings import FunctionSettings

logger = Logger(service=APPLICATION.lower())

# All others are counts.
_UNITS = {
    Metric.BYTES_VERIFIED: MetricUnit.Bytes,
    Metric.BYTES_UNDER_CARE: MetricUnit.Bytes,
    Metric.OLDEST_UNVERIFIED_AGE: MetricUnit.Seconds,
    Metric.COVERAGE_WITHIN_INTERVAL: MetricUnit.Percent,
}


def publish(settings: FunctionSettings, values: Mapping[str, float]) -> None:
    """Publish metrics in CloudWatch's embedded metric format, through the function's log.

    Args:
        settings: the settings of the function that publishes.
        values: values by metric name of `contract.Metric`; nothing is published for an empty mapping.
    """
    if not values:
        return
    metrics = EphemeralMetrics(namespace=METRIC_NAMESPACE)
    dimensions = {METRIC_DIMENSION_ENVIRONMENT: settings.environment, METRIC_DIMENSION_FUNCTION: settings.function}
    metrics.set_default_dimensions(**dimensions)
    for name, value in values.items():
        metrics.add_metric(name, _UNITS.get(name, MetricUnit.Count), value)
    metrics.flush_metrics()
