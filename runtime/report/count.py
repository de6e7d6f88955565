"""What a report counts: a bucket's records, the outcomes of their checks, and the failing objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self

import attrs

from runtime.bucket_runs.policy import SweepPolicy
from runtime.counts import FixityCount
from runtime.fixity.add_to_count import add_to_count
from runtime.fixity.failures import told_outcome
from runtime.fixity.in_words import shortened, what_differs
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import FixityRecord
from runtime.fixity.replica import replica_look
from runtime.report.alarms import WAITING, alarms_of, days_overdue, replication_of
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import moment_of, timestamp
from runtime.shared.wording import cut, sentence

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
    what: str = ""  # the same as a sentence with short digests; empty in notes from before a software update
    last_good: str = ""  # ISO 8601 UTC; empty if never, or not readable
    next_check: str = ""  # ISO 8601 UTC; empty if not readable

    @classmethod
    def of(cls, record: FixityRecord | Malformed) -> Self:
        """Return the failing object of a record."""
        if isinstance(record, Malformed):
            return cls(
                bucket=record.ref.bucket,
                key=record.ref.key,
                outcome=MALFORMED,
                message=record.problem,
                what=sentence(record.problem),
            )
        check = record.last_check
        return cls(
            bucket=record.ref.bucket,
            key=record.ref.key,
            outcome=told_outcome(check),
            message=cut(check.message, _MESSAGE_CHARACTERS),
            what=sentence(what_differs(check) or shortened(check.message)),
            last_good="" if record.last_good_date is None else timestamp(record.last_good_date, "auto"),
            next_check=timestamp(record.next_check, "auto"),
        )


@attrs.frozen(kw_only=True)
class WaitingObject:
    """An object that an alarm counts although its bytes, as far as known, are as they should be."""

    bucket: str
    key: str
    replication: str  # as in `replication_of`
    replica_checked: str  # a `ReplicaLook`
    days_overdue: int | None  # as in `days_overdue`
    last_good: str  # ISO 8601 UTC; empty if never
    next_check: str  # ISO 8601 UTC

    @classmethod
    def of(cls, record: FixityRecord, now: datetime, policy: SweepPolicy) -> Self:
        """Return what the page says of a record at a moment, UTC."""
        return cls(
            bucket=record.ref.bucket,
            key=record.ref.key,
            replication=replication_of(record),
            replica_checked=replica_look(record.last_check).value,
            days_overdue=days_overdue(record, now, policy),
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
    # numbers of objects by alarm (`ObjectAlarm`), and for those of `WAITING` the first `MOST_FAILING`
    alarms: dict[str, int] = field(default_factory=dict)
    alarm_objects: dict[str, list[WaitingObject]] = field(default_factory=dict)
    # objects whose newest check ended on the report's day, UTC, and how many of them fail
    checked_today: int = 0
    failed_today: int = 0

    def count(self, record: FixityRecord | Malformed, now: datetime, policy: SweepPolicy) -> None:
        """Add a record as of the report's moment, UTC. An unreadable record is an object that is not covered."""
        for alarm in alarms_of(record, now, policy):
            self.alarms[alarm] = self.alarms.get(alarm, 0) + 1
            if alarm in WAITING and not isinstance(record, Malformed):
                named = self.alarm_objects.setdefault(alarm, [])
                if len(named) < MOST_FAILING:
                    named.append(WaitingObject.of(record, now, policy))
        if isinstance(record, Malformed):
            self.objects += 1
            self.failing += 1
            outcome = MALFORMED
        else:
            covered = policy.covers(record.last_sure, now) and not record.harmed
            add_to_count(self, record, covered=covered, overdue=policy.overdue(record.next_check, now))
            outcome = told_outcome(record.last_check)
            today = record.last_check.ended >= now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            self.checked_today += today
            self.failed_today += today and record.failing
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
        for alarm, objects in other.alarms.items():
            self.alarms[alarm] = self.alarms.get(alarm, 0) + objects
        for alarm, named in other.alarm_objects.items():
            self.alarm_objects[alarm] = [*self.alarm_objects.get(alarm, []), *named][:MOST_FAILING]
        self.checked_today += other.checked_today
        self.failed_today += other.failed_today

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
            "alarms": dict(sorted(self.alarms.items())),
        }

    @property
    def document(self) -> dict[str, Any]:
        """The whole count as JSON values."""
        return {
            **self.figures,
            "failing_objects": [attrs.asdict(one) for one in self.failing_objects],
            "alarm_objects": {
                alarm: [attrs.asdict(one) for one in named] for alarm, named in self.alarm_objects.items()
            },
            "checked_today": self.checked_today,
            "failed_today": self.failed_today,
        }

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
            # Notes from before a software update lack what is read with `get`.
            unreplicated=document.get("unreplicated", 0),
            oldest=None if oldest is None else moment_of(oldest),
            outcomes=dict(document["outcomes"]),
            failing=document["failing"],
            # Notes from before a software update lack this.
            disputed=document.get("disputed", 0),
            deferred=document["outcomes"].get(Outcome.DEFERRED, 0),
            failing_objects=[FailingObject(**one) for one in document["failing_objects"]],
            alarms=dict(document.get("alarms", {})),
            alarm_objects={
                alarm: [WaitingObject(**one) for one in named]
                for alarm, named in document.get("alarm_objects", {}).items()
            },
            checked_today=document.get("checked_today", 0),
            failed_today=document.get("failed_today", 0),
        )
