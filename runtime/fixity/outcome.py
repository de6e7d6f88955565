"""The possible ends of a check."""

from enum import StrEnum


class Outcome(StrEnum):
    """What a check of one object found.

    `unreadable` says nothing about the bytes and is never a mismatch (lesson L11). `deferred` is an object that did
    not fit the time left: it is put aside until the next attempt and is not a failure (lesson L10).
    """

    MATCH = "match"
    MISMATCH = "mismatch"
    UNREADABLE = "unreadable"
    ABSENT = "absent"
    SUPERSEDED = "superseded"
    NO_BASELINE = "no-baseline"
    DEFERRED = "deferred"
