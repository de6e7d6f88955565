"""Throttling: what it costs a message, and what it never costs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import attrs
import pytest

from runtime.events.redelivery import sent_at, throttles
from runtime.events.sqs_batch import process_queue
from runtime.fixity.check_replica import Checking
from runtime.fixity.objects import Replication
from runtime.handlers import checksum_verification, file_deleted, file_uploaded, fixity_sweep
from runtime.settings import DepositSettings, RemovalSettings, VerificationSettings
from runtime.shared.errors import ThrottledError, TransientError
from runtime.shared.object_ref import ObjectRef
from runtime.sweep.slices import SweepSlice
from tests.support.builders import REF, FakeContext, World, fixity_settings, s3_event, sqs_event, world
from tests.support.fakes import FakeOwnQueue, raising, raising_once
from tests.support.sweep_fakes import SWEEP, environment

Work = Callable[[World, dict[str, Any]], dict[str, Any]]
SENT = datetime(2026, 3, 1, 11, tzinfo=UTC)
THROTTLED = ThrottledError("writing the fixity record: ProvisionedThroughputExceededException")


def _received(record: dict[str, Any], attributes: dict[str, int]) -> dict[str, Any]:
    """Return a record of the message that was sent anew, as Lambda hands it over."""
    values = {name: {"stringValue": str(value), "dataType": "Number"} for name, value in attributes.items()}
    return {**record, "messageAttributes": values}


def _record(body: str = "{}", receives: int = 1) -> dict[str, Any]:
    [record] = sqs_event(body, receives=receives)["Records"]
    record["attributes"]["SentTimestamp"] = str(int(SENT.timestamp() * 1000))
    return cast("dict[str, Any]", record)


def _throttle(queue: FakeOwnQueue, record: dict[str, Any]) -> list[dict[str, str]]:
    response, results = process_queue({"Records": [record]}, raising(THROTTLED), concurrency=1, queue=queue)
    assert [] == results
    return cast("list[dict[str, str]]", response["batchItemFailures"])


def _uploaded(w: World, event: dict[str, Any]) -> dict[str, Any]:
    settings = fixity_settings(DepositSettings)
    return file_uploaded.handle(event, FakeContext(), attrs.evolve(w.care, settings=settings))


def _deleted(w: World, event: dict[str, Any]) -> dict[str, Any]:
    settings = fixity_settings(RemovalSettings)
    return file_deleted.handle(event, FakeContext(), attrs.evolve(w.care, settings=settings))


def _checked(w: World, event: dict[str, Any]) -> dict[str, Any]:
    care = attrs.evolve(w.care, settings=fixity_settings(VerificationSettings))
    return checksum_verification.handle(event, FakeContext(), Checking(care=care, replicas=w.replicas))


@pytest.mark.parametrize("receives", [1, 3, 100])
@pytest.mark.parametrize("handle", [_uploaded, _deleted, _checked])
def test_l47_throttling_alone_never_leads_to_the_dead_letter_queue(handle: Work, receives: int) -> None:
    """On any receive, the last too, a throttled message is sent anew as it is and is no failure of its batch."""
    w = world()
    put = w.store.put(REF, b"x")
    _uploaded(w, sqs_event(s3_event(put)))
    put = w.store.delete(REF) if handle is _deleted else w.store.put(REF, b"y")
    body = s3_event(put) if handle is not _checked else json.dumps({"bucket": REF.bucket, "key": REF.key})
    before = w.records.items[REF]
    w.records.before = raising(THROTTLED)

    assert {"batchItemFailures": []} == handle(w, sqs_event(body, receives=receives))
    assert [body] == [sent for sent, *_ in w.queue.again]
    assert before == w.records.items[REF]

    # Once the partition has room, it ends as if nothing had been throttled.
    w.records.before = lambda _: None
    assert {"batchItemFailures": []} == handle(w, sqs_event(body))
    assert (handle is _deleted) == (REF not in w.records.items)
    assert 1 == len(w.queue.again)


def test_l47_a_throttled_message_comes_back_within_a_minute() -> None:
    """It waits longer each time, never longer than a minute, and two that were throttled together come back apart."""
    waits: dict[int, set[int]] = {}
    for number in range(50):
        queue, record = FakeOwnQueue(), _record() | {"messageId": f"m{number}"}
        for time in range(6):
            _throttle(queue, record)
            _, attributes, delay = queue.again[-1]
            waits.setdefault(time, set()).add(delay)
            record = _received(record, dict(attributes))

    assert [(min(found), max(found)) for found in waits.values()] == [(8, 15), (15, 30), *[(30, 60)] * 4]


def test_l47_a_message_keeps_its_own_count_and_when_it_was_sent_first() -> None:
    """Body and time of the first sending stay; the count of throttles is apart from the receive count."""
    queue, record = FakeOwnQueue(), _record("body", receives=2)
    for time in range(3):
        assert throttles(record) == time
        assert sent_at(record) == SENT
        assert [] == _throttle(queue, record)
        body, attributes, _ = queue.again[-1]
        record = _received(_record(body) | {"messageId": f"again{time}"}, dict(attributes))
        later = SENT + timedelta(hours=time + 1)
        record["attributes"]["SentTimestamp"] = str(int(later.timestamp() * 1000))

    assert [("body", 1), ("body", 2), ("body", 3)] == [(body, numbers["Throttled"]) for body, numbers, _ in queue.again]


def test_l47_a_hot_bucket_fails_no_other_message_of_its_batch() -> None:
    """Of ten messages those of the throttled bucket are sent anew; the others are worked on, and no message fails."""
    w = world()
    refs = [ObjectRef(f"acme-test-{'hot' if number % 2 else 'calm'}", f"{number}") for number in range(10)]
    bodies = {ref: s3_event(w.store.put(ref, b"x")) for ref in refs}
    deposit = w.records.deposit

    def throttles_hot(record: Any, **more: Any) -> bool:  # noqa: ANN401 (as the port)
        if record.ref.bucket == "acme-test-hot":
            raise THROTTLED
        return deposit(record, **more)

    w.records.deposit = throttles_hot  # type: ignore[method-assign]

    assert {"batchItemFailures": []} == _uploaded(w, sqs_event(*bodies.values()))
    assert {ref for ref in refs if ref.bucket == "acme-test-calm"} == set(w.records.items)
    assert {bodies[ref] for ref in refs if ref.bucket == "acme-test-hot"} == {body for body, *_ in w.queue.again}


def test_what_cannot_be_sent_anew_goes_back_to_its_queue() -> None:
    """If the queue does not take the message either, it is not lost: it stays where it is."""
    failures = _throttle(FakeOwnQueue(TransientError("ServiceUnavailable")), _record())

    assert [{"itemIdentifier": "m0"}] == failures


def test_other_failures_count_as_before() -> None:
    """A service that does not answer is a failure: the message goes back and its receive counts."""
    queue = FakeOwnQueue()
    response, _ = process_queue({"Records": [_record()]}, raising(TransientError("x")), concurrency=1, queue=queue)

    assert [{"itemIdentifier": "m0"}] == response["batchItemFailures"]
    assert [] == queue.again


@pytest.mark.parametrize("step", ["put", "deposit"])
def test_l47_a_deposit_that_was_throttled_between_its_writes_is_completed(step: str) -> None:
    """The message that comes back finds what stands and adds what is missing; the baseline is the first one."""
    w = world()
    body = s3_event(w.store.put(REF, b"x"))
    (w.schedule if step == "put" else w.records).before = raising_once(THROTTLED)

    _uploaded(w, sqs_event(body))
    assert 1 == len(w.queue.again)
    _uploaded(w, {"Records": [_received(_record(w.queue.again[0][0]), dict(w.queue.again[0][1]))]})

    assert [REF] == list(w.records.items) == list(w.schedule.rows)
    assert 1 == len(w.queue.again)


def test_l47_events_that_overtake_a_throttled_one_keep_their_place() -> None:
    """A deletion that is worked on while the upload's message waits is not undone when it comes back."""
    w = world()
    put = w.store.put(REF, b"x")
    w.records.before = raising_once(THROTTLED)
    _uploaded(w, sqs_event(s3_event(put)))
    _deleted(w, sqs_event(s3_event(w.store.delete(REF))))

    _uploaded(w, sqs_event(w.queue.again[0][0]))

    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_l47_s3_that_wants_fewer_calls_is_no_failed_check() -> None:
    """A check that S3 throttles, on its last receive too, is made later; nothing is said of the object."""
    w = world()
    _uploaded(w, sqs_event(s3_event(w.store.put(REF, b"x"))))
    before = w.records.items[REF]
    w.store.on_open = raising(ThrottledError("S3 answered SlowDown"))

    body = json.dumps({"bucket": REF.bucket, "key": REF.key})
    assert {"batchItemFailures": []} == _checked(w, sqs_event(body, receives=5))
    assert before == w.records.items[REF]
    assert [body] == [sent for sent, *_ in w.queue.again]


def test_l47_damage_is_reported_although_the_replica_is_throttled() -> None:
    """Of a damaged object the failure is recorded at once; the replica is compared another day."""
    w = world()
    _uploaded(w, sqs_event(s3_event(w.store.put(REF, b"x", replication=Replication.COMPLETED))))
    w.store.damage(REF)
    w.replica_store.facts = raising(ThrottledError("S3 answered SlowDown"))  # type: ignore[method-assign]

    _checked(w, sqs_event(json.dumps({"bucket": REF.bucket, "key": REF.key})))

    assert not w.records.items[REF].last_check.success
    assert [] == w.queue.again


def test_l47_a_throttled_slice_of_a_sweep_is_not_given_up() -> None:
    """A sweep's slice waits too: its bucket is not abandoned, on the last receive either."""
    env = environment()
    body = json.dumps(SweepSlice(run=SWEEP, bucket="acme-test-letters").message)
    env.files.read = raising(THROTTLED)  # type: ignore[method-assign]

    answer = fixity_sweep.handle(sqs_event(body, receives=100), FakeContext(), env.sweeping)

    assert {"batchItemFailures": []} == answer
    assert [body] == [sent for sent, *_ in cast("FakeOwnQueue", env.sweeping.queue).again]
