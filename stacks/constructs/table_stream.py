"""A table's stream, the function that works on it, and a queue for records that always fail."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from aws_cdk import Duration, ReferenceStrength, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from stacks.constructs.function_host import FunctionHost
from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.work_queue import DeadLetterQueue

# A stream keeps records for 24 hours. A dead letter only points at them, so time must be left to look.
_LONGEST_TRIED: Final = Duration.hours(20)


class TableStream(Construct):
    """The connection."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        host: FunctionHost,
        *,
        table: dynamodb.TableV2,
        function: RuntimeFunction,
        batch_size: int,
        window_seconds: int,
        filters: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Create the mapping. Records that match a filter are handed over, all records without filters."""
        super().__init__(scope, construct_id)
        self.function = function
        self.failures = DeadLetterQueue(
            self,
            "Failures",
            host,
            name=f"{function.name}-failures",
            last_stop="It takes a stream's failed records itself; an alarm fires when it does",
        )
        function.function.add_event_source(
            sources.DynamoEventSource(
                table,
                # Records that were written before the function was connected are not lost.
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=batch_size,
                max_batching_window=Duration.seconds(window_seconds),
                bisect_batch_on_error=True,
                # No limit on attempts: an outage of an hour must not lose a check (lesson L04).
                max_record_age=_LONGEST_TRIED,
                on_failure=sources.SqsDlq(self.failures.queue),
                filters=[lambda_.FilterCriteria.filter(dict(pattern)) for pattern in filters] or None,
            )
        )
        (mapping,) = (
            child for child in function.function.node.children if isinstance(child, lambda_.EventSourceMapping)
        )
        # CloudFormation may plan to replace a mapping whose stream it learns at deployment only.
        resource = cast("lambda_.CfnEventSourceMapping", mapping.node.default_child)
        resource.event_source_arn = Stack.consume_reference(str(table.table_stream_arn), ReferenceStrength.STRONG)
