"""Canonical JSON of the audit trail: the same values are always the same bytes."""

import json


def canonical(value: object) -> bytes:
    """Return texts, whole numbers, booleans, None, lists and mappings with text keys as canonical JSON.

    UTF-8 without blanks, keys in the order of their code points, no character escaped that JSON allows.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
