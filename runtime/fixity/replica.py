"""What the replica of an object is compared with: the baseline, never the main copy (lesson L25)."""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from runtime.contract import replica_name
from runtime.fixity import evidence as ev
from runtime.fixity.evidence import Comparison, Evidence, Source, Verdict
from runtime.fixity.objects import ObjectFacts, Replication
from runtime.fixity.records import COULD_NOT_BE_READ
from runtime.shared.object_ref import ObjectRef

# In front of the outcome of a check that found nothing wrong but with the replica.
OF_REPLICA: Final = "replica-"
# S3 hands these out only after they were restored.
_ARCHIVES: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
# What a check says of a replica that is not there, and of one that it could not look at.
GONE: Final = "the replica is gone: "
NOT_REACHED: Final = "the replica: "
# What contradicts a main copy is said first (`records.outcome_of`), so these begin the message of no other failure.
_BEGINNINGS: Final = (GONE, f"{COULD_NOT_BE_READ}{NOT_REACHED}", f"{Source.REPLICA}, ", f"{Source.REPLICA_READ}, ")
_CURRENT: Final = "current version"
# How the message begins of a check that found nothing wrong but that the replica is not current.
HIDDEN: Final = f"{Source.REPLICA}, {_CURRENT}: "


def replica_of(ref: ObjectRef) -> ObjectRef:
    """Return the object that S3 keeps as the replica; it has the same key and the same version id."""
    return ObjectRef(replica_name(ref.bucket), ref.key)


def can_be_read(facts: ObjectFacts) -> bool:
    """Tell whether S3 hands out the bytes without a restore."""
    return facts.storage_class not in _ARCHIVES


def only_replica_fails(message: str) -> bool:
    """Tell whether a check that failed found nothing wrong but with the replica.

    Args:
        message: the message of the failed check.
    """
    return message.startswith(_BEGINNINGS)


def not_looked_at(replication: Replication) -> Comparison | None:
    """Return why there is nothing to look at, None where there is a replica.

    A replication that failed is told by S3's own events, once; here it would have the main copy read again every day.
    """
    reasons = {
        Replication.NONE: "S3 replicates this version to nowhere",
        Replication.PENDING: "S3 has not made it yet",
        Replication.FAILED: "S3 could not make it",
        Replication.REPLICA: "this is a replica itself",
    }
    return _not_compared("presence", reasons[replication]) if replication in reasons else None


def stated(baseline: Mapping[str, str], size: int, facts: ObjectFacts) -> tuple[Comparison, ...]:
    """Compare the baseline with what S3 states of the replica's bytes.

    Args:
        baseline: digests of the deposit by algorithm.
        size: bytes of the deposit.
        facts: what S3 says of the replica.

    Returns:
        A comparison of the size, and one for every digest that S3 keeps and the baseline holds.
    """
    found = [_compared("size in bytes", str(size), str(facts.size))]
    for item in ev.from_s3(attrs.evolve(facts, depositor_digests={})):
        if item.reason or item.parts or item.algorithm not in baseline:
            continue
        found.append(_compared(item.algorithm, baseline[item.algorithm], item.expected))
    if len(found) == 1:
        found.append(_not_compared("digests", "S3 keeps no digest of it that the baseline holds"))
    return tuple(found)


def hidden(version_id: str, current: str) -> Comparison:
    """Return that the replica is there, and not current in its bucket: S3 removes it after some days.

    S3 replicates a delete marker, but neither its removal nor the removal of a version:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html

    Args:
        version_id: the version under care, which is current in the main bucket.
        current: the version that is current in the replica's bucket, empty where that is a delete marker.
    """
    return _compared(_CURRENT, version_id, current or "a delete marker")


def as_read(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Return the comparisons of the replica's bytes under the name of their source."""
    return tuple(
        attrs.evolve(item, evidence=attrs.evolve(item.evidence, source=Source.REPLICA_READ)) for item in comparisons
    )


def not_reached(reason: str) -> Comparison:
    """Return why the replica could not be looked at."""
    return _not_compared("presence", reason)


def not_read(reason: str) -> Comparison:
    """Return why the replica's bytes were not read."""
    return Comparison(
        evidence=Evidence(source=Source.REPLICA_READ, algorithm="bytes", expected="", reason=reason),
        computed="",
        verdict=Verdict.NOT_COMPARED,
    )


def _compared(what: str, expected: str, found: str) -> Comparison:
    return Comparison(
        evidence=Evidence(source=Source.REPLICA, algorithm=what, expected=expected),
        computed=found,
        verdict=Verdict.MATCH if expected == found else Verdict.MISMATCH,
    )


def _not_compared(what: str, reason: str) -> Comparison:
    return Comparison(
        evidence=Evidence(source=Source.REPLICA, algorithm=what, expected="", reason=reason),
        computed="",
        verdict=Verdict.NOT_COMPARED,
    )
