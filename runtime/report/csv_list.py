"""The list of a report: one line of CSV per object; spreadsheets read every text as text.

Spreadsheets turn what looks like a number, a date or a formula into one, quoted or not. So every text begins with an
apostrophe, always; removing it gives the text back. Some spreadsheets begin another cell at a semicolon, a tab or a
line end inside a text, so an apostrophe follows each of these too.
"""

import re
from collections.abc import Mapping
from typing import Final

from runtime.fixity.records import FixityRecord
from runtime.report.count import MALFORMED
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import timestamp

# Spreadsheets recognise UTF-8 by this mark.
_BYTE_ORDER_MARK: Final = "\ufeff"
_LINE_END: Final = "\r\n"
_COLUMNS: Final = (
    "bucket",
    "key",
    "version_id",
    "size",
    "digest_algorithm",
    "digest",
    "deposit_date",
    "last_check",
    "outcome",
    "success",
    "last_good_date",
    "next_check",
    "message",
)
_CELL_ENDS: Final = re.compile(r"[;\t\r\n]")
_MARKS: Final = re.compile(r"\A'|(?<=[;\t\r\n])'")

HEADER: Final = _BYTE_ORDER_MARK + ",".join(_COLUMNS) + _LINE_END


def line(record: FixityRecord | Malformed) -> str:
    """Return the line of a record, with its end."""
    cells = _of_malformed(record) if isinstance(record, Malformed) else _of_record(record)
    return ",".join(cells.get(column, "") for column in _COLUMNS) + _LINE_END


def _of_record(record: FixityRecord) -> Mapping[str, str]:
    check = record.last_check
    return {
        "bucket": _text(record.ref.bucket),
        "key": _text(record.ref.key),
        "version_id": _text(record.version_id),
        "size": str(record.size),
        "digest_algorithm": record.primary_algorithm,
        "digest": _text(record.digests.get(record.primary_algorithm, "")),
        "deposit_date": timestamp(record.deposit_date),
        "last_check": timestamp(check.ended),
        "outcome": check.outcome.value,
        "success": "" if check.success is None else str(check.success).lower(),
        "last_good_date": "" if record.last_good_date is None else timestamp(record.last_good_date),
        "next_check": timestamp(record.next_check),
        "message": _text(check.message),
    }


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


def unmarked(cell: str) -> str:
    """Return the text that `marked` marked."""
    return _MARKS.sub("", cell)


def _text(text: str) -> str:
    return '"' + marked(text).replace('"', '""') + '"'
