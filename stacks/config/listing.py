"""Which settings there are, their values in an environment, and where each value comes from."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from stacks.config.fields import ALLOWED, MEANING, UNIT
from stacks.config.loading import deviations
from stacks.config.settings import Settings

DEFAULT: Final = "default"


@attrs.frozen(kw_only=True)
class Setting:
    """One setting."""

    key: str  # tables separated by dots: `sweep.grace_days`
    default: object  # None if every file must have a value
    unit: str
    allowed: str
    meaning: str


@attrs.frozen(kw_only=True)
class Effective:
    """The value of a setting in an environment."""

    setting: Setting
    value: object
    source: str  # `default`, or the name of the file


def settings() -> Iterator[Setting]:
    """Yield every setting, in the order in which the classes declare them."""
    yield from _declared(Settings, "", attrs.NOTHING)


def _declared(cls: type, table: str, group: object) -> Iterator[Setting]:
    for field in attrs.fields(cls):
        default = field.default if group is attrs.NOTHING else getattr(group, field.name)
        if attrs.has(type(default)) and default is not attrs.NOTHING:
            yield from _declared(type(default), f"{table}{field.name}.", default)
        elif MEANING in field.metadata:
            metadata = field.metadata
            yield Setting(
                key=f"{table}{field.name}",
                default=None if default is attrs.NOTHING else default,
                unit=metadata[UNIT],
                allowed=metadata[ALLOWED],
                meaning=metadata[MEANING],
            )


def effective(found: Settings) -> list[Effective]:
    """Return every setting of an environment with its value and where that comes from."""
    said = deviations(found.name)
    return [
        Effective(
            setting=setting,
            value=_at(attrs.asdict(found), setting.key),
            source=DEFAULT if _at(said, setting.key) is None else f"{found.name}.toml",
        )
        for setting in settings()
    ]


def _at(values: Mapping[str, Any], key: str) -> object:
    found: object = values
    for step in key.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def text(value: object) -> str:
    """Return a value as people write it in a file."""
    match value:
        case bool():
            return str(value).lower()
        case int():
            # Shorter ones are read at a glance.
            return f"{value:_}" if value >= 10_000 else str(value)
        case tuple() | list():
            return f"[{', '.join(map(text, value))}]"
    return json.dumps(value)
