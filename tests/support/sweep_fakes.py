"""In-memory stand-ins for the ports of the sweep, and a small environment to be swept."""

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from benchmarks.function_environment import any_settings
from runtime.bucket_runs.policy import SweepPolicy
from runtime.fixity.due_check import DueCheck
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import FixityRecord, RecordState, ResultOf
from runtime.fixity.schedule import ScheduleRow
from runtime.settings import SweepSettings
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed, Page
from runtime.sweep.judge import ListedObject, Unrecorded
from runtime.sweep.run import Sweeping
from runtime.sweep.slices import Sweep, SweepSlice
from tests.support.builders import INTERVAL, NOW, fixity_record
from tests.support.fakes import FakeClock, FakeOwnQueue, FakePages, FakeQueue, FakeRecords, FakeSchedule

BUCKET = "acme-test-letters"
GRACE = timedelta(days=3)
YOUNG = timedelta(hours=1)
POLICY = SweepPolicy(interval=INTERVAL, grace=GRACE)
SWEEP = Sweep(NOW)


class FakeRecordStates:
    """The records of a fake table; those in `unseen` are there, and the pages do not show them yet."""

    def __init__(self, records: FakeRecords, most: int) -> None:
        self._records = records
        self._pages = FakePages[FixityRecord | Malformed](most, records.items, records.malformed)
        self.unseen: set[ObjectRef] = set()

    def page(self, bucket: str, after: str | None = None) -> Page[RecordState | Malformed]:
        page = self._pages.page(bucket, after)
        seen = [one for one in page.rows if one.ref not in self.unseen]
        return Page([one if isinstance(one, Malformed) else state(one) for one in seen], page.next_after)

    def exists(self, ref: ObjectRef) -> bool:
        return ref in self._records.items or ref in self._records.malformed


class FakeObjectList(FakePages[ListedObject]):
    """The objects of a fake S3, so many a page at most."""

    def __init__(self, most: int) -> None:
        self.items: dict[ObjectRef, ListedObject] = {}
        super().__init__(most, self.items)


class FakeDocuments:
    """Documents that cannot be changed through what was given or taken."""

    def __init__(self) -> None:
        self.documents: dict[str, Mapping[str, Any]] = {}

    def names(self, folder: str) -> set[str]:
        return {key for key in self.documents if key.startswith(folder)}

    def read(self, key: str) -> Mapping[str, Any] | None:
        return copy.deepcopy(self.documents.get(key))

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        self.documents[key] = copy.deepcopy(document)

    def write_once(self, key: str, document: Mapping[str, Any]) -> bool:
        if key in self.documents:
            return False
        self.write(key, document)
        return True


@attrs.define
class FakeBuckets:
    """The main buckets."""

    listed: list[str]

    def names(self) -> list[str]:
        return sorted(self.listed)


@attrs.frozen
class Environment:
    """The fakes of one test and the sweep built on them."""

    buckets: FakeBuckets
    records: FakeRecords
    states: FakeRecordStates
    schedule: FakeSchedule
    objects: FakeObjectList
    checks: FakeQueue[DueCheck]
    deposits: FakeQueue[Unrecorded]
    slices: FakeQueue[SweepSlice]
    files: FakeDocuments
    clock: FakeClock
    sweeping: Sweeping


def environment(*buckets: str, most: int = 1_000, page: int = 2) -> Environment:
    """Build an environment with buckets, so many objects of a slice and rows of a page at most."""
    records, schedule = FakeRecords(), FakeSchedule()
    listed, states, clock = FakeBuckets(list(buckets)), FakeRecordStates(records, page), FakeClock(NOW)
    objects, checks, deposits = FakeObjectList(page), FakeQueue[DueCheck](), FakeQueue[Unrecorded]()
    slices, files = FakeQueue[SweepSlice](), FakeDocuments()
    sweeping = Sweeping(
        buckets=listed,
        records=states,
        rows=FakePages[ScheduleRow | Malformed](page, schedule.rows, schedule.malformed),
        objects=objects,
        schedule=schedule,
        checks=checks,
        deposits=deposits,
        slices=slices,
        queue=FakeOwnQueue(),
        documents=files,
        clock=clock,
        settings=any_settings(
            SweepSettings,
            environment="test",
            check_interval_days=INTERVAL.days,
            check_grace_days=GRACE.days,
            young_hours=YOUNG // timedelta(hours=1),
            slice_records=most,
            batch_concurrency=2,
            max_receive_count=3,
        ),
    )
    return Environment(listed, records, states, schedule, objects, checks, deposits, slices, files, clock, sweeping)


def record(
    key: str,
    *,
    bucket: str = BUCKET,
    due: timedelta = timedelta(days=10),
    good: timedelta | None = timedelta(days=-170),
    deposited: timedelta = timedelta(days=-400),
    size: int = 5,
) -> FixityRecord:
    """Build a record; its dates are given from now on."""
    good_date = None if good is None else NOW + good
    checked = good_date or NOW + deposited
    return fixity_record(
        ObjectRef(bucket, key),
        at=checked,
        version_id=f"v-{key}",
        size=size,
        sequencer="5",
        deposit_date=NOW + deposited,
        last_good_date=good_date,
        next_check=NOW + due,
    )


def with_outcome(one: FixityRecord, outcome: Outcome, *, success: bool | None, **more: Any) -> FixityRecord:  # noqa: ANN401 (fields of a check)
    """Return a record whose newest check had another outcome."""
    return attrs.evolve(one, last_check=attrs.evolve(one.last_check, outcome=outcome, success=success, **more))


def with_replication(one: FixityRecord, replication: Replication | None) -> FixityRecord:
    """Return a record whose newest check saw another state of its replication."""
    return attrs.evolve(one, last_check=attrs.evolve(one.last_check, replication=replication))


def state(one: FixityRecord) -> RecordState:
    """Return what the sweep judges of a record."""
    check = one.last_check
    return RecordState(
        ref=one.ref,
        version_id=one.version_id,
        sequencer=one.sequencer,
        size=one.size,
        etag=one.etag,
        deposit_date=one.deposit_date,
        last_good_date=one.last_good_date,
        next_check=one.next_check,
        last_check=ResultOf(
            outcome=check.outcome,
            success=check.success,
            message=check.message,
            replication=check.replication,
            ended=check.ended,
        ),
    )


def row(
    key: str, *, bucket: str = BUCKET, due: datetime = NOW + timedelta(days=10), sequencer: str = "5"
) -> ScheduleRow:
    """Build a schedule row."""
    return ScheduleRow(ref=ObjectRef(bucket, key), version_id=f"v-{key}", sequencer=sequencer, due=due)


def listed(
    key: str,
    *,
    bucket: str = BUCKET,
    size: int = 5,
    etag: str = "e",
    modified: datetime = NOW - timedelta(days=400, minutes=1),
) -> ListedObject:
    """Build an object as S3 lists it."""
    return ListedObject(ref=ObjectRef(bucket, key), size=size, etag=etag, modified=modified)


def refs_of(deposits: FakeQueue[Unrecorded]) -> list[ObjectRef]:
    """Return the objects that a queue asks to take."""
    return [one.listed.ref for one in deposits.sent]
