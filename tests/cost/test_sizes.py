from collections.abc import Mapping
from math import ceil
from typing import Any, cast

import attrs
import pytest

from duracloud.cost import assumptions as f
from runtime.adapters.dynamodb_schedule import DynamoDbSchedule
from runtime.fixity.context import Attempt
from runtime.fixity.deposit import deposit
from runtime.fixity.due_check import DueCheck
from runtime.fixity.objects import Replication
from runtime.fixity.record_codec import encode
from runtime.fixity.records import Agent, FixityRecord
from runtime.fixity.verify import verify
from runtime.report.csv_list import line
from runtime.report.sums import sum_line
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import NOW, World, attempt, world
from tests.support.sweep_fakes import POLICY

REF = ObjectRef("example-prod-letters", "collection/box 0012/folder 03/letter-000123.tif")
REPLICA = ObjectRef(f"{REF.bucket}-repl", REF.key)
AGENT = Agent(
    software="DuraCloud",
    version="1.0.0",
    commit="0" * 40,
    function="duracloud-prod-checksum-verification",
    request_id="00000000-0000-0000-0000-000000000000",
)
BODY = b"a letter to the archive"


class _Table:
    """Takes the item that is put."""

    def __init__(self) -> None:
        self.item: Mapping[str, Any] = {}

    def put_item(self, *, Item: Mapping[str, Any], **_: object) -> None:  # noqa: N803 (boto3's name)
        self.item = Item


def _attempt(w: World) -> Attempt:
    return attrs.evolve(attempt(w.clock), agent=AGENT)


def _checked() -> tuple[FixityRecord, FixityRecord, World]:
    w = world()
    put = w.store.put(REF, BODY, replication=Replication.COMPLETED)
    w.replica_store.put(REPLICA, BODY, storage_class="DEEP_ARCHIVE")
    deposit(w.care, REF, put.sequencer, _attempt(w))
    deposited = w.records.items[REF]
    w.clock.advance(days=90)
    verify(w.care, w.replicas, DueCheck(REF), _attempt(w))
    return deposited, w.records.items[REF], w


def _as_in_s3(record: FixityRecord) -> FixityRecord:
    report = attrs.evolve(record.last_check, bytes_read=10_000_000)
    return attrs.evolve(record, version_id="3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY", size=10_000_000, last_check=report)


def _bytes(value: Mapping[str, Any]) -> int:
    """Return the size of a value by DynamoDB's rules.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return ceil(len(content.strip("0")) / 2) + 1
        case "M":
            return 3 + sum(len(name.encode()) + _bytes(inner) + 1 for name, inner in content.items())
        case "L":
            return 3 + sum(_bytes(inner) + 1 for inner in content)
        case _:
            return 1


def _item_bytes(item: Mapping[str, Any]) -> int:
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


def _assert_same_units(counted: int, written: int, unit: int) -> None:
    assert counted == pytest.approx(written, rel=0.02)
    assert ceil(counted / unit) == ceil(written / unit)


def test_record_of_a_deposit_is_as_large_as_the_model_counts() -> None:
    """What a deposit writes takes the write units that the bill shows."""
    deposited, _, _ = _checked()

    _assert_same_units(f.DEPOSIT_RECORD_BYTES, _item_bytes(encode(_as_in_s3(deposited))), f.WRITE_UNIT_BYTES)


def test_record_after_a_check_is_as_large_as_the_model_counts() -> None:
    """What a check with its look at the replica writes takes the write units that the bill shows."""
    _, checked, _ = _checked()

    _assert_same_units(f.CHECK_RECORD_BYTES, _item_bytes(encode(_as_in_s3(checked))), f.WRITE_UNIT_BYTES)


def test_line_of_a_report_is_as_long_as_the_model_counts() -> None:
    """What is kept of each object in each report takes the storage that the bill shows."""
    _, checked, _ = _checked()

    written = _as_in_s3(checked)
    lines = line(written, NOW, POLICY) + sum_line(written)

    assert f.REPORT_LINE_BYTES == pytest.approx(len(lines.encode()), rel=0.02)


def test_schedule_row_is_as_large_as_the_model_counts() -> None:
    """A due date takes the write units that the bill shows."""
    _, _, w = _checked()
    table = _Table()

    DynamoDbSchedule(cast("Any", table), "schedule").put(attrs.evolve(w.schedule.rows[REF], version_id="3" * 33))

    _assert_same_units(f.SCHEDULE_ROW_BYTES, _item_bytes(table.item), f.WRITE_UNIT_BYTES)
