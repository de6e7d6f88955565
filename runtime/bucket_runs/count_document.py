"""A count as JSON, as in messages and coverage reports."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from runtime.counts import COUNTS, FixityCount
from runtime.shared.timestamps import moment_of, timestamp

# Keys that every document has. Slices queued before a software update lack newer counts.
_ALWAYS: Final = frozenset(
    {
        "objects",
        "bytes",
        "oldest_unverified",
        "within_interval",
        "never_verified",
        "overdue",
        "waiting",
        "missing_schedule_rows",
        "orphan_schedule_rows",
        "checks_queued",
    }
)


def count_document(count: FixityCount) -> dict[str, Any]:
    """Return the document of a count."""
    return {
        counted.key: timestamp(value, "auto") if isinstance(value := getattr(count, name), datetime) else value
        for name, counted in COUNTS.items()
    }


def count_of(document: Mapping[str, Any]) -> FixityCount:
    """Return the count of a document.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    if lacking := _ALWAYS - set(document):
        raise KeyError(min(lacking))
    values = {name: document[counted.key] for name, counted in COUNTS.items() if counted.key in document}
    oldest = values.pop("oldest")
    return FixityCount(
        **{name: int(value) for name, value in values.items()}, oldest=None if oldest is None else moment_of(oldest)
    )
