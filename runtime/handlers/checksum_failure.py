"""Tells people of damage and recovery: the handler of the checksum table's stream."""

from typing import Any

import attrs

from runtime import bootstrap
from runtime.alerts.announce import Alerting, Announced, announce
from runtime.events.table_stream import record_changes
from runtime.observability import logger, with_request_id


def handle(event: dict[str, Any], alerting: Alerting) -> Announced:
    """Publish one message about a batch of changed records, or none.

    Args:
        event: the Lambda event with DynamoDB stream records.
        alerting: what reaches people.

    Returns:
        What people were told.

    Raises:
        MalformedMessageError: a record does not have the form of the checksum table's. Nothing was published; the
            stream hands out halves of the batch until the record stands alone.
        TransientError: the message was not taken; the stream hands out the batch again (lesson L12).
        RefusedError: the message was refused.
    """
    changes = record_changes(event)
    told = announce(alerting, changes)
    logger.info(
        "changes announced",
        extra={"records": len(changes), **attrs.asdict(told)},
    )
    return told


@with_request_id
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    """Entry point of the function."""
    handle(event, bootstrap.alerts())
