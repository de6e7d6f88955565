"""What handlers of schedules share: the moment that an event names."""

from datetime import datetime

from runtime.domain.errors import MalformedMessageError


def moment_of(text: object, allowed: str) -> datetime:
    """Return the moment that an event names.

    Args:
        text: what the event has for it.
        allowed: what is allowed, for the error.

    Returns:
        The moment, with its time zone.

    Raises:
        MalformedMessageError: it is not a moment with its time zone.
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise MalformedMessageError(f"got the time {text!r}; {allowed}") from error
    if moment.tzinfo is None:
        raise MalformedMessageError(f"got the time {text!r} without its zone; {allowed}")
    return moment
