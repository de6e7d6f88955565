"""A table read in order, page by page."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import attrs

from runtime.shared.object_ref import ObjectRef

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Malformed:
    """An item that exists and cannot be read, for example after a manual change. It does not count as missing."""

    ref: ObjectRef
    problem: str  # in one line


@attrs.frozen
class Page(Generic[T]):
    """Some rows of one bucket, in the order of their keys."""

    rows: Sequence[T]
    next_after: str | None  # the next page begins after this key; None on the last page
