"""Outcomes of a check."""

from enum import StrEnum


class Outcome(StrEnum):
    """Outcome of a check.

    `unreadable` says nothing about the bytes and is never a mismatch (lesson L11). `deferred` did not fit the time left
    and is not a failure (lesson L10).
    """

    MATCH = "match"
    MISMATCH = "mismatch"
    UNREADABLE = "unreadable"
    ABSENT = "absent"
    SUPERSEDED = "superseded"
    NO_BASELINE = "no-baseline"
    DEFERRED = "deferred"
