"""Calls to a table whose partitions throttle: what the adapters make of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from runtime.adapters.clients import client
from runtime.adapters.dynamodb_records import DynamoDbRecords
from runtime.adapters.partitions import Partitions
from runtime.shared.errors import RefusedError, ThrottledError, TransientError
from runtime.shared.object_ref import ObjectRef
from tests.contract.tables import with_tables
from tests.support.builders import fixity_record

THROTTLED = "ProvisionedThroughputExceededException"


def _error(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutItem")


@attrs.define
class Time:
    """A clock that moves while somebody sleeps."""

    now: float = 1_000.0
    slept: list[float] = attrs.field(factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


@attrs.define
class Calls:
    """A call that fails as told, and works at last."""

    errors: list[Exception]
    made: int = 0

    def __call__(self, **_: object) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def partitions(time: Time) -> Partitions:
    return Partitions(now=lambda: time.now, sleep=time.sleep, random=lambda: 1.0)


def test_l47_throttled_calls_are_repeated_at_the_pace_of_the_partition(partitions: Partitions, time: Time) -> None:
    """A few throttles cost fractions of a second and no failure."""
    call = Calls([_error(THROTTLED)] * 5)

    assert partitions.write_if("hot", "writing", call, Item={})
    assert 6 == call.made
    assert 0 < sum(time.slept) < 1


def test_l47_what_is_throttled_for_ten_seconds_is_given_back(partitions: Partitions, time: Time) -> None:
    """The error names the call, what DynamoDB said and the bucket; the wait before it is bounded."""
    call = Calls([_error(THROTTLED)] * 1_000)

    with pytest.raises(ThrottledError, match=f"writing: {THROTTLED} m; calls for hot wait longer than 10 s"):
        partitions.write_if("hot", "writing", call)
    assert sum(time.slept) <= 10
    assert call.made < 100


def test_l47_a_throttled_bucket_does_not_slow_another_bucket_nor_its_own_reads(
    partitions: Partitions, time: Time
) -> None:
    """Partitions limit reads and writes apart, and one bucket is not another."""
    with pytest.raises(ThrottledError):
        partitions.write_if("hot", "writing", Calls([_error(THROTTLED)] * 1_000))
    time.slept.clear()

    assert partitions.write_if("calm", "writing", Calls([]))
    assert "answer" == partitions.read("hot", "reading", Calls([]))
    assert [] == time.slept


@pytest.mark.parametrize(
    "error",
    [_error("InternalServerError", 500), EndpointConnectionError(endpoint_url="https://dynamodb")],
    ids=["500", "connection"],
)
def test_other_failures_are_repeated_four_times(partitions: Partitions, time: Time, error: Exception) -> None:
    """The client does not retry, so this does, with longer and longer pauses."""
    assert partitions.write_if("b", "writing", Calls([error] * 3))
    with pytest.raises(TransientError):
        partitions.read("b", "reading", Calls([error] * 4))
    assert [0.2, 0.4, 0.8] * 2 == time.slept


def test_what_is_refused_is_not_repeated(partitions: Partitions) -> None:
    """A refusal would be one again; a condition that does not hold is an answer."""
    refused = Calls([_error("AccessDeniedException")])

    with pytest.raises(RefusedError, match="writing: AccessDeniedException"):
        partitions.write_if("b", "writing", refused)
    assert 1 == refused.made
    assert not partitions.write_if("b", "writing", Calls([_error("ConditionalCheckFailedException")]))


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_l47_a_deposit_gets_through_a_partition_that_throttles(code: str) -> None:
    """The adapter writes the record once DynamoDB takes it, in both forms in which tables throttle."""
    tables = with_tables("checksums")
    codes = [code] * 3
    tables.meta.events.register("before-call.dynamodb.PutItem", _throttling(codes))
    records, record = DynamoDbRecords(tables, "checksums"), fixity_record(ref=ObjectRef("hot", "k"))

    assert records.deposit(attrs.evolve(record, next_check=record.next_check + timedelta(days=1)))
    assert [] == codes
    assert records.get(record.ref) is not None


def _throttling(codes: list[str]) -> Callable[..., None]:
    def before(**_: object) -> None:
        if codes:
            raise _error(codes.pop())

    return before


@pytest.mark.usefixtures("aws")
def test_l47_the_sdk_does_not_retry_what_the_adapter_paces() -> None:
    """One attempt: its own retries would wait without regard to the partition, out of a quota of the whole client."""
    configs: list[Any] = [client("dynamodb", attempts=1).meta.config, client("dynamodb").meta.config]

    assert [1, 4] == [config.retries["total_max_attempts"] for config in configs]
