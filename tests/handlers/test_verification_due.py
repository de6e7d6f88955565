import copy

import pytest

from runtime.fixity.due_check import DueCheck
from runtime.handlers.verification_due import handle
from runtime.shared.errors import MalformedMessageError, TransientError
from runtime.shared.object_ref import ObjectRef
from tests.support.captured import captured
from tests.support.fakes import FakeQueue


def test_l20_expired_row_is_queued_with_its_key_as_it_is() -> None:
    """Bucket, key and version are copied; the key of a stream is not URL-encoded."""
    queue = FakeQueue[DueCheck]()

    assert 1 == handle(captured("schedule_row_expired"), queue)
    assert [
        DueCheck(ObjectRef("acme-test-letters", 'box 1/letter ä+%20 "one".txt'), "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY")
    ] == queue.sent


def test_row_deleted_by_a_person_triggers_nothing() -> None:
    """Only DynamoDB's own expiry makes an object due, whatever the event source filter lets through."""
    queue = FakeQueue[DueCheck]()

    assert 0 == handle(captured("schedule_row_deleted_by_person"), queue)
    assert [] == queue.sent


@pytest.mark.parametrize("name", ["INSERT", "MODIFY"])
def test_written_row_triggers_nothing(name: str) -> None:
    """A row that is written is not due."""
    event = captured("schedule_row_expired")
    event["Records"][0]["eventName"] = name

    assert 0 == handle(event, FakeQueue())


def test_row_without_version_is_queued_without_version() -> None:
    """A row that somebody wrote by hand without a version checks what is under care."""
    event = captured("schedule_row_expired")
    del event["Records"][0]["dynamodb"]["OldImage"]["VersionId"]
    queue = FakeQueue[DueCheck]()

    handle(event, queue)

    assert "" == queue.sent[0].version_id


def test_malformed_record_fails_the_batch_before_anything_is_queued() -> None:
    """The stream halves the batch until the bad record stands alone and goes to the on-failure destination."""
    event = captured("schedule_row_expired")
    bad = copy.deepcopy(event["Records"][0])
    del bad["dynamodb"]["Keys"]
    event["Records"].append(bad)
    queue = FakeQueue[DueCheck]()

    with pytest.raises(MalformedMessageError, match="scheduler table"):
        handle(event, queue)
    assert [] == queue.sent


def test_l04_error_of_the_queue_fails_the_batch() -> None:
    """The stream hands the batch out again, so that no due object is lost."""
    with pytest.raises(TransientError):
        handle(captured("schedule_row_expired"), FakeQueue(TransientError("throttled")))
