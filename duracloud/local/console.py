"""What the commands print: lines that are seen at once, and aligned tables."""

import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from duracloud.columns import aligned


def say(text: str) -> None:
    """Print a line of the story."""
    print(f"   {text}", flush=True)


def show(text: str) -> None:
    """Print the content of a file or message."""
    print("\n".join(f"   | {line}".rstrip() for line in text.rstrip().splitlines()), flush=True)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], limits: Sequence[int] = ()) -> None:
    """Print a table with aligned columns, for texts in any script.

    `limits` are the maximum widths of the columns in characters; longer texts are broken.
    """
    lines = [[str(cell) for cell in row] for row in (heads, *rows)]
    if limits:
        lines = [line for row in lines for line in _broken(row, limits)]
    for line in aligned(lines):
        print(f"   {line}".rstrip())
    print(flush=True)


def _broken(row: Sequence[str], limits: Sequence[int]) -> list[list[str]]:
    columns = [textwrap.wrap(cell, limit) for cell, limit in zip(row, limits, strict=True)]
    # An empty line under rows that may have several.
    return [list(line) for line in zip_longest(*columns, fillvalue="")] + [[""] * len(row)]
