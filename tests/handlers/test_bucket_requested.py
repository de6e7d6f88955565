import json
from datetime import timedelta

import pytest

from runtime.handlers import bucket_requested
from runtime.provisioning.ports import CurrentFile
from runtime.shared.errors import TransientError
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import FakeContext, s3_event, sqs_event
from tests.support.fakes import Happening
from tests.support.hostile import HOSTILE_TEXTS
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
    assert [(body, {}, 900)] == o.queue.again
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

    assert [900, 900, 600] == [delay for *_, delay in o.queue.again]
    assert 2 == len(o.requests.written)


def _answers(o: Office) -> list[str]:
    return [key.rpartition("/")[2].partition(".id-")[0] for key in o.requests.written if key.endswith(".json")]


def test_f12_an_empty_file_waits_for_its_content(o: Office) -> None:
    """s3fs makes an empty file first: only the version with the names is answered."""
    o.requests.files["names.txt"] = b""
    assert [] == _run(o, _body("names.txt", size=0))
    assert [(_body("names.txt", size=0), {}, 30)] == o.queue.again

    o.requests.newer["names.txt"] = CurrentFile("v2", b"letters")
    assert [] == _run(o, _body("names.txt", size=0), receives=2)
    assert {} == o.requests.written


def test_f12_a_file_that_stays_empty_is_answered_at_last(o: Office) -> None:
    """Whoever drops an empty file learns of it."""
    o.requests.files["names.txt"] = b""
    o.clock.advance(seconds=30)

    assert [] == _run(o, _body("names.txt", size=0))
    assert "no names" in next(text for key, text in o.requests.written.items() if key.endswith(".txt"))


@pytest.mark.parametrize("content", [b"letters", b"", b"\xff"])
def test_f12_a_temporary_name_gets_no_answer(o: Office, content: bytes) -> None:
    """The event of a file that was renamed since is ignored; the one of its lasting name is answered, once."""
    o.requests.files |= {"names.txt.part": content, "names.txt": b"letters"}
    o.requests.newer["names.txt.part"] = None

    assert [] == _run(o, _body("names.txt.part"), _body("names.txt"))
    assert ["names.txt"] == _answers(o)


def test_f12_a_request_that_has_begun_goes_on_after_its_file_was_renamed(o: Office) -> None:
    """Its buckets are not left closed; the renamed file waits for them, and neither is told to come back."""
    o.requests.files |= {"names.txt.part": b"letters", "names.txt": b"letters"}
    o.fail("put_bucket_versioning", TransientError("SlowDown"))
    assert ["m0"] == _run(o, _body("names.txt.part"))
    o.requests.newer["names.txt.part"] = None
    renamed = s3_event(Happening("created", ObjectRef(REQUESTS, "names.txt"), "v1", "00BB"), size=7)

    assert ["m0"] == _run(o, renamed)
    assert [] == _run(o, _body("names.txt.part"), receives=2)
    assert [] == _run(o, renamed, receives=2)
    verdicts = [json.loads(text)["buckets"][0]["verdict"] for key, text in o.requests.written.items() if "json" in key]
    assert ["created", "already provisioned"] == verdicts


@pytest.mark.parametrize(
    ("newer", "answered"), [(b"letters\nmaps", []), (b"maps", ["names.txt"]), (b"", ["names.txt"])]
)
def test_f12_a_replaced_file_is_answered_unless_the_newer_one_asks_for_the_same(
    o: Office, newer: bytes, answered: list[str]
) -> None:
    """Nobody's names are lost because another file came under the same name."""
    o.requests.files["names.txt"] = b"letters"
    o.requests.newer["names.txt"] = CurrentFile("v2", newer)

    assert [] == _run(o, _body("names.txt"))
    assert answered == _answers(o)


@pytest.mark.parametrize("typed", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_l43_a_request_file_forges_no_line_of_its_answer(o: Office, typed: str) -> None:
    """Key and names are a stranger's: the text has one status, and the answer lies in the folder of its day."""
    o.requests.files[typed] = typed.encode()

    assert [] == _run(o, _body(typed))
    [(key, text)] = [found for found in o.requests.written.items() if found[0].endswith(".txt")]
    assert key.startswith("requests/2026-03-01/")
    assert key.isprintable()
    status = json.loads(o.requests.written[key.removesuffix(".txt") + ".json"])["status"]
    assert [f"Status:    {status}"] == [line for line in text.splitlines() if line.startswith("Status:")]
    assert all(line.isprintable() for line in text.splitlines())
