"""The list of a report: one line of CSV per object; spreadsheets read every text as text.

Spreadsheets turn what looks like a number, a date or a formula into one, quoted or not. So every text begins with an
apostrophe, always; removing it gives the text back. Some spreadsheets begin another cell at a semicolon, a tab or a
line end inside a text, so an apostrophe follows each of these too.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from runtime.fixity.records import FixityRecord
from runtime.report.count import MALFORMED
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import timestamp

# Spreadsheets recognise UTF-8 by this mark.
_BYTE_ORDER_MARK: Final = "\ufeff"
_LINE_END: Final = "\r\n"
_COLUMNS: Final[Mapping[str, Callable[[FixityRecord], str]]] = {
    "bucket": lambda record: _text(record.ref.bucket),
    "key": lambda record: _text(record.ref.key),
    "version_id": lambda record: _text(record.version_id),
    "size": lambda record: str(record.size),
    "digest_algorithm": lambda record: record.primary_algorithm,
    "digest": lambda record: _text(record.digests.get(record.primary_algorithm, "")),
    "deposit_date": lambda record: timestamp(record.deposit_date),
    "last_check": lambda record: timestamp(record.last_check.ended),
    "outcome": lambda record: record.last_check.outcome.value,
    "success": lambda record: "" if record.last_check.success is None else str(record.last_check.success).lower(),
    "last_good_date": lambda record: "" if record.last_good_date is None else timestamp(record.last_good_date),
    "next_check": lambda record: timestamp(record.next_check),
    "message": lambda record: _text(record.last_check.message),
}
_CELL_ENDS: Final = re.compile(r"[;\t\r\n]")

HEADER: Final = _BYTE_ORDER_MARK + ",".join(_COLUMNS) + _LINE_END


def line(record: FixityRecord | Malformed) -> str:
    """Return the line of a record, with its end."""
    if isinstance(record, Malformed):
        known = _of_malformed(record)
        cells = [known.get(column, "") for column in _COLUMNS]
    else:
        cells = [cell_of(record) for cell_of in _COLUMNS.values()]
    return ",".join(cells) + _LINE_END


def _of_malformed(record: Malformed) -> Mapping[str, str]:
    return {
        "bucket": _text(record.ref.bucket),
        "key": _text(record.ref.key),
        "outcome": MALFORMED,
        "success": "false",
        "message": _text(f"the record cannot be read: {record.problem}"),
    }


def marked(text: str) -> str:
    """Return a text as a cell holds it, marked to stay a text."""
    return "'" + _CELL_ENDS.sub(r"\g<0>'", text)


def _text(text: str) -> str:
    return '"' + marked(text).replace('"', '""') + '"'
