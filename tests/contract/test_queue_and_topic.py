import json
from typing import Any, cast

import boto3
import pytest

from runtime.adapters.sns_topic import SnsTopic
from runtime.adapters.sqs_own_queue import SqsOwnQueue
from runtime.adapters.sqs_queue import SqsQueue
from runtime.alerts.changes import Announcement, Kind
from runtime.alerts.message import compose
from runtime.events import bucket_runs, eventbridge_s3
from runtime.fixity.due_check import DueCheck
from runtime.handlers.checksum_verification import _parse
from runtime.shared.errors import RefusedError, TransientError
from runtime.shared.object_ref import ObjectRef
from runtime.sweep.judge import Unrecorded
from runtime.sweep.slices import SweepSlice
from tests.support.record_images import image
from tests.support.sweep_fakes import SWEEP, environment, listed

pytestmark = pytest.mark.usefixtures("aws")
REGION = "eu-west-1"
ACTION = "queueing checks"


class ScriptedClient:
    """An SQS client whose answers are given; it keeps what it was sent."""

    def __init__(self, *failures: list[dict[str, Any]]) -> None:
        self.failures = list(failures)
        self.sent: list[list[str]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        assert QueueUrl
        self.sent.append([entry["Id"] for entry in Entries])
        return {"Failed": self.failures.pop(0) if self.failures else []}


def _queue() -> tuple[Any, str]:
    client = boto3.client("sqs", region_name=REGION)
    return client, client.create_queue(QueueName="verification")["QueueUrl"]


def _drain(client: Any, url: str) -> list[str]:  # noqa: ANN401 (boto3 builds classes at run time)
    bodies: list[str] = []
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        bodies += [message["Body"] for message in messages]
    return bodies


@pytest.mark.parametrize("count", [1, 10, 11, 25])
def test_every_check_arrives(count: int) -> None:
    """Batches of ten carry any number of checks."""
    client, url = _queue()
    checks = [DueCheck(ObjectRef("acme-test-letters", f"{n}"), f"v{n}") for n in range(count)]

    SqsQueue(client, url, ACTION).send(checks)

    assert {f"{n}" for n in range(count)} == {json.loads(body)["key"] for body in _drain(client, url)}


@pytest.mark.parametrize("key", ["a b+c%20", "ä/日本", "quote\"'\\", "tab\tline\n", "\x01\x1f\ufffe", "🗝"])
def test_l20_any_key_arrives_as_it_is(key: str) -> None:
    """Also characters that SQS does not take in a message reach the verification function."""
    client, url = _queue()
    due = DueCheck(ObjectRef("acme-test-letters", key), "v1", outdated=True)

    SqsQueue(client, url, ACTION).send([due])

    [body] = _drain(client, url)
    assert body.isascii()
    assert due == _parse(body)


def test_slices_arrive_as_they_are() -> None:
    """A slice comes back from its queue as it went in, also with a key that SQS would not take."""
    client, url = _queue()
    parts = [
        SweepSlice(run=SWEEP, bucket=f"acme-test-{n}", after=after) for n, after in enumerate([None, "ä", "\x01🗝"])
    ]

    SqsQueue(client, url, ACTION).send(parts)

    found = [bucket_runs.parse(body, environment().sweeping) for body in _drain(client, url)]
    found.sort(key=lambda part: part.bucket)  # type: ignore[union-attr]
    assert parts == found


def test_l20_objects_without_a_record_arrive_as_events() -> None:
    """The reader of new objects understands what comes out of the queue, whatever the key."""
    client, url = _queue()
    found = [listed(key) for key in ("a b+c%20", "ä", "\x01🗝")]

    SqsQueue(client, url, ACTION).send([Unrecorded(sweep=SWEEP, listed=one) for one in found])

    assert {one.ref for one in found} == {eventbridge_s3.parse(body).ref for body in _drain(client, url)}


def test_batches_respect_the_byte_limit() -> None:
    """Messages that are too large together go in several calls."""
    client = ScriptedClient()
    large = [DueCheck(ObjectRef("b", "k" * 100_000), str(n)) for n in range(5)]

    SqsQueue(cast("Any", client), "url", ACTION).send(large)

    assert [2, 2, 1] == [len(ids) for ids in client.sent]


def test_only_what_was_not_taken_is_sent_again() -> None:
    """A partial failure of a batch is repeated for its failed entries."""
    client = ScriptedClient([{"Id": "1", "Code": "InternalError", "SenderFault": False}])

    SqsQueue(cast("Any", client), "url", ACTION).send([DueCheck(ObjectRef("b", str(n))) for n in range(3)])

    assert [["0", "1", "2"], ["1"]] == client.sent


def test_l04_what_is_never_taken_is_raised() -> None:
    """When the queue keeps refusing an entry the batch fails, so that the stream sends it again."""
    failure = [{"Id": "0", "Code": "InternalError", "Message": "try later", "SenderFault": False}]

    with pytest.raises(TransientError, match="1 not taken, the first with InternalError try later"):
        SqsQueue(cast("Any", ScriptedClient(*[failure] * 3)), "url", ACTION).send([DueCheck(ObjectRef("b", "k"))])


def test_fault_of_the_sender_is_said_at_once() -> None:
    """An entry that would be refused again is not repeated."""
    client = ScriptedClient([{"Id": "0", "Code": "InvalidMessageContents", "SenderFault": True}])

    with pytest.raises(RefusedError, match="1 refused, the first with InvalidMessageContents"):
        SqsQueue(cast("Any", client), "url", ACTION).send([DueCheck(ObjectRef("b", "k"))])
    assert 1 == len(client.sent)


def test_missing_queue_is_refused() -> None:
    """An error of the whole call becomes one of ours."""
    client, url = _queue()
    client.delete_queue(QueueUrl=url)

    with pytest.raises(RefusedError, match="queueing checks: "):
        SqsQueue(client, url, ACTION).send([DueCheck(ObjectRef("b", "k"))])


def test_l12_message_reaches_the_subscribers() -> None:
    """A message about keys that are long and not ASCII is taken and delivered whole."""
    queues, url = _queue()
    queue_arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics = boto3.client("sns", region_name=REGION)
    topic = topics.create_topic(Name="alerts")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    damaged = image(version_id="v1", success=False, outcome="mismatch")
    news = [
        Announcement(kind=Kind.FAILURE, ref=ObjectRef("acme-test-letters", f"{n}{'ä' * 500}"), before=None, now=damaged)
        for n in range(120)
    ]
    message = compose("test", news, "https://example.org/runbook")

    SnsTopic(topics, topic).publish(message.subject, message.body)

    [body] = _drain(queues, url)
    assert (message.subject, message.body) == (json.loads(body)["Subject"], json.loads(body)["Message"])


def test_l12_publish_to_a_missing_topic_is_raised() -> None:
    """A message that was not published is never only logged."""
    topics = boto3.client("sns", region_name=REGION)

    with pytest.raises(RefusedError, match="publishing the message to the alert topic: NotFound"):
        SnsTopic(topics, f"arn:aws:sns:{REGION}:123456789012:gone").publish("subject", "body")


def test_l47_sqs_takes_what_is_sent_anew() -> None:
    """The adapter sends body, delay and numbers in the form that Lambda hands over."""
    client, url = _queue()

    SqsOwnQueue(client, url).send_again('{"key": "ä"}', {"Throttled": 2, "FirstSent": 1_772_362_800_000}, 0)

    [message] = client.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    numbers = {name: (one["DataType"], one["StringValue"]) for name, one in message["MessageAttributes"].items()}
    assert '{"key": "ä"}' == message["Body"]
    assert {"Throttled": ("Number", "2"), "FirstSent": ("Number", "1772362800000")} == numbers


def test_l47_sqs_holds_it_back() -> None:
    """Until the delay is over nobody receives the message."""
    client, url = _queue()

    SqsOwnQueue(client, url).send_again("body", {}, 60)

    assert "Messages" not in client.receive_message(QueueUrl=url)
    names: Any = ["ApproximateNumberOfMessagesDelayed"]
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert "1" == attributes["ApproximateNumberOfMessagesDelayed"]
