"""A table read in order, a page at a time."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import attrs

T = TypeVar("T")


@attrs.frozen
class Page(Generic[T]):
    """Some rows of one bucket, in the order of their keys.

    Attributes:
        rows: the rows.
        next_after: the key after which the next page begins; None where this page is the last.
    """

    rows: Sequence[T]
    next_after: str | None
