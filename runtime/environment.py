"""Settings of a function as environment variables: written by the stack, read here and nowhere else."""

import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Self

import attrs

from runtime.contract import OBJECT_LOCKS

_PREFIX: Final = "DURACLOUD_"
_LIST: Final = ","
# Lambda allows no empty value.
_NOTHING: Final = "none"
_READ: Final = "read"


class SettingsError(Exception):
    """An environment variable is missing or has a value that is not allowed."""


def _number(text: str, least: int = 1) -> int:
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"a whole number from {least}")
    return int(text)


def number_from_zero(text: str) -> int:
    """Read a whole number that may be 0; other fields of the type `int` begin at 1."""
    return _number(text, 0)


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("'true' or 'false'")
    return text == "true"


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(_LIST) if name.strip())


def object_lock(text: str) -> str:
    """Read a value of `contract.ObjectLock`."""
    if text not in OBJECT_LOCKS:
        raise ValueError(", ".join(OBJECT_LOCKS))
    return text


def _text_or_nothing(text: str) -> str | None:
    return None if text == _NOTHING else text


_READERS: Final[Mapping[Any, Callable[[str], Any]]] = {
    str: str,
    int: _number,
    bool: _flag,
    tuple[str, ...]: _names,
    str | None: _text_or_nothing,
}


def read_by(read: Callable[[str], Any]) -> Any:  # noqa: ANN401 (attrs fields are typed by the class)
    """Declare a field whose text is not read as its type says."""
    return attrs.field(metadata={_READ: read})


def _written(value: object) -> str:
    match value:
        case None:
            return _NOTHING
        case bool():
            return str(value).lower()
        case tuple():
            return _LIST.join(value)
    # A token of CDK is a text already.
    return str(value)


@attrs.frozen(kw_only=True)
class FunctionSettings:
    """Settings that every function has.

    Every field is an environment variable: `sweep_queue_url` is `DURACLOUD_SWEEP_QUEUE_URL`. Its type says how the text
    is read.
    """

    # The function's name, as in its SSM parameter and its metric dimension; its handler has the same, with underscores.
    function: ClassVar[str]

    environment: str
    # The last commit that changed the code; `unknown` if it was not deployed from a repository.
    commit: str

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Return the names of the environment variables by field."""
        return {field.name: f"{_PREFIX}{field.name.upper()}" for field in attrs.fields(cls)}

    def to_environment(self) -> dict[str, str]:
        """Return the values as environment variables."""
        return {variable: _written(getattr(self, name)) for name, variable in self.variables().items()}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from environment variables: those given, or the process's own.

        Raises:
            SettingsError: a variable is missing or not allowed; the text names it, what was got and what is allowed.
        """
        source = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for field, variable in zip(attrs.fields(cls), cls.variables().values(), strict=True):
            if variable not in source:
                raise SettingsError(f"the environment variable {variable} is not set")
            read = field.metadata.get(_READ) or _READERS[field.type]
            try:
                values[field.name] = read(source[variable])
            except ValueError as error:
                raise SettingsError(f"{variable} is {source[variable]!r}; allowed: {error}") from error
        return cls(**values)
