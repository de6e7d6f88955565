"""Compare a replica with the baseline, never with the main copy (lesson L25)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import attrs

from runtime.contract import replica_name
from runtime.fixity import evidence as ev
from runtime.fixity.evidence import Comparison, Evidence, Source, Verdict
from runtime.fixity.objects import ObjectFacts, Replication
from runtime.fixity.records import COULD_NOT_BE_READ, ReportOf
from runtime.shared.object_ref import ObjectRef

# Prefix of the outcome of a check that failed only because of the replica.
OF_REPLICA: Final = "replica-"
# Storage classes whose objects S3 returns only after a restore.
_ARCHIVES: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
# Beginnings of the messages about a missing replica, and about one that S3 did not show.
GONE: Final = "the replica is gone: "
NOT_REACHED: Final = "the replica: "
# A mismatch of the main copy comes first (`records.outcome_of`), so no other failure's message begins with these.
_BEGINNINGS: Final = (GONE, f"{COULD_NOT_BE_READ}{NOT_REACHED}", f"{Source.REPLICA}, ", f"{Source.REPLICA_READ}, ")
# What is compared besides digests.
CURRENT_VERSION: Final = "current version"
SIZE_IN_BYTES: Final = "size in bytes"
# Beginning of the message if only this is wrong: the replica is not current.
HIDDEN: Final = f"{Source.REPLICA}, {CURRENT_VERSION}: "


class ReplicaLook(StrEnum):
    """What a check looked at of a replica."""

    BYTES = "bytes"  # every byte was read
    STATEMENT = "statement"  # S3 was asked about its size and digests, or said that it is gone
    NOTHING = ""


def replica_look(check: ReportOf[Any, Any]) -> ReplicaLook:
    """Return what a check looked at of the replica."""
    compared = {item.evidence.source for item in check.comparisons if item.verdict != Verdict.NOT_COMPARED}
    if Source.REPLICA_READ in compared:
        return ReplicaLook.BYTES
    if Source.REPLICA in compared or check.message.startswith(GONE):
        return ReplicaLook.STATEMENT
    return ReplicaLook.NOTHING


def replica_of(ref: ObjectRef) -> ObjectRef:
    """Return the replica of an object; it has the same key and the same version id."""
    return ObjectRef(replica_name(ref.bucket), ref.key)


def can_be_read(facts: ObjectFacts) -> bool:
    """Tell whether S3 returns the bytes without a restore."""
    return facts.storage_class not in _ARCHIVES


def only_replica_fails(message: str) -> bool:
    """Tell from the message of a failed check whether only the replica failed."""
    return message.startswith(_BEGINNINGS)


def not_looked_at(replication: Replication) -> Comparison | None:
    """Return why there is nothing to look at, None if there is a replica.

    S3's own events report a failed replication, once. Reporting it here would read the main copy again every day.
    """
    reasons = {
        Replication.NONE: "S3 replicates this version to nowhere",
        Replication.PENDING: "S3 has not made it yet",
        Replication.FAILED: "S3 could not make it",
        Replication.REPLICA: "this is a replica itself",
    }
    return _not_compared("presence", reasons[replication]) if replication in reasons else None


def stated(baseline: Mapping[str, str], size: int, facts: ObjectFacts) -> tuple[Comparison, ...]:
    """Compare the baseline with what S3 states about the replica's bytes.

    One comparison is of the size in bytes, and one of every digest that both S3 and the baseline have.
    """
    found = [_compared(SIZE_IN_BYTES, str(size), str(facts.size))]
    for item in ev.from_s3(attrs.evolve(facts, depositor_digests={})):
        if item.reason or item.parts or item.algorithm not in baseline:
            continue
        found.append(_compared(item.algorithm, baseline[item.algorithm], item.expected))
    if len(found) == 1:
        found.append(_not_compared("digests", "S3 keeps no digest of it that the baseline holds"))
    return tuple(found)


def hidden(version_id: str, current: str) -> Comparison:
    """Return the mismatch of a replica that is not current in its bucket: S3 will remove it after some days.

    S3 replicates a delete marker, but neither its removal nor the removal of a version:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html

    `current` is the current version in the replica's bucket, empty if that is a delete marker.
    """
    return _compared(CURRENT_VERSION, version_id, current or "a delete marker")


def as_read(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Return the comparisons of the replica's bytes with the source `REPLICA_READ`."""
    return tuple(
        attrs.evolve(item, evidence=attrs.evolve(item.evidence, source=Source.REPLICA_READ)) for item in comparisons
    )


def not_reached(reason: str) -> Comparison:
    """Return why S3 did not show the replica."""
    return _not_compared("presence", reason)


def not_read(reason: str) -> Comparison:
    """Return why the replica's bytes were not read."""
    return _not_compared("bytes", reason, Source.REPLICA_READ)


def _compared(what: str, expected: str, found: str) -> Comparison:
    return Comparison(
        evidence=Evidence(source=Source.REPLICA, algorithm=what, expected=expected),
        computed=found,
        verdict=Verdict.MATCH if expected == found else Verdict.MISMATCH,
    )


def _not_compared(what: str, reason: str, source: Source = Source.REPLICA) -> Comparison:
    return Comparison(
        evidence=Evidence(source=source, algorithm=what, expected="", reason=reason),
        computed="",
        verdict=Verdict.NOT_COMPARED,
    )
