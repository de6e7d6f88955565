"""Tables of plain text with aligned columns."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence


def width(text: str) -> int:
    """Return the columns that a text takes on a terminal: wide characters of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table whose columns are as wide as their widest cells."""
    found = list(rows)
    widths = [max(map(width, column)) for column in zip(*found, strict=True)]
    for row in found:
        yield "  ".join(cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True)).rstrip()
