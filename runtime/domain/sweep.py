"""What the sweep decides about one object, what it counts, and what the counts of an environment say."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID, uuid5

import attrs

from runtime.contract import ManagedPrefix
from runtime.domain.due import DueCheck
from runtime.domain.errors import MalformedMessageError
from runtime.domain.instants import instant
from runtime.domain.objects import ObjectRef, Replication
from runtime.domain.pages import Malformed
from runtime.domain.records import lacks_replica
from runtime.domain.schedule import RETRY, ScheduleRow, phase
from runtime.domain.sequencer import BEFORE_ALL_EVENTS

_FORMAT: Final = "duracloud-coverage/1"
_COMING_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
# Of a bucket, in sweeps and reports: why the work on it was given up; empty, or not there, where it came to its end.
UNFINISHED: Final = "unfinished"
# How long an upload in parts may have taken.
_UPLOAD_IN_PARTS: Final = timedelta(days=1)
# By how much a clock may be ahead of ours.
_AHEAD: Final = timedelta(minutes=5)
# Ids of the events that a sweep makes are made in it.
_NAMESPACE: Final = UUID("5b0c7f3e-2d41-4c58-8a96-1e7d9f20b3c4")
LATEST_REPORT: Final = f"{ManagedPrefix.COVERAGE}latest.json"


@attrs.frozen(kw_only=True)
class RecordSummary:
    """As much of a fixity record as the sweep needs.

    Attributes:
        ref: the object.
        version_id: the version under care.
        sequencer: order of the newest event that the record reflects, normalised.
        size: bytes.
        etag: S3's entity tag.
        deposit_date: when the version was taken under care, UTC.
        last_good_date: when it was last found as it should be; None if never.
        next_check: when it is due, UTC.
        failing: whether its newest check failed.
        deferred: whether no function had the time to read it since it was deposited.
        checked: when its newest check ended, UTC.
        replication: what S3 said of its replication then; None where it was not asked.
    """

    ref: ObjectRef
    version_id: str
    sequencer: str
    size: int
    etag: str
    deposit_date: datetime
    last_good_date: datetime | None
    next_check: datetime
    failing: bool
    deferred: bool
    checked: datetime
    replication: Replication | None

    @property
    def last_sure(self) -> datetime:
        """When the object was last known to be good, or else was deposited."""
        return self.last_good_date or self.deposit_date

    @property
    def lacks_replica(self) -> bool:
        """Whether S3 has made no replica, as far as the newest check knows."""
        return lacks_replica(self.replication, self.deposit_date, self.checked)


@attrs.frozen(kw_only=True)
class ListedObject:
    """An object as S3 lists it.

    Attributes:
        ref: the object.
        size: bytes of its current version.
        etag: entity tag of that version, without quotation marks.
        modified: when S3 took that version, UTC; of an upload in parts, when it began.
    """

    ref: ObjectRef
    size: int
    etag: str
    modified: datetime

    def settled(self, started: datetime, young: timedelta) -> bool:
        """Tell whether the records should know of the version.

        Args:
            started: when the sweep began, UTC.
            young: the time before that in which a version came that may still be on its way into the records.
        """
        in_parts = "-" in self.etag
        return self.modified < started - young - (_UPLOAD_IN_PARTS if in_parts else timedelta(0))


@attrs.frozen(kw_only=True)
class SweepPolicy:
    """What an environment promises.

    Attributes:
        interval: time between two checks.
        grace: time by which a check may be late before the object counts as overdue.
    """

    interval: timedelta
    grace: timedelta

    def covers(self, last_sure: datetime, now: datetime) -> bool:
        """Tell whether an object was last known to be good within the interval and the grace."""
        return last_sure >= now - self.interval - self.grace

    def overdue(self, due: datetime, now: datetime) -> bool:
        """Tell whether a check is late by more than the grace."""
        return due < now - self.grace


@attrs.frozen(kw_only=True)
class Verdict:
    """What is to be counted and done about one record.

    Attributes:
        covered: whether the object was found good, or deposited, within the interval and the grace, and has not failed
            since.
        overdue: whether its check is late by more than the grace.
        missing_row: whether it has no schedule row and should have one.
        waiting: whether it has no schedule row because its check is due and, as far as can be seen, on its way.
        check: a check to be asked for at once; None where there is none.
        row: the schedule row to be written; None where there is none.
        replaces: whether it takes the place of another; else it is written only where there is none.
    """

    covered: bool
    overdue: bool = False
    missing_row: bool = False
    waiting: bool = False
    check: DueCheck | None = None
    row: ScheduleRow | None = None
    replaces: bool = False

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to be done."""
        return self.row is not None


_IN_ORDER: Final = {covered: Verdict(covered=covered) for covered in (False, True)}


def judge(record: RecordSummary, row: ScheduleRow | Malformed | None, now: datetime, policy: SweepPolicy) -> Verdict:
    """Return what is to be done about a record, given its schedule row.

    An overdue object is asked for at once, however long it is overdue (lesson L26), and its row is set to a day later,
    which brings it back should the check never end. While such a row runs nothing is done: doing it all again changes
    nothing. An object without a row gets one for the date of its record, or, where that has passed, for its own place
    in the coming day, so that a lost table does not come due in one hour. A row that cannot be read is written anew:
    all that a row says is in the record.

    Args:
        record: the record.
        row: the object's schedule row; None where there is none.
        now: the present moment, UTC.
        policy: interval and grace.
    """
    covered = policy.covers(record.last_sure, now) and not record.failing
    if policy.overdue(record.next_check, now):
        if isinstance(row, ScheduleRow) and now < row.due <= now + RETRY:
            return Verdict(covered=covered, overdue=True)
        return Verdict(
            covered=covered,
            overdue=True,
            missing_row=row is None,
            check=DueCheck(record.ref, record.version_id),
            row=_row(record, now + RETRY),
            replaces=True,
        )
    if isinstance(row, ScheduleRow):
        return _IN_ORDER[covered]
    if record.next_check > now:
        due = _row(record, record.next_check)
        return Verdict(covered=covered, missing_row=row is None, row=due, replaces=row is not None)
    # Its row has expired and the check has not been made: most likely it waits in the queue. If not, this row saves it.
    coming = _row(record, now + phase(record.ref) * _COMING_DAY)
    return Verdict(covered=covered, waiting=True, row=coming, replaces=row is not None)


def _row(record: RecordSummary, due: datetime) -> ScheduleRow:
    return ScheduleRow(ref=record.ref, version_id=record.version_id, sequencer=record.sequencer, due=due)


def lacks_record(listed: ListedObject, started: datetime, young: timedelta) -> bool:
    """Tell whether an object of which no record was found should have had one when the sweep began.

    Args:
        listed: the object.
        started: when the sweep began, UTC.
        young: the time before that in which an object was uploaded that may still be on its way into the records.
    """
    return not listed.ref.is_folder_marker(listed.size) and listed.settled(started, young)


def has_vanished(record: RecordSummary, started: datetime, now: datetime) -> bool:
    """Tell whether an object under care that S3 does not list is to be looked at: lost, or deleted by a lost event.

    What was deposited after the sweep began may not be in the list that was read; what is checked within a day anyway,
    as all failing objects are, is not asked for.

    Args:
        record: its record.
        started: when the sweep began, UTC.
        now: the present moment, UTC.
    """
    return _is_held_against_list(record, started, now)


def was_replaced(
    record: RecordSummary, listed: ListedObject, started: datetime, now: datetime, young: timedelta
) -> bool:
    """Tell whether S3 lists another version than the one under care, of which an event should have told.

    S3 lists no version ids. A version that was taken by S3 after the record's deposit is another one, and so is one of
    another size or entity tag: of an upload in parts S3 says when it began. What is checked within a day anyway is not
    asked for: the check of a failing object looks at what is current, and another one is asked for by the next sweep.

    Args:
        record: its record.
        listed: the object.
        started: when the sweep began, UTC.
        now: the present moment, UTC.
        young: the time before that in which a version was uploaded that may still be on its way into the records.
    """
    if not (_is_held_against_list(record, started, now) and listed.settled(started, young)):
        return False
    return (listed.size, listed.etag) != (record.size, record.etag) or listed.modified > record.deposit_date


def _is_held_against_list(record: RecordSummary, started: datetime, now: datetime) -> bool:
    return record.deposit_date < started and record.next_check > now + RETRY


def side_by_side(
    records: Iterable[RecordSummary | Malformed],
    rows: Iterable[ScheduleRow | Malformed],
    listed: Iterable[ListedObject],
) -> Iterator[tuple[str, RecordSummary | Malformed | None, ScheduleRow | Malformed | None, ListedObject | None]]:
    """Yield what there is of each object of a bucket.

    Args:
        records: in the order of their keys.
        rows: in the order of their keys.
        listed: objects, in the order of their keys.

    Yields:
        Key, record, row and object in the order of keys; None for each of the three that is missing.
    """
    of_records, of_rows, of_list = iter(records), iter(rows), iter(listed)
    record, row, entry = next(of_records, None), next(of_rows, None), next(of_list, None)
    while keys := [head.ref.key for head in (record, row, entry) if head is not None]:
        key = min(keys)
        at_record, at_row, at_entry = (head is not None and head.ref.key == key for head in (record, row, entry))
        yield key, record if at_record else None, row if at_row else None, entry if at_entry else None
        record = next(of_records, None) if at_record else record
        row = next(of_rows, None) if at_row else row
        entry = next(of_list, None) if at_entry else entry


@attrs.define(kw_only=True)
class Totals:
    """A running count.

    Attributes:
        objects: objects under care.
        size: their bytes.
        oldest: the longest ago that one of them was last known to be good, or deposited, without those that are
            deferred; None where there are none.
        within_interval: objects found good, or deposited, within the interval and the grace, and that have not failed
            since.
        never_verified: objects that were never found good.
        overdue: objects whose check is late by more than the grace.
        waiting: objects whose check is due and on its way.
        missing_rows: objects that had no schedule row and should have had one.
        orphan_rows: schedule rows without a record, which were removed.
        unrecorded: objects that had no record and should have had one, which were asked to be taken under care.
        vanished: objects under care that S3 does not list, whose check was asked for.
        replaced: objects under care of which S3 lists another version, whose check was asked for.
        failing: objects whose newest check failed.
        deferred: objects that no function had the time to read since they were deposited.
        unreplicated: objects of which S3 has made no replica.
        malformed: records and schedule rows that cannot be read; the objects of such records are counted, and are not
            within the interval.
        checks_queued: checks asked for at once.
    """

    objects: int = 0
    size: int = 0
    oldest: datetime | None = None
    within_interval: int = 0
    never_verified: int = 0
    overdue: int = 0
    waiting: int = 0
    missing_rows: int = 0
    orphan_rows: int = 0
    unrecorded: int = 0
    vanished: int = 0
    replaced: int = 0
    failing: int = 0
    deferred: int = 0
    unreplicated: int = 0
    malformed: int = 0
    checks_queued: int = 0

    def count(self, record: RecordSummary, verdict: Verdict) -> None:
        """Add one object."""
        self.objects += 1
        self.size += record.size
        # What is deferred has an alarm of its own; here it would hide every other object that waits.
        if not record.deferred and (self.oldest is None or record.last_sure < self.oldest):
            self.oldest = record.last_sure
        self.within_interval += verdict.covered
        self.never_verified += record.last_good_date is None
        self.failing += record.failing
        self.deferred += record.deferred
        self.unreplicated += record.lacks_replica
        self.overdue += verdict.overdue
        self.waiting += verdict.waiting
        self.missing_rows += verdict.missing_row
        self.checks_queued += verdict.check is not None

    def add(self, other: "Totals") -> None:
        """Add another count."""
        for field in attrs.fields(Totals):
            if field.name != "oldest":
                setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))
        self.oldest = min((date for date in (self.oldest, other.oldest) if date is not None), default=None)

    @property
    def coverage(self) -> float:
        """Percent of the objects found good, or deposited, within the interval and the grace; 100 of none."""
        return 100 * self.within_interval / self.objects if self.objects else 100.0

    @property
    def document(self) -> dict[str, Any]:
        """The count as JSON values, as reports and messages hold it."""
        return {
            "objects": self.objects,
            "bytes": self.size,
            "oldest_unverified": None if self.oldest is None else instant(self.oldest, "auto"),
            "within_interval": self.within_interval,
            "never_verified": self.never_verified,
            "overdue": self.overdue,
            "waiting": self.waiting,
            "missing_schedule_rows": self.missing_rows,
            "orphan_schedule_rows": self.orphan_rows,
            "unrecorded": self.unrecorded,
            "vanished": self.vanished,
            "replaced": self.replaced,
            "failing": self.failing,
            "deferred": self.deferred,
            "unreplicated": self.unreplicated,
            "malformed": self.malformed,
            "checks_queued": self.checks_queued,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the count that `document` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        oldest = document["oldest_unverified"]
        return cls(
            objects=int(document["objects"]),
            size=int(document["bytes"]),
            oldest=None if oldest is None else datetime.fromisoformat(oldest),
            within_interval=int(document["within_interval"]),
            never_verified=int(document["never_verified"]),
            overdue=int(document["overdue"]),
            waiting=int(document["waiting"]),
            missing_rows=int(document["missing_schedule_rows"]),
            orphan_rows=int(document["orphan_schedule_rows"]),
            # A slice that was queued before an update of the software does not say these.
            unrecorded=int(document.get("unrecorded", 0)),
            vanished=int(document.get("vanished", 0)),
            replaced=int(document.get("replaced", 0)),
            failing=int(document.get("failing", 0)),
            deferred=int(document.get("deferred", 0)),
            unreplicated=int(document.get("unreplicated", 0)),
            malformed=int(document.get("malformed", 0)),
            checks_queued=int(document["checks_queued"]),
        )


@attrs.frozen
class Sweep:
    """One sweep, known by the moment at which it was to start.

    Attributes:
        started: that moment, UTC.
    """

    started: datetime

    @property
    def time(self) -> str:
        """The moment as messages and reports write it."""
        return instant(self.started, "auto")

    @property
    def folder(self) -> str:
        """The folder that holds the plan and what was counted, while the sweep goes on."""
        return f"{ManagedPrefix.SWEEPS}{self.started.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}/"

    @property
    def plan_key(self) -> str:
        """Key of the file that names the buckets of the sweep."""
        return f"{self.folder}plan.json"

    def totals_key(self, bucket: str) -> str:
        """Return the key of the file that holds what was counted in a bucket."""
        return f"{self.folder}{bucket}.json"

    @property
    def report_key(self) -> str:
        """Key of the report."""
        return f"{ManagedPrefix.COVERAGE}{self.started.astimezone(UTC):%Y-%m-%d}.json"


@attrs.frozen(kw_only=True)
class Slice:
    """A part of the sweep of a bucket, which is to be worked on.

    Attributes:
        sweep: the sweep.
        bucket: the bucket.
        after: the key after which it begins; None at the bucket's start.
        totals: what was counted in the bucket before it.
    """

    sweep: Sweep
    bucket: str
    after: str | None = None
    totals: Totals = attrs.field(factory=Totals)

    @property
    def message(self) -> dict[str, Any]:
        """The message of the sweep queue."""
        return {
            "action": "slice",
            "time": self.sweep.time,
            "bucket": self.bucket,
            "after": self.after,
            "totals": self.totals.document,
        }


@attrs.frozen(kw_only=True)
class Unrecorded:
    """An object without a record, to be taken under care.

    Attributes:
        sweep: the sweep that found it.
        listed: the object.
    """

    sweep: Sweep
    listed: ListedObject

    @property
    def message(self) -> dict[str, Any]:
        """The message of the queue of new objects: the event that S3 should have led to, as EventBridge words it.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
        """
        ref = self.listed.ref
        return {
            "id": str(uuid5(_NAMESPACE, f"{self.sweep.time}/{ref.bucket}/{ref.key}")),
            "source": "aws.s3",
            "detail-type": "Object Created",
            "time": instant(self.listed.modified, "auto"),
            "detail": {
                "bucket": {"name": ref.bucket},
                "object": {"key": ref.key, "size": self.listed.size, "sequencer": BEFORE_ALL_EVENTS},
                "reason": "duracloud-sweep",
            },
        }


@attrs.frozen(kw_only=True)
class Coverage:
    """What a sweep found in a whole environment.

    Attributes:
        sweep: the sweep.
        buckets: what was counted, by bucket.
        unfinished: why the sweep of a bucket was given up, by bucket.
        newest: whether no later sweep has ended.
    """

    sweep: Sweep
    buckets: Mapping[str, Totals]
    unfinished: Mapping[str, str] = attrs.field(factory=dict)
    newest: bool = True

    @property
    def totals(self) -> Totals:
        """The sum over the buckets that came to their end."""
        sum_ = Totals()
        for bucket, totals in self.buckets.items():
            if bucket not in self.unfinished:
                sum_.add(totals)
        return sum_

    @property
    def oldest_age(self) -> float:
        """Seconds from when the oldest object was last known to be good, or deposited, to the start of the sweep."""
        oldest = self.totals.oldest
        return 0 if oldest is None else max(0.0, (self.sweep.started - oldest).total_seconds())

    def document(self, environment: str, policy: SweepPolicy, ended: datetime) -> dict[str, Any]:
        """Return the report.

        Args:
            environment: the environment's name.
            policy: what it promises.
            ended: when the sweep ended, UTC.
        """
        totals = self.totals
        return {
            "format": _FORMAT,
            "environment": environment,
            "started": self.sweep.time,
            "ended": instant(ended, "auto"),
            "interval_days": policy.interval / timedelta(days=1),
            "grace_days": policy.grace / timedelta(days=1),
            **totals.document,
            "oldest_unverified_age_seconds": self.oldest_age,
            "coverage_percent": totals.coverage,
            "buckets": {
                name: {
                    **one.document,
                    "coverage_percent": one.coverage,
                    UNFINISHED: self.unfinished.get(name, ""),
                }
                for name, one in sorted(self.buckets.items())
            },
        }


def planned(main_buckets: Iterable[str], latest: Mapping[str, Any] | None) -> list[str]:
    """Return the buckets that a sweep has to look at, in order.

    A bucket that the latest report still found objects in, or could not look at to its end, is looked at even if S3
    does not list it any more: its objects do not drop out of care quietly.

    Args:
        main_buckets: the main buckets that there are.
        latest: the latest report; None where there is none.
    """
    known = {} if latest is None else latest["buckets"]
    return sorted(
        {*main_buckets, *(name for name, found in known.items() if found["objects"] or found.get(UNFINISHED))}
    )


def refuse_future(started: datetime, now: datetime) -> None:
    """Refuse a sweep or report that is to have started later than now: until then no other could take its place.

    Args:
        started: the moment that the message names.
        now: the present moment, UTC.

    Raises:
        MalformedMessageError: it lies ahead by more than clocks differ.
    """
    if started > now + _AHEAD:
        raise MalformedMessageError(
            f"got the time {instant(started, 'auto')}; allowed: at most {_AHEAD // _MINUTE} minutes later than now,"
            f" {instant(now, 'auto')}"
        )


def incomplete(report: Mapping[str, Any] | None) -> bool:
    """Tell whether a report names a bucket whose sweep was given up: then the same sweep may write it again."""
    return report is not None and any(found.get(UNFINISHED) for found in report["buckets"].values())


def supersedes(sweep: Sweep, report: Mapping[str, Any] | None, *, itself: bool = False) -> bool:
    """Tell whether the report of a sweep takes the place of another.

    Args:
        sweep: the sweep that ended.
        report: the report that stands; None where there is none.
        itself: the answer where the report that stands is of this very sweep.
    """
    if report is None:
        return True
    standing = datetime.fromisoformat(report["started"])
    return itself if standing == sweep.started else standing < sweep.started
