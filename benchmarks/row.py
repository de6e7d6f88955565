"""One line of the benchmarks' table, and the table."""

from collections.abc import Sequence
from typing import Final

import attrs

from duracloud.columns import aligned

HEADINGS: Final = ("what", "measured", "baseline", "ratio", "goal", "verdict")


@attrs.frozen(kw_only=True)
class Row:
    """One measurement beside its baseline of the same run."""

    what: str
    measured: str  # with its unit
    baseline: str  # with its unit
    ratio: float  # measured divided by baseline
    goal: str = ""  # in words; empty if there is none
    met: bool | None = None  # None if there is no goal

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of the table."""
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return (self.what, self.measured, self.baseline, f"{self.ratio:.2f}", self.goal or "-", verdict)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table of plain text."""
    lines = [HEADINGS, *(row.cells for row in rows)]
    ruler = tuple("-" * max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join(aligned([HEADINGS, ruler, *lines[1:]]))
