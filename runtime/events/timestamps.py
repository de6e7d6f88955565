"""Moments in messages of schedules."""

from datetime import datetime

from runtime.shared.errors import MalformedMessageError


def moment(text: object, allowed: str) -> datetime:
    """Return a moment that a message names in ISO 8601 with its zone.

    Raises:
        MalformedMessageError: it is something else; `allowed` ends the error's text.
    """
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise MalformedMessageError(f"got the time {text!r}; {allowed}") from error
    if found.tzinfo is None:
        raise MalformedMessageError(f"got the time {text!r} without its zone; {allowed}")
    return found
