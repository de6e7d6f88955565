"""What items of both tables have in common, and the item of a schedule row."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import attrs

from runtime.contract import Attribute
from runtime.fixity.schedule import ScheduleRow
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import moment_of, timestamp

Item = Mapping[str, Any]
"""An item in DynamoDB's own form: `{"S": ...}` for a text, and so on."""
T = TypeVar("T")
MOST_CHARACTERS: Final = 200
_TYPES: Final = frozenset({"S", "N", "M", "L", "BOOL"})


def key_of(ref: ObjectRef) -> dict[str, Any]:
    """Return the primary key of an object in both tables."""
    return {Attribute.BUCKET_NAME: {"S": ref.bucket}, Attribute.OBJECT_KEY: {"S": ref.key}}


def ref_of(item: Item) -> ObjectRef:
    """Return the object of an item of either table."""
    return ObjectRef(item[Attribute.BUCKET_NAME]["S"], item[Attribute.OBJECT_KEY]["S"])


def read(item: Item, parse: Callable[[Item], T]) -> T | Malformed:
    """Return what an item holds, or what is wrong with it. The item always has its key.

    `parse` raises KeyError, TypeError or ValueError if the item cannot be read.
    """
    try:
        return parse(item)
    except KeyError as error:
        name = str(error.args[0])
        problem = f"an attribute is not of type {name}" if name in _TYPES else f"the attribute {name} is missing"
    except (TypeError, ValueError) as error:
        problem = f"an attribute has a value that it cannot have: {error}"
    return Malformed(ref=ref_of(item), problem=problem[:MOST_CHARACTERS])


def encode_row(row: ScheduleRow) -> dict[str, Any]:
    """Return the item of a schedule row."""
    return {
        **key_of(row.ref),
        Attribute.TTL: {"N": str(row.ttl)},
        Attribute.NEXT_CHECKSUM_DATE: {"S": timestamp(row.due)},
        Attribute.VERSION_ID: {"S": row.version_id},
        Attribute.SEQUENCER: {"S": row.sequencer},
    }


def decode_row(item: Item) -> ScheduleRow | Malformed:
    """Return the schedule row of an item."""
    return read(item, _row)


def _row(item: Item) -> ScheduleRow:
    row = ScheduleRow(
        ref=ref_of(item),
        version_id=item[Attribute.VERSION_ID]["S"],
        sequencer=item[Attribute.SEQUENCER]["S"],
        due=moment_of(item[Attribute.NEXT_CHECKSUM_DATE]["S"]),
    )
    expiry = float(item[Attribute.TTL]["N"])
    return row if expiry == row.ttl else attrs.evolve(row, expiry=expiry)
