"""The one way in which values of the audit trail are written: the same values are always the same bytes."""

import json
from typing import Any


def canonical(value: Any) -> bytes:  # noqa: ANN401 (any value that JSON knows)
    """Return a value as canonical JSON.

    Args:
        value: a value of texts, whole numbers, booleans, None, lists, and mappings with texts as keys.

    Returns:
        UTF-8 without blanks, keys in the order of their code points, characters as they are.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
