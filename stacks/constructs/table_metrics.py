"""The metrics of a table, under the dimensions that DynamoDB publishes them with.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html, and for the percentiles
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TroubleshootingLatency.html
"""

from typing import Final

import attrs
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

_NAMESPACE: Final = "AWS/DynamoDB"
_PERIOD: Final = Duration.minutes(5)


@attrs.frozen
class TableMetrics:
    """What is measured of a table."""

    name: str  # without the environment
    _physical_name: str
    operations: tuple[str, ...]  # DynamoDB measures errors and times of each operation

    def metric_read_throttles(self) -> cloudwatch.Metric:
        """Return the number of throttled reads in five minutes."""
        return self._of_table("ReadThrottleEvents")

    def metric_write_throttles(self) -> cloudwatch.Metric:
        """Return the number of throttled writes in five minutes."""
        return self._of_table("WriteThrottleEvents")

    def metric_partition_write_throttles(self) -> cloudwatch.Metric:
        """Return the number of writes that were more than one partition takes, in five minutes."""
        return self._of_table("WriteKeyRangeThroughputThrottleEvents")

    def metric_write_units(self) -> cloudwatch.Metric:
        """Return the write units consumed in five minutes."""
        return self._of_table("ConsumedWriteCapacityUnits")

    def metric_read_units(self) -> cloudwatch.Metric:
        """Return the read units consumed in five minutes."""
        return self._of_table("ConsumedReadCapacityUnits")

    def metric_system_errors(self) -> cloudwatch.IMetric:
        """Return the number of requests, of all operations, that failed inside DynamoDB in five minutes."""
        return self._over_operations("SUM", "SystemErrors", "Sum")

    def metric_latency(self) -> cloudwatch.IMetric:
        """Return the 99th percentile of the slowest operation's times in milliseconds in five minutes.

        Reading a page of 1 MiB takes long by nature and is left out.
        """
        return self._over_operations("MAX", "SuccessfulRequestLatency", "p99", but=("Query",))

    def metric_requests(self) -> cloudwatch.IMetric:
        """Return the number of requests, of all operations, that succeeded in five minutes."""
        return self._over_operations("SUM", "SuccessfulRequestLatency", "SampleCount")

    def _of_table(self, name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=_NAMESPACE,
            metric_name=name,
            dimensions_map={"TableName": self._physical_name},
            statistic="Sum",
            period=_PERIOD,
        )

    def _over_operations(
        self, function: str, name: str, statistic: str, but: tuple[str, ...] = ()
    ) -> cloudwatch.IMetric:
        # SUM and MAX of a list pass over what is missing: an operation that nobody called has no data.
        metrics = {
            f"{self.name}_{statistic}_{operation}".lower(): cloudwatch.Metric(
                namespace=_NAMESPACE,
                metric_name=name,
                dimensions_map={"TableName": self._physical_name, "Operation": operation},
                statistic=statistic,
                period=_PERIOD,
            )
            for operation in self.operations
            if operation not in but
        }
        return cloudwatch.MathExpression(
            expression=f"{function}([{', '.join(metrics)}])", using_metrics=metrics, label=self.name, period=_PERIOD
        )
