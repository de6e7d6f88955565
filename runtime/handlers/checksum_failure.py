"""Tells people of damage and recovery: the handler of the checksum table's stream."""

from collections.abc import Mapping
from typing import Any

import attrs

from runtime import bootstrap
from runtime.alerts.announce import Alerting, Announced, announce
from runtime.alerts.changes import RecordChange
from runtime.contract import Attribute
from runtime.fixity.failures import RecordState
from runtime.observability import logger, with_request_id
from runtime.shared.errors import MalformedMessageError
from runtime.shared.object_ref import ObjectRef


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
    changes = [_change(record) for record in event["Records"]]
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


def _change(record: dict[str, Any]) -> RecordChange:
    try:
        change = record["dynamodb"]
        keys = change["Keys"]
        return RecordChange(
            ref=ObjectRef(keys[Attribute.BUCKET_NAME]["S"], keys[Attribute.OBJECT_KEY]["S"]),
            before=_state(change.get("OldImage")),
            after=_state(change.get("NewImage")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise MalformedMessageError(f"got a stream record that is not of the checksum table: {error!r}") from error


def _state(image: Mapping[str, Any] | None) -> RecordState | None:
    if not image:
        return None
    return RecordState(
        version_id=_text(image, Attribute.VERSION_ID),
        success=image.get(Attribute.LAST_CHECKSUM_SUCCESS, {}).get("BOOL"),
        outcome=_text(image, Attribute.LAST_OUTCOME),
        message=_text(image, Attribute.LAST_CHECKSUM_MESSAGE),
        last_good_date=_text(image, Attribute.LAST_GOOD_DATE),
        next_check=_text(image, Attribute.NEXT_CHECKSUM_DATE),
        digests={
            name: str(value.get("S", "")) for name, value in image.get(Attribute.DIGESTS, {}).get("M", {}).items()
        },
    )


def _text(image: Mapping[str, Any], attribute: str) -> str:
    return str(image.get(attribute, {}).get("S", ""))
