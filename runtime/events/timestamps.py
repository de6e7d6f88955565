"""How messages of schedules say a moment."""

from datetime import datetime

from runtime.shared.errors import MalformedMessageError


def moment(text: object, allowed: str) -> datetime:
    """Return a moment that a message names.

    Args:
        text: the moment in ISO 8601 with its zone.
        allowed: the forms of message that are allowed, for the error's text.

    Raises:
        MalformedMessageError: it is something else.
    """
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise MalformedMessageError(f"got the time {text!r}; {allowed}") from error
    if found.tzinfo is None:
        raise MalformedMessageError(f"got the time {text!r} without its zone; {allowed}")
    return found
