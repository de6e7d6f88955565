"""A table read in order, a page at a time."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import attrs

from runtime.shared.object_ref import ObjectRef

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Malformed:
    """An item that is there and cannot be read, for example after a change by hand. It does not count as absent.

    Attributes:
        ref: its object.
        problem: what is wrong with it, in one line.
    """

    ref: ObjectRef
    problem: str


@attrs.frozen
class Page(Generic[T]):
    """Some rows of one bucket, in the order of their keys.

    Attributes:
        rows: the rows.
        next_after: the key after which the next page begins; None where this page is the last.
    """

    rows: Sequence[T]
    next_after: str | None
