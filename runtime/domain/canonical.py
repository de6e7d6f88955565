"""The one way in which values of the audit trail are written: the same values are always the same bytes."""

import json
from datetime import UTC, datetime
from typing import Any


def canonical(value: Any) -> bytes:  # noqa: ANN401 (any value that JSON knows)
    """Return a value as canonical JSON.

    Args:
        value: a value of texts, whole numbers, booleans, None, lists, and mappings with texts as keys.

    Returns:
        UTF-8 without blanks, keys in the order of their code points, characters as they are.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def instant(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC with `Z` and milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
