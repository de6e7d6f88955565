"""A table's stream, worked on by a function, with a queue for what it fails on for good."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.work_queue import DeadLetterQueue

# A stream keeps records for 24 hours; what is set aside points at them, so time must be left to look.
_LONGEST_TRIED: Final = Duration.hours(20)


@attrs.frozen(kw_only=True)
class TableStreamProps:
    """Arguments of `TableStream`.

    Attributes:
        environment: the environment's name.
        table: the table.
        function: the function.
        filters: patterns of records; a record that matches one of them is handed over, each where there is none.
        batch_size: records handed over at once.
        window_seconds: longest wait for a batch to fill.
        removal_policy: what happens to the queue of failures when it leaves the template.
    """

    environment: str
    table: dynamodb.TableV2
    function: RuntimeFunction
    filters: Sequence[Mapping[str, Any]]
    batch_size: int
    window_seconds: int
    removal_policy: RemovalPolicy


class TableStream(Construct):
    """The connection.

    Attributes:
        function: works on it.
        failures: takes pointers to what could not be worked on for most of a day.
    """

    def __init__(self, scope: Construct, construct_id: str, props: TableStreamProps) -> None:
        """Connect. A batch that fails is halved until the bad record stands alone; its shard waits for that one."""
        super().__init__(scope, construct_id)
        self.function = props.function
        self.failures = DeadLetterQueue(
            self, "Failures", props.environment, f"{props.function.name}-failures", props.removal_policy
        )
        props.function.function.add_event_source(
            sources.DynamoEventSource(
                props.table,
                # Records that were written before the function was connected are not lost.
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=props.batch_size,
                max_batching_window=Duration.seconds(props.window_seconds),
                bisect_batch_on_error=True,
                # No limit on attempts: a service that is down for an hour must cost nobody a check (lesson L04).
                max_record_age=_LONGEST_TRIED,
                on_failure=sources.SqsDlq(self.failures.queue),
                filters=[lambda_.FilterCriteria.filter(dict(pattern)) for pattern in props.filters] or None,
            )
        )
