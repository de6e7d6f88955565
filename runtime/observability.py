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

logger = Logger(service=APPLICATION.lower())

# All others are counts.
_UNITS = {
    Metric.BYTES_VERIFIED: MetricUnit.Bytes,
    Metric.BYTES_UNDER_CARE: MetricUnit.Bytes,
    Metric.OLDEST_UNVERIFIED_AGE: MetricUnit.Seconds,
    Metric.COVERAGE_WITHIN_INTERVAL: MetricUnit.Percent,
}


def publish(environment: str, function: str, values: Mapping[str, float]) -> None:
    """Publish metrics in CloudWatch's embedded metric format, through the function's log.

    Args:
        environment: the deployed environment's name.
        function: the function's name as in `contract.Function`.
        values: values by metric name of `contract.Metric`; nothing is published for an empty mapping.
    """
    if not values:
        return
    metrics = EphemeralMetrics(namespace=METRIC_NAMESPACE)
    metrics.set_default_dimensions(**{METRIC_DIMENSION_ENVIRONMENT: environment, METRIC_DIMENSION_FUNCTION: function})
    for name, value in values.items():
        metrics.add_metric(name, _UNITS.get(name, MetricUnit.Count), value)
    metrics.flush_metrics()
