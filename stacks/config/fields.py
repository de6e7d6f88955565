"""How a setting is declared: its default, and as metadata its meaning, unit and allowed values."""

import re
from collections.abc import Callable
from typing import Final, TypeVar, cast

import attrs

T = TypeVar("T")

MEANING: Final = "meaning"
UNIT: Final = "unit"
ALLOWED: Final = "allowed"


class ConfigurationError(Exception):
    """An environment, key or value is not known; the text is one line for the person who runs the command."""


def checked(  # noqa: PLR0913 (what is said of a setting, by name)
    holds: Callable[[T], bool],
    allowed: str,
    meaning: str,
    *,
    default: object = attrs.NOTHING,
    unit: str = "",
    shown: str | None = None,
) -> T:
    """Declare a setting. `allowed` is for errors; `shown` replaces it on the page of settings."""

    def check(_: object, attribute: "attrs.Attribute[object]", value: object) -> None:
        if not holds(cast("T", value)):
            raise ValueError(f"{attribute.name} is {value!r}; allowed: {allowed}")

    metadata = {MEANING: meaning, UNIT: unit, ALLOWED: allowed if shown is None else shown}
    # As `attrs.field` does, it has the type of the setting, so that the class can annotate it.
    return cast("T", attrs.field(default=default, validator=check, metadata=metadata))


def number(low: int, high: int, meaning: str, *, default: object = attrs.NOTHING, unit: str = "") -> int:
    """Declare a whole number from `low` to `high`."""
    return checked(
        lambda value: low <= value <= high,
        f"a whole number from {low} to {high}",
        meaning,
        default=default,
        unit=unit,
        shown=f"{low:,} to {high:,}",
    )


def one_of(values: tuple[T, ...], meaning: str, *, default: object = attrs.NOTHING, unit: str = "") -> T:
    """Declare a choice."""
    return checked(lambda value: value in values, ", ".join(map(str, values)), meaning, default=default, unit=unit)


def matching(pattern: re.Pattern[str], allowed: str, meaning: str, *, default: object = attrs.NOTHING) -> str:
    """Declare a text that a pattern matches as a whole."""
    return checked(lambda value: pattern.fullmatch(value) is not None, allowed, meaning, default=default)


def flag(meaning: str, *, default: bool) -> bool:
    """Declare a setting that is true or false."""
    return checked(lambda _: True, "true, false", meaning, default=default)
