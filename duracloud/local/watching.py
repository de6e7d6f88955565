"""Waiting for an effect and comparing it with what was expected; each failure is one line for people."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from duracloud.local.aws import LocalError

T = TypeVar("T")
_POLL_SECONDS: Final = 0.2
_LONGEST_TEXT: Final = 600


def eventually(look: Callable[[], T], wanted: Callable[[T], bool] = bool, seconds: float = 60, what: str = "") -> T:
    """Look until `wanted` accepts what `look` returns, and return it. Errors name `what` if the value says little.

    Raises:
        LocalError: it was not seen in time; the text says what was seen instead.
    """
    deadline = time.monotonic() + seconds
    while not wanted(seen := look()):
        if time.monotonic() > deadline:
            if what:
                raise LocalError(f"{what} did not appear within {seconds:.0f} seconds")
            text = repr(seen)
            raise LocalError(f"not seen within {seconds:.0f} seconds; at last: {text[:_LONGEST_TEXT]}")
        time.sleep(_POLL_SECONDS)
    return seen


def expect(what: str, seen: object, expected: object) -> None:
    """Compare.

    Raises:
        LocalError: what was seen is something else.
    """
    if seen != expected:
        raise LocalError(f"{what}: got {seen!r}, expected {expected!r}")
