"""Writes what happens to objects into the audit trail: handler of the checksum table's stream."""

from typing import Any

from runtime import bootstrap
from runtime.audit.events import BY_HAND
from runtime.audit.record_changes import events_of_changes
from runtime.audit.write import AuditTrail
from runtime.contract import Metric
from runtime.events.table_stream import record_changes
from runtime.observability import logger, publish, with_request_id


def handle(event: dict[str, Any], trail: AuditTrail) -> str:
    """Write the events of a batch of changed records as one segment; return its key, empty if there is no event.

    Raises:
        MalformedMessageError: a stream record is not of the checksum table. Nothing was written; Lambda halves the
        batch until the record is alone.
        TransientError: S3 did not answer; Lambda sends the batch again.
        RefusedError: S3 refused.
    """
    events = list(events_of_changes(record_changes(event)))
    key = trail.write(events)
    logger.info("changes recorded", extra={"records": len(event["Records"]), "events": len(events), "segment": key})
    altered = [found for found in events if found.kind in BY_HAND]
    for found in altered:
        logger.warning(
            "a record was changed by no check",
            extra={"bucket": found.ref.bucket, "key": found.ref.key, "event": found.id, "detail": found.detail},
        )
    if altered:
        publish(trail.settings, {Metric.ALTERED_RECORDS: len(altered)})
    return key


@with_request_id
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    handle(event, bootstrap.audit_trail())
