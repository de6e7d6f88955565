from datetime import timedelta

import pytest

from runtime.handlers import bucket_requested
from runtime.shared.errors import TransientError
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import FakeContext, s3_event, sqs_event
from tests.support.fakes import Happening
from tests.support.provisioning_fakes import REQUESTS, Office, office
from tests.support.published import published


@pytest.fixture
def o() -> Office:
    return office()


def _body(key: str, *, size: int = 7) -> str:
    return s3_event(Happening("created", ObjectRef(REQUESTS, key), "v1", "00AA"), size=size)


def _run(o: Office, *bodies: str, receives: int = 1) -> list[str]:
    answer = bucket_requested.handle(sqs_event(*bodies, receives=receives), FakeContext(), o.care)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.mark.parametrize(
    ("text", "metric"),
    [("letters", "RequestsCompleted"), ("letters\nmanaged", "RequestsPartial"), ("managed", "RequestsRejected")],
)
def test_request_is_worked_on_and_counted(
    o: Office, text: str, metric: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each request is counted once, as what it ended as."""
    o.requests.files["names.txt"] = text.encode()

    assert [] == _run(o, _body("names.txt"))
    [(_, counts)] = published(capsys)
    assert {metric: 1} == {name: count for name, count in counts.items() if count}


@pytest.mark.parametrize("key", ["a b.txt", "a+b", "100%", "%41", "ä/ö", 'it\'s "quoted"'])
def test_l20_request_keys_are_taken_as_they_are(o: Office, key: str) -> None:
    """The file is read under the very key of the event, and the result carries it."""
    o.requests.files[key] = b"letters"

    assert [] == _run(o, _body(key))
    assert all(f"/{key}.id-" in written for written in o.requests.written)


def test_l28_folder_markers_are_ignored(o: Office) -> None:
    """A folder made in the console is no request: nothing is read, nothing written."""
    assert [] == _run(o, _body("folder/", size=0))
    assert {} == o.requests.written


def test_poison_message_goes_back() -> None:
    """What is no S3 event is handed back for the dead-letter queue."""
    assert ["m0"] == _run(office(), "poison")


def test_interrupted_request_goes_back_until_the_last_receive(o: Office) -> None:
    """A service that does not answer sends the message back; at last the depositor finds a result."""
    o.requests.files["names.txt"] = b"letters"
    o.fail("put_bucket_versioning", TransientError("SlowDown"), times=9)

    assert ["m0"] == _run(o, _body("names.txt"), receives=2)
    assert {} == o.requests.written
    assert [] == _run(o, _body("names.txt"), receives=3)
    assert ({}, 2) == (o.buckets.buckets, len(o.requests.written))


@pytest.mark.parametrize("receives", [1, 3])
def test_f07_settling_spends_no_receive(receives: int) -> None:
    """While new buckets settle the message is sent anew with the delay, and the received one is done."""
    o = office(settling=timedelta(minutes=15))
    o.requests.files["names.txt"] = b"letters"
    body = _body("names.txt")

    assert [] == _run(o, body, receives=receives)
    assert [(body, timedelta(minutes=15))] == o.later.sent
    assert {} == o.requests.written

    o.clock.advance(minutes=15)
    assert [] == _run(o, body)
    assert 2 == len(o.requests.written)


def test_f07_settling_that_outlasts_the_longest_delay_is_sent_again() -> None:
    """A message that arrives before the end of a long settling time waits for the rest of it."""
    o = office(settling=timedelta(minutes=40))
    o.requests.files["names.txt"] = b"letters"
    body = _body("names.txt")
    for _ in range(3):
        assert [] == _run(o, body)
        o.clock.advance(minutes=15)
    assert [] == _run(o, body)

    assert [timedelta(minutes=minutes) for minutes in (40, 25, 10)] == [delay for _, delay in o.later.sent]
    assert 2 == len(o.requests.written)
