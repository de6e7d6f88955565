"""Events of the audit trail, after PREMIS, made only from what tables and request results say.

Nothing about the moment of writing enters an event: the same change always gives the same event.
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


# The service itself never changes a record in these ways.
BY_HAND: Final = frozenset({Kind.ALTERATION, Kind.UNKNOWN})
# Labels of https://id.loc.gov/vocabulary/preservation/eventType.html
_TYPES: Final = {
    Kind.DEPOSIT: "message digest calculation",
    Kind.CHECK: "fixity check",
    Kind.REPAIR: "recovery",
    Kind.RECOVERY: "fixity check",
    Kind.DELETION: "deletion",
    # These three change the record, which is metadata, and not the object.
    Kind.RESTORATION: "metadata modification",
    Kind.ALTERATION: "metadata modification",
    Kind.UNKNOWN: "metadata modification",
    Kind.PROVISIONING: "creation",
}
# Outcomes of changes in which no object was read.
OUTCOMES: Final = {
    Kind.DELETION: "removed",
    Kind.RESTORATION: "restored",
    Kind.ALTERATION: "altered",
    Kind.UNKNOWN: "not understood",
}


@attrs.frozen(kw_only=True)
class AuditEvent:
    """One event."""

    source_id: str  # the id is made from this and the kind
    kind: Kind
    date_time: str  # ISO 8601 UTC
    ref: ObjectRef  # a bucket has an empty key
    version_id: str = ""  # empty for a bucket
    size: int | None = None  # bytes; None for a bucket
    expected: Mapping[str, str] = attrs.field(factory=dict)  # digests of the whole object, by algorithm
    computed: Mapping[str, str] = attrs.field(factory=dict)  # digests by algorithm
    expectation_source: str = NO_EXPECTATION
    evidence: Sequence[Comparison] = ()
    outcome: str
    detail: str  # the outcome for people, in one line
    agent: Agent | None  # None if not known
    bytes_read: int = 0  # by the last read
    reads: int = 0  # number of reads
    storage_class: str = ""  # empty if not known

    @property
    def id(self) -> str:
        """Version 5 UUID of source and kind."""
        return str(uuid5(NAMESPACE, f"{self.source_id}/{self.kind}"))

    @property
    def values(self) -> dict[str, Any]:
        """The event as it is written into the trail."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "type": _TYPES[self.kind],
            "date_time": self.date_time,
            "object": {
                "bucket": self.ref.bucket,
                "key": self.ref.key,
                "version_id": self.version_id,
                "copy": "main",
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
    """Return comparisons as they are written into the trail."""
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
