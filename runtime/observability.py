"""The one logger and the one way to publish metrics."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from runtime import contract
from runtime.contract import Metric
from runtime.settings import FunctionSettings

Context = TypeVar("Context")
Answer = TypeVar("Answer")

logger = Logger(service=contract.APPLICATION.lower())
# Named as Powertools names it.
REQUEST_ID: Final = "function_request_id"

# All others are counts.
_UNITS = {
    Metric.BYTES_VERIFIED: MetricUnit.Bytes,
    Metric.BYTES_UNDER_CARE: MetricUnit.Bytes,
    Metric.OLDEST_UNVERIFIED_AGE: MetricUnit.Seconds,
    Metric.COVERAGE_WITHIN_INTERVAL: MetricUnit.Percent,
    Metric.OVERDUE_SHARE: MetricUnit.Percent,
}


def with_request_id(
    handler: Callable[[dict[str, Any], Context], Answer],
) -> Callable[[dict[str, Any], Context], Answer]:
    """Add the request id to every log line of an invocation, in any thread and module.

    Powertools' `inject_lambda_context` would add four more fields of 250 bytes to every line.
    """

    @functools.wraps(handler)
    def logged(event: dict[str, Any], context: Context) -> Answer:
        logger.append_keys(**{REQUEST_ID: getattr(context, "aws_request_id", None)})
        return handler(event, context)

    return logged


def publish(settings: FunctionSettings, values: Mapping[str, float]) -> None:
    """Publish values by metric name in CloudWatch's embedded metric format, through the function's log."""
    if not values:
        return
    metrics = EphemeralMetrics(namespace=contract.METRIC_NAMESPACE)
    environment = {contract.METRIC_DIMENSION_ENVIRONMENT: settings.environment}
    metrics.set_default_dimensions(**environment, **{contract.METRIC_DIMENSION_FUNCTION: settings.function})
    if request_id := logger.get_current_keys().get(REQUEST_ID):
        metrics.add_metadata(REQUEST_ID, request_id)
    for name, value in values.items():
        metrics.add_metric(name, _UNITS.get(name, MetricUnit.Count), value)
    metrics.flush_metrics()
