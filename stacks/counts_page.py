"""Writes the section of the formats page on what a sweep counts: `python -m stacks.counts_page`."""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from runtime.counts import COUNTS, FixityCount

PAGE: Final = Path(__file__).parent.parent / "docs" / "developer" / "formats.md"
BEGIN: Final = "<!-- Written by `python -m stacks.counts_page`; edit `runtime/counts.py` instead. -->\n"
END: Final = "<!-- End of what is written. -->\n"
_WIDTH: Final = 118


def section() -> str:
    """Return a coverage report as an example, and the table of its counts."""
    return "\n".join((*_example(), "", *_table(), ""))


def page(text: str) -> str:
    """Return the text of the page with the section as it should be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{section()}\n{END}{after}"


def _example() -> Iterator[str]:
    counts = {counted.key: asdict(FixityCount())[name] for name, counted in COUNTS.items()}
    yield "```json"
    yield '{"format": "duracloud-coverage/1", "environment": "", "started": "", "ended": "",'
    yield ' "interval_days": 180.0, "grace_days": 3.0,'
    yield from textwrap.wrap(f"{json.dumps(counts)[1:-1]},", _WIDTH, initial_indent=" ", subsequent_indent=" ")
    yield ' "oldest_unverified_age_seconds": 0, "coverage_percent": 100.0,'
    yield (
        ' "buckets": {"acme-prod-letters": {"objects": 0, "...": "as above", "coverage_percent": 100.0,'
        ' "unfinished": ""}}}'
    )
    yield "```"


def _table() -> Iterator[str]:
    yield "| name | meaning | metric | alarm |"
    yield "|---|---|---|---|"
    for counted in COUNTS.values():
        metric = f"`{counted.metric}`" if counted.metric else ""
        yield f"| `{counted.key}` | {counted.meaning} | {metric} | {counted.alarm.name if counted.alarm else ''} |"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), encoding="utf-8")
