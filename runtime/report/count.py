"""What a report counts: a bucket's records, the outcomes of their checks, and the failing objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

import attrs

from runtime.bucket_runs.policy import SweepPolicy
from runtime.counts import FixityCount
from runtime.fixity.add_to_count import add_to_count
from runtime.fixity.failures import told_outcome
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import FixityRecord
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import moment_of, timestamp
from runtime.shared.wording import cut

# Outcome of a record that cannot be read.
MALFORMED: Final = "malformed-record"
# Listed on the page; the lists name all of them.
MOST_FAILING: Final = 100
_MESSAGE_CHARACTERS: Final = 500


@attrs.frozen(kw_only=True)
class FailingObject:
    """A failing object."""

    bucket: str
    key: str
    outcome: str  # as in `told_outcome`
    message: str  # in one line, perhaps cut
    last_good: str = ""  # ISO 8601 UTC; empty if never, or not readable
    next_check: str = ""  # ISO 8601 UTC; empty if not readable

    @classmethod
    def of(cls, record: FixityRecord | Malformed) -> Self:
        """Return the failing object of a record."""
        if isinstance(record, Malformed):
            return cls(bucket=record.ref.bucket, key=record.ref.key, outcome=MALFORMED, message=record.problem)
        return cls(
            bucket=record.ref.bucket,
            key=record.ref.key,
            outcome=told_outcome(record.last_check),
            message=cut(record.last_check.message, _MESSAGE_CHARACTERS),
            last_good="" if record.last_good_date is None else timestamp(record.last_good_date, "auto"),
            next_check=timestamp(record.next_check, "auto"),
        )


@dataclass(kw_only=True)
class ReportCount(FixityCount):
    """A running count of records that also names failing objects."""

    # by the outcome of the newest check, as in `told_outcome`, or `MALFORMED`
    outcomes: dict[str, int] = field(default_factory=dict)
    # the first `MOST_FAILING`, disputed ones and unreadable records among them
    failing_objects: list[FailingObject] = field(default_factory=list)

    def count(self, record: FixityRecord | Malformed, now: datetime, policy: SweepPolicy) -> None:
        """Add a record as of the report's moment, UTC. An unreadable record is an object that is not covered."""
        if isinstance(record, Malformed):
            self.objects += 1
            self.failing += 1
            outcome = MALFORMED
        else:
            covered = policy.covers(record.last_sure, now) and not record.harmed
            add_to_count(self, record, covered=covered, overdue=policy.overdue(record.next_check, now))
            outcome = told_outcome(record.last_check)
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        failing = isinstance(record, Malformed) or record.failing
        if failing and len(self.failing_objects) < MOST_FAILING:
            self.failing_objects.append(FailingObject.of(record))

    def add(self, other: Self) -> None:
        """Add another count."""
        super().add(other)
        for outcome, number in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + number
        self.failing_objects = [*self.failing_objects, *other.failing_objects][:MOST_FAILING]

    @property
    def needing_attention(self) -> int:
        """Number of objects that `failing_objects` begins to list."""
        return self.failing + self.disputed

    @property
    def figures(self) -> dict[str, Any]:
        """The count as JSON values, without the failing objects."""
        return {
            "objects": self.objects,
            "bytes": self.size,
            "covered": self.covered,
            "overdue": self.overdue,
            "never_verified": self.never_verified,
            "unreplicated": self.unreplicated,
            "oldest_unverified": None if self.oldest is None else timestamp(self.oldest, "auto"),
            "outcomes": dict(sorted(self.outcomes.items())),
            "failing": self.failing,
            "disputed": self.disputed,
        }

    @property
    def document(self) -> dict[str, Any]:
        """The whole count as JSON values."""
        return {**self.figures, "failing_objects": [attrs.asdict(one) for one in self.failing_objects]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the count that `document` wrote."""
        oldest = document["oldest_unverified"]
        return cls(
            objects=document["objects"],
            size=document["bytes"],
            covered=document["covered"],
            overdue=document["overdue"],
            never_verified=document["never_verified"],
            # Notes from before a software update lack this.
            unreplicated=document.get("unreplicated", 0),
            oldest=None if oldest is None else moment_of(oldest),
            outcomes=dict(document["outcomes"]),
            failing=document["failing"],
            # Notes from before a software update lack this.
            disputed=document.get("disputed", 0),
            deferred=document["outcomes"].get(Outcome.DEFERRED, 0),
            failing_objects=[FailingObject(**one) for one in document["failing_objects"]],
        )
