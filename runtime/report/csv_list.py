"""The list of a report: one line of CSV per object; spreadsheets read every text as text.

Spreadsheets turn what looks like a number, a date or a formula into one, quoted or not. So every text begins with an
apostrophe, always; removing it gives the text back. Some spreadsheets begin another cell at a semicolon, a tab or a
line end inside a text, so an apostrophe follows each of these too. Digests have none, so that people can copy and
compare them; a digest that may look like a number begins with its algorithm.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from runtime.bucket_runs.policy import SweepPolicy
from runtime.fixity.records import FixityRecord
from runtime.fixity.replica import replica_look
from runtime.report.alarms import alarms_of, days_overdue, replication_of
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
    "digest_algorithm": lambda record: _word(record.primary_algorithm),
    "digest": lambda record: _digest(record.primary_algorithm, record.digests.get(record.primary_algorithm, "")),
    "deposit_date": lambda record: timestamp(record.deposit_date),
    "last_check": lambda record: timestamp(record.last_check.ended),
    "outcome": lambda record: record.last_check.outcome.value,
    "success": lambda record: "" if record.last_check.success is None else str(record.last_check.success).lower(),
    "last_good_date": lambda record: "" if record.last_good_date is None else timestamp(record.last_good_date),
    "next_check": lambda record: timestamp(record.next_check),
    "message": lambda record: _text(record.last_check.message),
    "replication": replication_of,
    "replica_checked": lambda record: replica_look(record.last_check).value,
}
# Columns that depend on the moment of the report.
_JUDGED: Final = ("days_overdue", "alarms")
_CELL_ENDS: Final = re.compile(r"[;\t\r\n]")
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]+")
# Spreadsheets take `12e34` for a number, too.
_LIKE_A_NUMBER: Final = re.compile(r"[0-9]+(e[0-9]+)?")
# A shorter digest is so often like a number that it is never bare.
_BARE_DIGITS: Final = 32
_WORD: Final = re.compile(r"[a-z][a-z0-9]*")

HEADER: Final = _BYTE_ORDER_MARK + ",".join((*_COLUMNS, *_JUDGED)) + _LINE_END


def line(record: FixityRecord | Malformed, now: datetime, policy: SweepPolicy) -> str:
    """Return the line of a record at the report's moment, UTC, with its end."""
    alarms = " ".join(alarms_of(record, now, policy))
    if isinstance(record, Malformed):
        known = _of_malformed(record)
        return ",".join([*(known.get(column, "") for column in _COLUMNS), "", alarms]) + _LINE_END
    late = days_overdue(record, now, policy)
    cells = [cell_of(record) for cell_of in _COLUMNS.values()]
    return ",".join([*cells, "" if late is None else str(late), alarms]) + _LINE_END


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


def _word(text: str) -> str:
    """Return the cell of a word, which a record that was changed by hand need not hold."""
    return text if _WORD.fullmatch(text) else _text(text)


def _digest(algorithm: str, value: str) -> str:
    """Return the cell of a digest: bare, or behind its algorithm if it may look like a number."""
    if not value:
        return ""
    if not (_WORD.fullmatch(algorithm) and _HEXADECIMAL.fullmatch(value)):
        return _text(value)
    bare = len(value) >= _BARE_DIGITS and not _LIKE_A_NUMBER.fullmatch(value)
    return value if bare else f"{algorithm}:{value}"
