"""Settings with which every function of the service starts, though nothing that they name exists."""

from typing import Any, Final, TypeVar

import attrs

from runtime.contract import ObjectLock
from runtime.settings import FUNCTIONS, FunctionSettings

SettingsT = TypeVar("SettingsT", bound=FunctionSettings)

_BY_NAME: Final[dict[str, Any]] = {"replica_region": "us-west-2", "audit_object_lock": ObjectLock.NONE}
_BY_TYPE: Final[dict[Any, Any]] = {str: "1", int: 1, bool: False, tuple[str, ...]: ("sha256",), str | None: None}


def any_settings(kind: type[SettingsT], **fields: object) -> SettingsT:
    """Return settings of a function: these fields, and for all others values that the function accepts."""
    values = {field.name: _BY_NAME.get(field.name, _BY_TYPE[field.type]) for field in attrs.fields(kind)}
    return kind(**{**values, **fields})


def function_environment(function: str) -> dict[str, str]:
    """Return the environment variables that a function reads, with values that it accepts."""
    return any_settings(FUNCTIONS[function]).to_environment()
