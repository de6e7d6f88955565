"""Deposits against the local server: real adapter and use case for S3, tables that take everything at once."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from typing_extensions import override

from benchmarks.function_environment import any_settings
from runtime.adapters.clients import client
from runtime.adapters.clock import SystemClock
from runtime.adapters.s3_objects import S3Objects
from runtime.fixity.context import Attempt, Care
from runtime.fixity.ports import FixityRecords
from runtime.fixity.records import Agent, FixityRecord
from runtime.fixity.schedule import ScheduleRow
from runtime.settings import DepositSettings
from runtime.shared.object_ref import ObjectRef

ALGORITHMS: Final = ("sha256", "md5", "crc64nvme")
SEQUENCER: Final = "0" * 32
BUCKET: Final = "acme-bench-objects"


class _Records(FixityRecords):
    """A table of records that takes everything and finds nothing."""

    @override
    def get(self, ref: ObjectRef) -> FixityRecord | None:
        return None

    @override
    def deposit(self, record: FixityRecord, *, modified: datetime | None = None, again: bool = False) -> bool:
        if not record.last_check.success:
            raise AssertionError(f"the deposit of {record.ref.key} did not match: {record.last_check.message}")
        return True

    @override
    def advance(self, ref: ObjectRef, version_id: str, sequencer: str) -> None:
        pass

    @override
    def record_check(self, record: FixityRecord) -> bool:
        return True

    @override
    def postpone(self, record: FixityRecord, due: datetime) -> bool:
        return True

    @override
    def remove(self, ref: ObjectRef, sequencer: str) -> bool:
        return True


class _Schedule:
    """A table of due dates that takes everything."""

    def put(self, row: ScheduleRow) -> None:
        """Take a row."""

    def put_if_absent(self, row: ScheduleRow) -> None:
        """Take a row."""

    def remove(self, ref: ObjectRef, sequencer: str) -> None:
        """Remove nothing."""


class _Queue:
    """A queue to which nothing should be sent anew."""

    def send_again(self, body: str, attributes: Mapping[str, int], delay_seconds: int) -> None:
        """Refuse it: no call is throttled here."""
        raise AssertionError(f"throttled: {body}, {attributes}, {delay_seconds}")


def care(concurrency: int = 10) -> Care:
    """Build the ports of a deposit; the S3 client follows the process's environment."""
    return Care(
        store=S3Objects(lambda: client("s3", connections=concurrency)),
        records=_Records(),
        schedule=_Schedule(),
        queue=_Queue(),
        clock=SystemClock(),
        settings=any_settings(
            DepositSettings,
            environment="bench",
            digest_algorithms=ALGORITHMS,
            check_interval_days=180,
            batch_concurrency=concurrency,
            assumed_read_rate=1_000_000_000,
            max_receive_count=3,
        ),
    )


def attempt() -> Attempt:
    """Build an attempt that has all the time it needs."""
    return Attempt(
        agent=Agent(software="DuraCloud", version="0", commit="", function="benchmark", request_id="0"),
        deadline=datetime.now(UTC) + timedelta(days=365_000),
    )
