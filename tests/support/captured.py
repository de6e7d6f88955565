"""Events as they arrived in the local AWS, and how to compare the form of others with them."""

import json
from pathlib import Path
from typing import Any, Final

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
