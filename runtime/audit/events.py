"""Events of the audit trail, after PREMIS: what happened to an object, made of nothing but what tables and results say.

Nothing of the moment of writing enters an event, so that the same happening always gives the same event.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

import attrs

from runtime.fixity.evidence import Comparison
from runtime.fixity.records import Agent
from runtime.shared.object_ref import ObjectRef

NAMESPACE: Final = UUID("8d5c1f0a-6c7e-5b0f-9d53-0c2a6e4f7b11")
_MAIN_COPY: Final = "main"
NO_EXPECTATION: Final = "none"


class Kind(StrEnum):
    """What happened, in the words of this service."""

    DEPOSIT = "deposit"
    CHECK = "check"
    REPAIR = "repair"
    RECOVERY = "recovery"
    DELETION = "deletion"
    RESTORATION = "restoration"
    ALTERATION = "alteration"
    UNKNOWN = "unknown"
    PROVISIONING = "provisioning"


# What the service itself never does to a record.
BY_HAND: Final = frozenset({Kind.ALTERATION, Kind.UNKNOWN})
# Labels of https://id.loc.gov/vocabulary/preservation/eventType.html
_TYPES: Final = {
    Kind.DEPOSIT: "message digest calculation",
    Kind.CHECK: "fixity check",
    Kind.REPAIR: "recovery",
    Kind.RECOVERY: "fixity check",
    Kind.DELETION: "deletion",
    # Of these three the record alone is known to have changed, which is metadata, and not the object: "recovery" is of
    # objects.
    Kind.RESTORATION: "metadata modification",
    Kind.ALTERATION: "metadata modification",
    Kind.UNKNOWN: "metadata modification",
    Kind.PROVISIONING: "creation",
}
# How changes end in which nothing was read.
OUTCOMES: Final = {
    Kind.DELETION: "removed",
    Kind.RESTORATION: "restored",
    Kind.ALTERATION: "altered",
    Kind.UNKNOWN: "not understood",
}


@attrs.frozen(kw_only=True)
class AuditEvent:
    """One event.

    Attributes:
        source_id: what the id is made of, together with the kind.
        kind: what happened.
        date_time: when, ISO 8601 UTC.
        ref: the object; a bucket has an empty key.
        version_id: the version concerned, empty for a bucket.
        size: bytes, None for a bucket.
        expected: expected digests of the whole object, by algorithm.
        computed: computed digests, by algorithm.
        expectation_source: where the expected digests come from.
        evidence: everything that was compared, or could not be.
        outcome: how it ended.
        detail: the same for people, in one line.
        agent: who did it, None where that is not known.
        bytes_read: bytes of the last read.
        reads: how often the object was read.
        storage_class: S3's storage class, empty where it is not known.
    """

    source_id: str
    kind: Kind
    date_time: str
    ref: ObjectRef
    version_id: str = ""
    size: int | None = None
    expected: Mapping[str, str] = attrs.field(factory=dict)
    computed: Mapping[str, str] = attrs.field(factory=dict)
    expectation_source: str = NO_EXPECTATION
    evidence: Sequence[Comparison] = ()
    outcome: str
    detail: str
    agent: Agent | None
    bytes_read: int = 0
    reads: int = 0
    storage_class: str = ""

    @property
    def id(self) -> str:
        """The event's id: a version 5 UUID of where it comes from and its kind."""
        return str(uuid5(NAMESPACE, f"{self.source_id}/{self.kind}"))

    @property
    def values(self) -> dict[str, Any]:
        """The event as it stands in the trail."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "type": _TYPES[self.kind],
            "date_time": self.date_time,
            "object": {
                "bucket": self.ref.bucket,
                "key": self.ref.key,
                "version_id": self.version_id,
                "copy": _MAIN_COPY,
            },
            "size": self.size,
            "algorithms": sorted({*self.expected, *self.computed}),
            "expected": dict(self.expected),
            "computed": dict(self.computed),
            "expectation_source": self.expectation_source,
            "evidence": evidence_values(self.evidence),
            "outcome": self.outcome,
            "detail": self.detail,
            "agent": None if self.agent is None else attrs.asdict(self.agent),
            "bytes_read": self.bytes_read,
            "reads": self.reads,
            "storage_class": self.storage_class,
        }


def evidence_values(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Return evidence and what became of it as it stands in the trail."""
    return [
        {
            "source": item.evidence.source,
            "algorithm": item.evidence.algorithm,
            "expected": item.evidence.expected,
            "computed": item.computed,
            "verdict": item.verdict,
            "parts": item.evidence.parts,
            "reason": item.evidence.reason,
        }
        for item in comparisons
    ]
