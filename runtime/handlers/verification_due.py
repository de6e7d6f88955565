"""Queues objects whose schedule row expired: the handler of the scheduler table's stream."""

from typing import Any

from runtime import bootstrap
from runtime.events.table_stream import expired_rows
from runtime.fixity.due_check import DueCheck
from runtime.fixity.queue_due_checks import queue_due
from runtime.observability import logger, with_request_id
from runtime.shared.ports import Queue


def handle(event: dict[str, Any], queue: Queue[DueCheck]) -> int:
    """Queue the objects whose rows expired.

    The event source filters for expired rows already; the check is made here too, because a row that a person
    deleted must not lead to a check.

    Args:
        event: the Lambda event with DynamoDB stream records.
        queue: the verification queue.

    Returns:
        The number of objects queued.

    Raises:
        MalformedMessageError: a record does not have the form of the scheduler table's. Nothing was queued; the
            stream hands out halves of the batch until the record stands alone.
        TransientError: the queue did not take all; the stream hands out the batch again.
        RefusedError: the queue refused some.
    """
    due = list(expired_rows(event))
    queued = queue_due(queue, due)
    logger.info("due objects queued", extra={"records": len(event["Records"]), "queued": queued})
    return queued


@with_request_id
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    """Entry point of the function."""
    handle(event, bootstrap.due())
