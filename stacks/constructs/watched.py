"""The constructs with metrics, for alarms and dashboard."""

from collections.abc import Sequence

import attrs
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.config import Settings
from stacks.constructs import fixity_metrics
from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.table_metrics import TableMetrics
from stacks.constructs.table_stream import TableStream
from stacks.constructs.work_queue import DeadLetterQueue, WorkQueue


@attrs.frozen(kw_only=True)
class Watched:
    """All constructs of an environment with metrics."""

    settings: Settings
    functions: Sequence[RuntimeFunction]
    queues: Sequence[WorkQueue]
    dead_letters: Sequence[DeadLetterQueue]
    streams: Sequence[TableStream]
    tables: Sequence[TableMetrics]

    def metric(self, function: str, name: str, label: str | None = None) -> cloudwatch.Metric:
        """Return the sum of a custom metric over five minutes. See `fixity_metrics.metric`."""
        return fixity_metrics.metric(self.settings.name, function, name, label)
