"""Reads the settings of an environment: the defaults, and over them the deviations of its file, key by key."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn

from stacks.config.fields import ConfigurationError
from stacks.config.settings import Settings

DIRECTORY: Final = Path(__file__).parent.parent / "environments"
_NAME: Final = "name"
_PREFIX: Final = "bucket_prefix"
_Hook = Callable[[Any, Any], Any]


def environments() -> tuple[str, ...]:
    """Return the names of the environments that have a file."""
    return tuple(sorted(path.stem for path in DIRECTORY.glob("*.toml")))


def load_settings(name: str | None) -> Settings:
    """Read the settings of an environment; `name` is None if none was named.

    Raises:
        ConfigurationError: no such environment, or its file has an unknown or missing key or a value that is not
            allowed, also beside the files of the others. The text is one line: what was got and what is allowed.
    """
    settings = parse_settings(str(name), _text(name))
    for other in environments():
        if other != settings.name:
            _keep_apart(settings, other, deviations(other).get(_PREFIX))
    return settings


def parse_settings(name: str, text: str) -> Settings:
    """Read settings from the text of a file, whatever the other files say. Errors as of `load_settings`."""
    where, values = f"{name}.toml", _values(name, text)
    try:
        return _converter().structure({_NAME: name, **_merged(_defaults(Settings), values)}, Settings)
    except cattrs.BaseValidationError as error:
        # Each line is `what @ where`.
        findings = [line.rpartition(" @ ") for line in cattrs.transform_error(error, where, _describe)]
        raise ConfigurationError("; ".join(f"{place}: {what}" for what, _, place in findings)) from error


def deviations(name: str) -> Mapping[str, Any]:
    """Return what the file of an environment says, as TOML tables. Errors as of `load_settings`."""
    return _values(name, _text(name))


def _keep_apart(settings: Settings, other: str, theirs: object) -> None:
    """Refuse a prefix whose buckets are another environment's too: policies know buckets by prefix and dash.

    Names of buckets are global, so it does not matter whether the accounts differ (lesson L40).
    """
    ours = settings.bucket_prefix
    if isinstance(theirs, str) and (f"{ours}-".startswith(f"{theirs}-") or f"{theirs}-".startswith(f"{ours}-")):
        raise ConfigurationError(
            f"{settings.name}.toml: {_PREFIX} is {ours!r}, and that of {other}.toml is {theirs!r};"
            " allowed: two prefixes that differ, and neither of them begins with the other and a dash"
        )


def _text(name: str | None) -> str:
    if name not in environments():
        got = "no environment was named" if name is None else f"the environment is {name!r}"
        raise ConfigurationError(f"{got}; allowed: -c env={'|'.join(environments())}")
    try:
        return (DIRECTORY / f"{name}.toml").read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name}.toml is not a text in UTF-8: {error}") from error


def _values(name: str, text: str) -> dict[str, Any]:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name}.toml is not TOML: {error}") from error
    if _NAME in values:
        raise ConfigurationError(f"{name}.toml: got the key 'name'; the name of the file is the environment's name")
    return values


def _defaults(cls: type) -> dict[str, Any]:
    return {
        field.name: attrs.asdict(field.default) if attrs.has(type(field.default)) else field.default
        for field in attrs.fields(cls)
        if field.default is not attrs.NOTHING
    }


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two tables key by key; the second one wins."""
    both = {
        key: _merged(under[key], value) if isinstance(value, dict) and isinstance(under.get(key), dict) else value
        for key, value in over.items()
    }
    return {**under, **both}


def _describe(error: BaseException, _: type | None) -> str:
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        allowed = ", ".join(field.name for field in attrs.fields(error.cl) if field.name != _NAME)
        return f"got the unknown key {', '.join(sorted(error.extra_fields))}; allowed: {allowed}"
    if isinstance(error, KeyError):
        return f"the key {error} is missing"
    return str(error)


def _is_tuple(cls: object) -> bool:
    return getattr(cls, "__origin__", None) is tuple


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)

    def structure(kind: type | tuple[type, ...], allowed: str, fill: Callable[[Any, Any], Any]) -> _Hook:
        def hook(value: object, cls: object) -> object:
            # A bool would pass for a whole number otherwise.
            if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                raise ValueError(f"got {value!r}; allowed: {allowed}")
            return fill(value, cls)

        return hook

    for kind, allowed in ((int, "a whole number"), (str, "a text in quotation marks"), (bool, "true or false")):
        converter.register_structure_hook(kind, structure(kind, allowed, lambda value, _: value))
    # What is iterable would pass for a list or a table otherwise: a text for the list of its letters.
    items = converter.get_structure_hook(tuple[str, ...])
    converter.register_structure_hook_func(_is_tuple, structure((list, tuple), 'a list, as in ["one", "two"]', items))
    converter.register_structure_hook_factory(
        attrs.has,
        lambda cls: structure(
            dict, "a table of settings", make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True)
        ),
    )
    return converter
