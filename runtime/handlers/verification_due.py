"""Queues objects whose schedule row expired: handler of the scheduler table's stream."""

from typing import Any

from runtime import bootstrap
from runtime.events.table_stream import expired_rows
from runtime.fixity.due_check import DueCheck
from runtime.fixity.queue_due_checks import queue_due
from runtime.observability import logger, with_request_id
from runtime.shared.ports import Queue


def handle(event: dict[str, Any], queue: Queue[DueCheck]) -> int:
    """Queue the objects whose rows expired; return their number.

    The event source filters for expired rows; this checks again, because a row that a person deleted must not lead to a
    check.

    Raises:
        MalformedMessageError: a stream record is not of the scheduler table. Nothing was queued; Lambda halves the
        batch until the record is alone.
        TransientError: the queue did not take all; Lambda sends the batch again.
        RefusedError: the queue refused some.
    """
    due = list(expired_rows(event))
    queued = queue_due(queue, due)
    logger.info("due objects queued", extra={"records": len(event["Records"]), "queued": queued})
    return queued


@with_request_id
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    handle(event, bootstrap.due())
