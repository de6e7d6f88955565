"""Events as they arrived in the local AWS, and how to compare the form of others with them."""

import json
from pathlib import Path
from typing import Any, Final

from runtime.fixity.record_codec import encode
from runtime.fixity.records import FixityRecord
from tests.support.builders import NOW, REF

_EVENTS: Final = Path(__file__).parent / "events"


def captured(name: str) -> dict[str, Any]:
    """Return a captured event by the name of its file."""
    event: dict[str, Any] = json.loads((_EVENTS / f"{name}.json").read_text("utf-8"))
    return event


def form(value: object) -> object:
    """Return what a value of JSON is made of: the names in it and their types, without what they say."""
    if isinstance(value, dict):
        return {name: form(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [form(inner) for inner in value]
    return type(value).__name__


def stream_record(before: FixityRecord | None, after: FixityRecord | None, number: int = 1) -> dict[str, Any]:
    """Return a change of a record as the table's stream tells it."""
    images = {"OldImage": before, "NewImage": after}
    change: dict[str, Any] = {name: encode(record) for name, record in images.items() if record is not None}
    change["Keys"] = {"BucketName": {"S": REF.bucket}, "ObjectKey": {"S": REF.key}}
    change["ApproximateCreationDateTime"] = NOW.timestamp()
    return {"eventID": f"s{number}", "eventName": "MODIFY", "dynamodb": change}
