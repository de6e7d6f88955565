"""Notifies people of damage and recovery: handler of the checksum table's stream."""

from typing import Any

import attrs

from runtime import bootstrap
from runtime.alerts.announce import Alerting, Announced, announce
from runtime.events.table_stream import record_changes
from runtime.observability import logger, with_request_id


def handle(event: dict[str, Any], alerting: Alerting) -> Announced:
    """Publish at most one message about a batch of changed records.

    Raises:
        MalformedMessageError: a stream record is not of the checksum table. Nothing was published; Lambda halves the
        batch until the record is alone.
        TransientError: the message was not taken; Lambda sends the batch again (lesson L12).
        RefusedError: the message was refused.
    """
    changes = record_changes(event)
    told = announce(alerting, changes)
    logger.info("changes announced", extra={"records": len(changes), **attrs.asdict(told)})
    return told


@with_request_id
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    handle(event, bootstrap.alerts())
