"""What hears of replications that fail or are late: the queue that S3 writes to, and the function that counts them."""

from typing import Final

import attrs
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from runtime.contract import Function
from stacks import naming
from stacks.config import Settings
from stacks.constructs.retention import Retention
from stacks.constructs.runtime_function import RuntimeFunction, RuntimeFunctionProps
from stacks.constructs.work_queue import WorkQueue, WorkQueueProps

_BATCH_SIZE: Final = 10


@attrs.frozen(kw_only=True)
class ReplicationWatchProps:
    """Arguments of `ReplicationWatch`.

    Attributes:
        settings: the environment's settings.
        code: the code of all functions.
        layer: their dependencies, None where the host provides them.
        retention: what happens to queues and log when they leave the template.
    """

    settings: Settings
    code: lambda_.Code
    layer: lambda_.ILayerVersion | None
    retention: Retention


class ReplicationWatch(Construct):
    """The function and its queue.

    Attributes:
        function: the function.
        queue: the queue that every main bucket names in its notifications.
    """

    def __init__(self, scope: Construct, construct_id: str, props: ReplicationWatchProps) -> None:
        """Create both."""
        super().__init__(scope, construct_id)
        settings = props.settings
        sizing = settings.functions.replication_failed
        self.queue = WorkQueue(
            self,
            "Queue",
            WorkQueueProps(
                environment=settings.name,
                name=naming.REPLICATION_EVENTS,
                timeout_seconds=sizing.timeout_seconds,
                batch_window_seconds=settings.delivery.batch_window_seconds,
                batch_size=_BATCH_SIZE,
                max_receives=settings.delivery.max_receives,
                removal_policy=props.retention.removal_policy,
            ),
        )
        self.queue.take_notifications(settings.account, naming.bucket_arn(naming.any_bucket(settings.bucket_prefix)))
        self.function = RuntimeFunction(
            self,
            "ReplicationFailed",
            RuntimeFunctionProps(
                settings=settings,
                name=Function.REPLICATION_FAILED,
                description="Counts objects that S3 could not replicate",
                sizing=sizing,
                code=props.code,
                layer=props.layer,
                variables={},
                removal_policy=props.retention.removal_policy,
            ),
        )
        self.queue.drive(self.function, sizing)
