"""A report: where its files go, what it counts, and what the work on a bucket notes between two slices."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Self

import attrs

from runtime.audit.events import Kind
from runtime.bucket_runs.run import UNFINISHED, SweepPolicy
from runtime.contract import ManagedPrefix
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import CheckReport, FixityRecord
from runtime.fixity.replica import OF_REPLICA, only_replica_fails
from runtime.report.inventory import Storage
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import moment_of, timestamp
from runtime.shared.wording import cut

_FORMAT: Final = "duracloud-report/1"
_INDEX: Final = "index.html"
_SUMMARY: Final = "report.json"
LATEST_SUMMARY: Final = f"{ManagedPrefix.LATEST_REPORT}{_SUMMARY}"
# The outcome of a record that cannot be read.
MALFORMED: Final = "malformed-record"
# Named on the page; all others are in the lists.
MOST_FAILING: Final = 100
_MESSAGE_CHARACTERS: Final = 500
# S3 takes 10,000 parts of one file, each but the last of 5 MiB at least
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). Parts that grow let a file of 440 GB fit, about
# 10^9 objects, while that of an ordinary bucket needs 8 MiB of memory.
_PART_BYTES: Final = 8 * 1024 * 1024
_PARTS_OF_A_SIZE: Final = 1_000
_FAILING: Final = (Outcome.MISMATCH, Outcome.UNREADABLE, Outcome.ABSENT, Outcome.NO_BASELINE)


def part_bytes(number: int) -> int:
    """Return how large a part has to be before it is sent.

    Args:
        number: the part's number, from 1.
    """
    return _PART_BYTES * (1 + (number - 1) // _PARTS_OF_A_SIZE)


@attrs.frozen
class Report:
    """One report, known by the moment at which it was to start.

    Attributes:
        started: that moment, UTC.
    """

    started: datetime

    @property
    def time(self) -> str:
        """The moment as messages and files write it."""
        return timestamp(self.started, "auto")

    @property
    def day(self) -> date:
        """Its day, UTC."""
        return self.started.astimezone(UTC).date()

    @property
    def working_folder(self) -> str:
        """The folder of what is noted while the report is made."""
        return f"{ManagedPrefix.REPORTS_UNDER_WAY}{self.started.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}/"

    @property
    def plan_key(self) -> str:
        """Key of the file that names the buckets of the report."""
        return f"{self.working_folder}plan.json"

    def result_key(self, bucket: str) -> str:
        """Return the key of the file that says what was found in a bucket."""
        return f"{self.working_folder}{bucket}.json"

    def notes_key(self, bucket: str, number: int) -> str:
        """Return the key of the file with which a slice begins.

        Args:
            bucket: the bucket.
            number: the slice's number; the first, 0, begins with none.
        """
        return f"{self.working_folder}{bucket}/{number:06}.json"

    def list_keys(self, bucket: str) -> tuple[str, str]:
        """Return the keys of a bucket's list: the dated one and the latest."""
        return self._keys(f"{bucket}.csv")

    @property
    def page_keys(self) -> tuple[str, str]:
        """Keys of the page: the dated one and the latest."""
        return self._keys(_INDEX)

    @property
    def summary_keys(self) -> tuple[str, str]:
        """Keys of the summary for programs: the dated one and the latest."""
        return self._keys(_SUMMARY)

    def days(self, period: int) -> list[date]:
        """Return the whole days before the report that it looks back on, in order.

        Args:
            period: their number.
        """
        return [self.day - timedelta(days=back) for back in range(period, 0, -1)]

    def _keys(self, name: str) -> tuple[str, str]:
        return f"{ManagedPrefix.REPORTS}{self.day.isoformat()}/{name}", f"{ManagedPrefix.LATEST_REPORT}{name}"


@attrs.frozen(kw_only=True)
class ReportSlice:
    """A part of the work on one bucket.

    Attributes:
        report: the report.
        bucket: the bucket.
        number: the slice's number, from 0.
    """

    report: Report
    bucket: str
    number: int = 0

    @property
    def message(self) -> dict[str, Any]:
        """The message of the report queue."""
        return {"action": "slice", "time": self.report.time, "bucket": self.bucket, "number": self.number}

    @property
    def following(self) -> "ReportSlice":
        """The slice behind this one."""
        return attrs.evolve(self, number=self.number + 1)


def outcome_of(check: CheckReport) -> str:
    """Return the outcome of a check as reports count it: apart where nothing is wrong but with the replica."""
    only_replica = check.success is False and only_replica_fails(check.message)
    return f"{OF_REPLICA}{check.outcome}" if only_replica else check.outcome.value


@attrs.frozen(kw_only=True)
class FailingObject:
    """An object that is not as it should be.

    Attributes:
        bucket: its bucket.
        key: its key.
        outcome: of the newest check, as `outcome_of` says it.
        message: what is wrong, in one line, perhaps cut.
        last_good: when it was last found good, ISO 8601 UTC; empty if never, or if that cannot be read.
        next_check: when it is due, ISO 8601 UTC; empty if that cannot be read.
    """

    bucket: str
    key: str
    outcome: str
    message: str
    last_good: str
    next_check: str

    @classmethod
    def of(cls, record: FixityRecord | Malformed) -> Self:
        """Return what a record says, or that it cannot be read."""
        if isinstance(record, Malformed):
            return cls(
                bucket=record.ref.bucket,
                key=record.ref.key,
                outcome=MALFORMED,
                message=record.problem,
                last_good="",
                next_check="",
            )
        return cls(
            bucket=record.ref.bucket,
            key=record.ref.key,
            outcome=outcome_of(record.last_check),
            message=cut(record.last_check.message, _MESSAGE_CHARACTERS),
            last_good="" if record.last_good_date is None else timestamp(record.last_good_date, "auto"),
            next_check=timestamp(record.next_check, "auto"),
        )


@attrs.define(kw_only=True)
class FixityCount:
    """A running count of records.

    Attributes:
        objects: objects under care.
        size: their bytes.
        covered: objects found good, or deposited, within the interval and the grace, that have not failed since.
        overdue: objects whose check is late by more than the grace.
        never_verified: objects that were never found good.
        unreplicated: objects of which S3 has made no replica.
        oldest: the longest ago that one of them was last known to be good, or deposited, without those that were never
            read; None where there are none.
        outcomes: objects by the outcome of their newest check, as `outcome_of` says it, or `MALFORMED`.
        failing: objects that are not as they should be, or whose record cannot be read.
        failing_objects: the first of them.
    """

    objects: int = 0
    size: int = 0
    covered: int = 0
    overdue: int = 0
    never_verified: int = 0
    unreplicated: int = 0
    oldest: datetime | None = None
    outcomes: dict[str, int] = attrs.field(factory=dict)
    failing: int = 0
    failing_objects: list[FailingObject] = attrs.field(factory=list)

    def count(self, record: FixityRecord | Malformed, now: datetime, policy: SweepPolicy) -> None:
        """Add a record. One that cannot be read is an object that is not covered.

        Args:
            record: the record.
            now: the moment of the report, UTC.
            policy: what the environment promises; the sweep judges by the same.
        """
        self.objects += 1
        if isinstance(record, Malformed):
            self._name(MALFORMED, record)
            return
        self.size += record.size
        self.covered += policy.covers(record.last_sure, now) and not record.failing
        self.overdue += policy.overdue(record.next_check, now)
        self.never_verified += record.last_good_date is None
        self.unreplicated += record.lacks_replica
        # As in a sweep, what was never read does not hide every other object that waits.
        read = record.last_check.outcome is not Outcome.DEFERRED
        if read and (self.oldest is None or record.last_sure < self.oldest):
            self.oldest = record.last_sure
        self._name(outcome_of(record.last_check), record if record.failing else None)

    def _name(self, outcome: str, failing: FixityRecord | Malformed | None) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if failing is not None:
            self.failing += 1
            if len(self.failing_objects) < MOST_FAILING:
                self.failing_objects.append(FailingObject.of(failing))

    def add(self, other: "FixityCount") -> None:
        """Add another count."""
        self.objects += other.objects
        self.size += other.size
        self.covered += other.covered
        self.overdue += other.overdue
        self.never_verified += other.never_verified
        self.unreplicated += other.unreplicated
        self.oldest = min((one for one in (self.oldest, other.oldest) if one is not None), default=None)
        for outcome, number in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + number
        self.failing += other.failing
        self.failing_objects = [*self.failing_objects, *other.failing_objects][:MOST_FAILING]

    @property
    def coverage(self) -> float:
        """Percent of the objects found good, or deposited, within the interval and the grace; 100 of none."""
        return 100 * self.covered / self.objects if self.objects else 100.0

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
            # Notes from before an update of the software do not say these.
            unreplicated=document.get("unreplicated", 0),
            oldest=None if oldest is None else moment_of(oldest),
            outcomes=dict(document["outcomes"]),
            failing=document["failing"],
            failing_objects=[FailingObject(**one) for one in document["failing_objects"]],
        )


@attrs.frozen(kw_only=True)
class Upload:
    """A file that is being written in parts.

    Attributes:
        key: its key.
        upload_id: S3's name of the upload.
        etags: S3's tags of the parts that were sent, in order.
    """

    key: str
    upload_id: str
    etags: tuple[str, ...] = ()

    def with_part(self, etag: str) -> "Upload":
        """Return the upload after another part."""
        return attrs.evolve(self, etags=(*self.etags, etag))


@attrs.frozen(kw_only=True)
class BucketNotes:
    """How far the work on a bucket has come.

    Attributes:
        uploads: the lists that are being written; none before the first part and after the last.
        after: the key after which the next part of the list begins; None at the start.
        listed: whether the lists are complete.
        count: what was counted in the parts that were sent.
        manifest: the inventory that is being added up, empty where none is.
        files_done: how many of its files were added up.
        storage: what they add up to; None where there is no inventory.
        problem: why there is no storage although there is an inventory; empty where there is no problem.
        restarts: how often the lists had to be begun again.
    """

    uploads: tuple[Upload, ...] = ()
    after: str | None = None
    listed: bool = False
    count: FixityCount = attrs.field(factory=FixityCount)
    manifest: str = ""
    files_done: int = 0
    storage: Storage | None = None
    problem: str = ""
    restarts: int = 0

    @property
    def document(self) -> dict[str, Any]:
        """The notes as JSON values."""
        return {
            "uploads": [attrs.asdict(upload) for upload in self.uploads],
            "after": self.after,
            "listed": self.listed,
            "count": self.count.document,
            "manifest": self.manifest,
            "files_done": self.files_done,
            "storage": None if self.storage is None else self.storage.document,
            "problem": self.problem,
            "restarts": self.restarts,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the notes that `document` wrote."""
        storage = document["storage"]
        return cls(
            uploads=tuple(
                Upload(key=one["key"], upload_id=one["upload_id"], etags=tuple(one["etags"]))
                for one in document["uploads"]
            ),
            after=document["after"],
            listed=document["listed"],
            count=FixityCount.from_document(document["count"]),
            manifest=document["manifest"],
            files_done=document["files_done"],
            storage=None if storage is None else Storage.from_document(storage),
            problem=document["problem"],
            restarts=document["restarts"],
        )


@attrs.frozen(kw_only=True)
class BucketReport:
    """What was found in one bucket.

    Attributes:
        count: its records.
        storage: what it stores by the newest inventory; None where there is none.
        problem: why there is none although S3 wrote one; empty where there is no problem.
        unfinished: why the work on the bucket was given up; empty where it came to its end.
    """

    count: FixityCount
    storage: Storage | None
    problem: str = ""
    unfinished: str = ""

    @property
    def document(self) -> dict[str, Any]:
        """The report of the bucket as JSON values."""
        return {
            "count": self.count.document,
            "storage": None if self.storage is None else self.storage.document,
            "problem": self.problem,
            UNFINISHED: self.unfinished,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return what `document` wrote."""
        storage = document["storage"]
        return cls(
            count=FixityCount.from_document(document["count"]),
            storage=None if storage is None else Storage.from_document(storage),
            problem=document["problem"],
            # A result that was written before an update of the software does not say it.
            unfinished=document.get(UNFINISHED, ""),
        )


@attrs.frozen(kw_only=True)
class DayCount:
    """What the audit trail counted on one day.

    Attributes:
        day: the day, UTC.
        known: whether there is a manifest of the day.
        checks: checks and deposits.
        incidents: those of them that found an object damaged, missing, unreadable or without a known baseline. An
            object that stays so is read again every day, and counts every day.
        recoveries: objects that were found good again.
        repairs: objects that were put right.
    """

    day: date
    known: bool = True
    checks: int = 0
    incidents: int = 0
    recoveries: int = 0
    repairs: int = 0


def day_count(day: date, manifest: Mapping[str, Any] | None) -> DayCount:
    """Return what the manifest of a day says; a manifest that cannot be read counts as none.

    Args:
        day: the day.
        manifest: the audit trail's manifest of it; None where there is none.
    """
    try:
        counts: Mapping[str, Mapping[str, int]] = {} if manifest is None else manifest["counts"]
        examined = [counts.get(kind, {}) for kind in (Kind.CHECK, Kind.DEPOSIT)]
        return DayCount(
            day=day,
            known=manifest is not None,
            checks=sum(sum(kind.values()) for kind in examined),
            incidents=sum(kind.get(outcome, 0) for kind in examined for outcome in _FAILING),
            recoveries=sum(counts.get(Kind.RECOVERY, {}).values()),
            repairs=sum(counts.get(Kind.REPAIR, {}).values()),
        )
    except (KeyError, TypeError, AttributeError):
        return DayCount(day=day, known=False)


@attrs.frozen(kw_only=True)
class WholeReport:
    """Everything that a report says.

    Attributes:
        report: the report.
        environment: the environment's name.
        policy: what it promises.
        ended: when the last list was complete, UTC.
        buckets: what was found, by bucket.
        days: what the audit trail counted, in order.
    """

    report: Report
    environment: str
    policy: SweepPolicy
    ended: datetime
    buckets: Mapping[str, BucketReport]
    days: Sequence[DayCount]

    @property
    def total(self) -> FixityCount:
        """The sum over the buckets that came to their end."""
        total = FixityCount()
        for _, bucket in sorted(self.buckets.items()):
            if not bucket.unfinished:
                total.add(bucket.count)
        return total

    @property
    def unfinished(self) -> dict[str, str]:
        """Why the work on a bucket was given up, by bucket."""
        return {name: one.unfinished for name, one in sorted(self.buckets.items()) if one.unfinished}

    @property
    def stored(self) -> dict[str, Storage]:
        """What the buckets store, of those that have an inventory."""
        return {name: one.storage for name, one in sorted(self.buckets.items()) if one.storage is not None}

    @property
    def document(self) -> dict[str, Any]:
        """The report for programs."""
        total = self.total
        return {
            "format": _FORMAT,
            "environment": self.environment,
            "started": self.report.time,
            "ended": timestamp(self.ended, "auto"),
            "interval_days": self.policy.interval / timedelta(days=1),
            "grace_days": self.policy.grace / timedelta(days=1),
            **total.figures,
            "coverage_percent": total.coverage,
            "buckets": {
                name: {
                    **bucket.count.figures,
                    "coverage_percent": bucket.count.coverage,
                    "list": None if bucket.unfinished else f"{name}.csv",
                    "storage": None if bucket.storage is None else bucket.storage.document,
                    "storage_problem": bucket.problem,
                    UNFINISHED: bucket.unfinished,
                }
                for name, bucket in sorted(self.buckets.items())
            },
            "days": [{**attrs.asdict(one), "day": one.day.isoformat()} for one in self.days],
        }


def largest_folders(stored: Mapping[str, Storage], most: int) -> Iterable[tuple[str, str, int, int]]:
    """Return the largest folders of all buckets: bucket, folder, number of current objects, bytes of all versions.

    Args:
        stored: storage by bucket.
        most: how many folders.
    """
    found = [
        (bucket, folder, amount.objects, amount.whole_size)
        for bucket, storage in stored.items()
        for folder, amount in storage.folders.items()
    ]
    return sorted(found, key=lambda one: (-one[3], one[0], one[1]))[:most]
