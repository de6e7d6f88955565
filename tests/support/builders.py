"""Values that tests begin with."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import attrs

from benchmarks.function_environment import any_settings
from runtime.fixity.check_replica import Replicas
from runtime.fixity.context import Attempt, Care, Finding
from runtime.fixity.deposit import deposit
from runtime.fixity.due_check import DueCheck
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import Agent, CheckReport, FixityRecord
from runtime.fixity.verify import verify
from runtime.settings import DepositSettings, FixitySettings
from runtime.shared.object_ref import ObjectRef
from tests.support.fakes import FakeClock, FakeOwnQueue, FakeRecords, FakeSchedule, FakeStore, Happening

FixityT = TypeVar("FixityT", bound=FixitySettings)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
INTERVAL = timedelta(days=180)
REF = ObjectRef("acme-test-letters", "box 1/letter ä+%20.txt")
BODY = b"a letter to the archive"
AGENT = Agent(
    software="DuraCloud", version="1.0.0", commit="0123abc", function="duracloud-test-file-uploaded", request_id="req-1"
)


@attrs.frozen
class World:
    """The fakes of one test and the care built on them."""

    store: FakeStore
    replicas: Replicas
    replica_store: FakeStore
    records: FakeRecords
    schedule: FakeSchedule
    queue: FakeOwnQueue
    clock: FakeClock
    care: Care

    def deposit(self, put: Happening, **more: Any) -> Finding:  # noqa: ANN401 (as of `attempt`)
        return deposit(self.care, put.ref, put.sequencer, attempt(self.clock, **more))

    def verify(self, version_id: str = "v1", *, outdated: bool = False, **more: Any) -> Finding:  # noqa: ANN401 (as of `attempt`)
        due = DueCheck(REF, version_id, outdated=outdated)
        return verify(self.care, self.replicas, due, attempt(self.clock, **more))


def uploaded(body: bytes = BODY, **facts: Any) -> tuple[World, Happening]:  # noqa: ANN401 (facts of several types)
    """Build a world with one object, and return the event of its upload, too."""
    w = world()
    return w, w.store.put(REF, body, **facts)


def world(*, algorithms: tuple[str, ...] = ("sha256", "md5", "crc64nvme"), read_replicas: bool = False) -> World:
    """Build an empty world."""
    store, replicas = FakeStore(), FakeStore()
    records, schedule, queue, clock = FakeRecords(), FakeSchedule(), FakeOwnQueue(), FakeClock(NOW)
    care = Care(
        store=store,
        records=records,
        schedule=schedule,
        queue=queue,
        clock=clock,
        settings=fixity_settings(DepositSettings, digest_algorithms=algorithms),
    )
    return World(store, Replicas(store=replicas, read=read_replicas), replicas, records, schedule, queue, clock, care)


def fixity_record(ref: ObjectRef = REF, *, at: datetime = NOW, **fields: Any) -> FixityRecord:  # noqa: ANN401 (fields of the record)
    """Build the record of an object whose newest check, at a moment, was good."""
    usual = FixityRecord(
        ref=ref,
        version_id="v1",
        size=5,
        etag="e",
        sequencer="0" * 32,
        digests={"sha256": "aa"},
        primary_algorithm="sha256",
        deposit_date=NOW,
        last_good_date=at,
        next_check=at + timedelta(days=1),
        last_check=check_report(started=at, ended=at),
    )
    return attrs.evolve(usual, **fields)


def check_report(outcome: Outcome = Outcome.MATCH, *, success: bool | None = True, **fields: Any) -> CheckReport:  # noqa: ANN401 (facts of the check)
    """Build what a record says of its newest check."""
    usual = {"message": "ok", "started": NOW, "ended": NOW, "agent": AGENT}
    return CheckReport(outcome=outcome, success=success, **{**usual, **fields})


def fixity_settings(kind: type[FixityT], **fields: Any) -> FixityT:  # noqa: ANN401 (settings are of several types)
    """Build the settings of a function that reads objects."""
    usual = {"environment": "test", "commit": "0123abc", "digest_algorithms": ("sha256", "md5", "crc64nvme")}
    numbers = {"check_interval_days": 180, "batch_concurrency": 10, "assumed_read_rate": 1000, "max_receive_count": 3}
    return any_settings(kind, **{**usual, **numbers, **fields})


def attempt(clock: FakeClock, *, receives: int = 1, last: bool = False, seconds: float = 60) -> Attempt:
    """Build an attempt that has some seconds left."""
    return Attempt(agent=AGENT, deadline=clock.now() + timedelta(seconds=seconds), receives=receives, last_receive=last)


@attrs.frozen
class FakeContext:
    """What Lambda hands to a handler."""

    function_name: str = "duracloud-test-file-uploaded"
    aws_request_id: str = "req-1"
    milliseconds: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def sqs_event(*bodies: str, receives: int = 1) -> dict[str, Any]:
    """Build the event of a batch of queue messages."""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:111111111111:duracloud-test-object-created",
                "awsRegion": "eu-west-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def s3_event(happening: Happening, *, size: int | None = 5, etag: str = "d41d8cd98f00b204e9800998ecf8427e") -> str:
    """Build the EventBridge event that S3 sends for a change."""
    entry: dict[str, Any] = {
        "key": happening.ref.key,
        "version-id": happening.version_id,
        "sequencer": happening.sequencer,
    }
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": happening.ref.bucket},
        "object": entry,
        "request-id": "REQ",
        "requester": "111111111111",
        "source-ip-address": "192.0.2.1",
        "event-version": "1.0",
    }
    if happening.kind == "created":
        entry |= {"size": size, "etag": etag}
        detail |= {"reason": "PutObject"}
    else:
        detail |= {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"}
    return json.dumps(
        {
            "version": "0",
            "id": f"id-{happening.sequencer}",
            "detail-type": "Object Created" if happening.kind == "created" else "Object Deleted",
            "source": "aws.s3",
            "account": "111111111111",
            "time": "2026-03-01T12:00:00Z",
            "region": "eu-west-1",
            "resources": [f"arn:aws:s3:::{happening.ref.bucket}"],
            "detail": detail,
        }
    )
