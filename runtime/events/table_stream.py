"""Stream records of the tables.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from runtime.contract import Attribute
from runtime.fixity.due_check import DueCheck
from runtime.fixity.record_images import decode_image
from runtime.fixity.records import MalformedRecord, RecordChange, RecordImage
from runtime.fixity.table_items import ref_of
from runtime.shared.errors import MalformedMessageError
from runtime.shared.object_ref import ObjectRef

T = TypeVar("T")
# Who removes an expired row; a person's delete has no userIdentity
# (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html).
_TTL: Final = ("Service", "dynamodb.amazonaws.com")


def record_changes(event: Mapping[str, Any]) -> list[RecordChange]:
    """Return the changes of fixity records in a Lambda event, in the order of the stream.

    Raises:
        MalformedMessageError: a stream record is not of the checksum table; problems inside an image are no error.
    """
    return [_parsed("checksum", _record_change, record) for record in event["Records"]]


def expired_rows(event: Mapping[str, Any]) -> Iterator[DueCheck]:
    """Yield the objects whose schedule row expired, in the order of the stream.

    Raises:
        MalformedMessageError: a stream record is not of the scheduler table.
    """
    for record in event["Records"]:
        identity = record.get("userIdentity") or {}
        if record.get("eventName") == "REMOVE" and (identity.get("type"), identity.get("principalId")) == _TTL:
            yield _parsed("scheduler", _due_check, record)


def _parsed(table: str, parse: Callable[[Mapping[str, Any]], T], record: Mapping[str, Any]) -> T:
    try:
        return parse(record)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedMessageError(f"got a stream record that is not of the {table} table: {error!r}") from error


def _record_change(record: Mapping[str, Any]) -> RecordChange:
    change = record["dynamodb"]
    at, ref = datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC), ref_of(change["Keys"])
    return RecordChange(
        event_id=record["eventID"],
        at=at,
        ref=ref,
        before=_image(change.get("OldImage"), ref),
        after=_image(change.get("NewImage"), ref),
    )


def _image(image: Mapping[str, Any] | None, ref: ObjectRef) -> RecordImage | MalformedRecord | None:
    return decode_image(image, ref) if image else None


def _due_check(record: Mapping[str, Any]) -> DueCheck:
    change = record["dynamodb"]
    version_id = change.get("OldImage", {}).get(Attribute.VERSION_ID, {}).get("S", "")
    return DueCheck(ref_of(change["Keys"]), version_id)
