"""The list of a report: one line of CSV per object, in which no spreadsheet takes a text for anything else.

Spreadsheets turn what looks like a number, a date or a formula into one, quoted or not. So every text has an apostrophe
in front, always: nothing is to be guessed, and taking it away gives the text back. Some spreadsheets take a semicolon,
a tab or a line end inside a text for the beginning of another cell, so an apostrophe follows each of these too.
"""

import re
from typing import Final

from runtime.domain.canonical import instant
from runtime.domain.records import FixityRecord

# Spreadsheets know UTF-8 by this mark.
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


def line(record: FixityRecord) -> str:
    """Return the line of a record, with its end."""
    check = record.last_check
    return (
        ",".join(
            (
                _text(record.ref.bucket),
                _text(record.ref.key),
                _text(record.version_id),
                str(record.size),
                record.primary_algorithm,
                _text(record.digests.get(record.primary_algorithm, "")),
                instant(record.deposit_date),
                instant(check.ended),
                check.outcome.value,
                "" if check.success is None else str(check.success).lower(),
                "" if record.last_good_date is None else instant(record.last_good_date),
                instant(record.next_check),
                _text(check.message),
            )
        )
        + _LINE_END
    )


def marked(text: str) -> str:
    """Return a text as a cell holds it, marked so that it stays a text."""
    return "'" + _CELL_ENDS.sub(r"\g<0>'", text)


def unmarked(cell: str) -> str:
    """Return the text that `marked` marked."""
    return _MARKS.sub("", cell)


def _text(text: str) -> str:
    return '"' + marked(text).replace('"', '""') + '"'
