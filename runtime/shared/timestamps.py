"""Moments as text: ISO 8601 in UTC with `Z`."""

from datetime import UTC, datetime


def timestamp(moment: datetime, timespec: str = "milliseconds") -> str:
    """Return a moment, which has a time zone, as text. `timespec` is as in `datetime.isoformat`."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    """Return the moment that a text names, UTC.

    Raises:
        ValueError: the text names no moment, or no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} lies outside of the calendar") from error
