"""Queues objects whose schedule row expired: the handler of the scheduler table's stream."""

from collections.abc import Iterator
from typing import Any, Final

from runtime import bootstrap
from runtime.contract import Attribute
from runtime.fixity.due_check import DueCheck
from runtime.fixity.queue_due_checks import queue_due
from runtime.observability import logger, with_request_id
from runtime.shared.errors import MalformedMessageError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.ports import Queue

# Who removes a row that has expired; a person's delete has no userIdentity
# (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html).
_TTL: Final = ("Service", "dynamodb.amazonaws.com")


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
    due = list(_expired(event["Records"]))
    queued = queue_due(queue, due)
    logger.info("due objects queued", extra={"records": len(event["Records"]), "queued": queued})
    return queued


@with_request_id
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    """Entry point of the function."""
    handle(event, bootstrap.due())


def _expired(records: list[dict[str, Any]]) -> Iterator[DueCheck]:
    for record in records:
        identity = record.get("userIdentity") or {}
        if record.get("eventName") != "REMOVE" or (identity.get("type"), identity.get("principalId")) != _TTL:
            continue
        try:
            change = record["dynamodb"]
            keys = change["Keys"]
            version_id = change.get("OldImage", {}).get(Attribute.VERSION_ID, {}).get("S", "")
            yield DueCheck(ObjectRef(keys[Attribute.BUCKET_NAME]["S"], keys[Attribute.OBJECT_KEY]["S"]), version_id)
        except (KeyError, TypeError, AttributeError) as error:
            raise MalformedMessageError(f"got a stream record that is not of the scheduler table: {error!r}") from error
