"""Replications that fail or are late: the queue that S3 writes to, and the function that counts them."""

from typing import Final

from constructs import Construct

from runtime.settings import ReplicationSettings
from stacks import naming
from stacks.constructs.function_host import FunctionHost
from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.work_queue import WorkQueue

_BATCH_SIZE: Final = 10


class Replication(Construct):
    """The function and its queue."""

    def __init__(self, scope: Construct, construct_id: str, host: FunctionHost) -> None:
        super().__init__(scope, construct_id)
        settings = host.settings
        sizing = settings.functions.replication_failed
        self.queue = WorkQueue(
            self,
            "Queue",
            host,
            name=naming.REPLICATION_EVENTS,
            sizing=sizing,
            batch_size=_BATCH_SIZE,
            batch_window_seconds=settings.delivery.batch_window_seconds,
        )
        self.queue.take_notifications(settings.account, naming.bucket_arn(naming.any_bucket(settings.bucket_prefix)))
        self._function = RuntimeFunction(
            self,
            "ReplicationFailed",
            host,
            ReplicationSettings(environment=settings.name, commit=host.commit),
            description="Counts objects that S3 could not replicate",
            sizing=sizing,
        )
        self.functions = (self._function,)
        self.queue.drive(self._function)
