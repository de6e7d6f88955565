"""Faults that the local AWS shows on order."""

import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from duracloud.local.aws import ACCESS_KEY_ID, REGION, LocalAws
from duracloud.local.faults import CALLER, Fault, Faults
from duracloud.local.watching import eventually
from tests.local.support import Stream, deploy, function, reader, table, unique

SLOW = "def handler(event, context):\n    import time\n    time.sleep(event['seconds'])\n    return 'ended'"


@pytest.fixture
def faults(aws: LocalAws) -> Faults:
    return Faults(aws.endpoint)


def as_function(aws: LocalAws, service: str) -> Any:  # noqa: ANN401 (boto3 builds classes at run time)
    """Return a client that says what our functions say of themselves, and asks once."""
    session: Any = boto3.session.Session(ACCESS_KEY_ID, ACCESS_KEY_ID, region_name=REGION)
    config = Config(user_agent_extra=f"{CALLER}1", retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return session.client(service, endpoint_url=aws.endpoint, config=config)


@pytest.fixture
def bucket(aws: LocalAws) -> str:
    name, s3 = unique("faults"), aws.client("s3")
    s3.create_bucket(Bucket=name)
    for key in ("a", "b"):
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    return name


def _refusal(act: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        act()
    answer: Any = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_a_fault_meets_the_functions_calls_that_it_names_until_it_is_withdrawn(
    aws: LocalAws, faults: Faults, bucket: str
) -> None:
    """S3 answers as told for one key; other keys, other callers and later calls are served."""
    s3 = as_function(aws, "s3")

    def read(key: str, client: Any = s3) -> bytes:  # noqa: ANN401 (boto3 builds classes at run time)
        content: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    with faults.shown(Fault(action="s3:GetObject.*", within=(f"^/{bucket}/a",), code="SlowDown")) as shown:
        assert ("SlowDown", 503) == _refusal(lambda: read("a"))
        assert [b"b", b"a"] == [read("b"), read("a", aws.client("s3"))]
        assert 1 == shown.met
    assert b"a" == read("a")


def test_a_fault_meets_as_many_calls_as_it_says(aws: LocalAws, faults: Faults, bucket: str) -> None:
    """After the last of them calls are served again."""
    s3 = as_function(aws, "s3")
    with faults.shown(Fault(action="s3:.*", within=(bucket,), code="SlowDown", times=2)) as shown:
        for _ in range(2):
            assert ("SlowDown", 503) == _refusal(lambda: s3.list_objects_v2(Bucket=bucket))
        assert 2 == s3.list_objects_v2(Bucket=bucket)["KeyCount"]
        assert 2 == shown.met


def test_a_fault_within_the_body_of_a_request(aws: LocalAws, faults: Faults) -> None:
    """DynamoDB throttles the writes of one item, in the form that the SDK understands; the item is not written."""
    name = deploy(aws, {"Table": table(unique("t"))})["Table"]
    dynamodb = as_function(aws, "dynamodb")
    code = "ProvisionedThroughputExceededException"

    def put(key: str) -> None:
        dynamodb.put_item(TableName=name, Item={"K": {"S": key}})

    with faults.shown(Fault(action="dynamodb:PutItem", within=(name, '"busy"'), code=code, status=400)):
        assert (code, 400) == _refusal(lambda: put("busy"))
        put("quiet")
    assert ["quiet"] == [item["K"]["S"] for item in dynamodb.scan(TableName=name)["Items"]]


def test_a_topic_refuses(aws: LocalAws, faults: Faults) -> None:
    """SNS answers in the form of its own protocol."""
    topic, sns = aws.client("sns").create_topic(Name=unique("topic"))["TopicArn"], as_function(aws, "sns")
    with faults.shown(Fault(action="sns:Publish", within=(), code="AuthorizationError", status=403)):
        assert ("AuthorizationError", 403) == _refusal(lambda: sns.publish(TopicArn=topic, Message="x"))
    assert sns.publish(TopicArn=topic, Message="x")["MessageId"]


def test_an_answer_is_held_back_until_the_fault_is_withdrawn(aws: LocalAws, faults: Faults, bucket: str) -> None:
    """The answer is that of the moment of the question; other calls go on meanwhile."""
    s3, answers = as_function(aws, "s3"), list[bytes]()
    reader = threading.Thread(
        target=lambda: answers.append(s3.get_object(Bucket=bucket, Key="a")["Body"].read()), daemon=True
    )
    with faults.shown(Fault(action="s3:GetObject.*", within=(f"^/{bucket}/a",), hold=True)) as shown:
        reader.start()
        shown.wait(1)
        aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"later")
        assert [] == answers
    reader.join(5)
    assert [b"a"] == answers


def test_killing_a_function_ends_the_invocation_with_an_error(aws: LocalAws, faults: Faults) -> None:
    """Only processes at work are killed; the next invocation has a new one."""
    slow = function(SLOW)
    # Long enough for a busy machine: by itself the invocation would end after 50 seconds.
    slow["Properties"]["Timeout"] = 60
    name = deploy(aws, {"Function": slow})["Function"]
    answers: list[Any] = []

    def invoke(seconds: str) -> None:
        payload = f'{{"seconds": {seconds}}}'
        answers.append(aws.client("lambda").invoke(FunctionName=name, Payload=payload).get("FunctionError"))

    assert 0 == faults.kill(name)
    started, caller = time.monotonic(), threading.Thread(target=invoke, args=("50",), daemon=True)
    caller.start()
    eventually(lambda: faults.kill(name), lambda killed: killed == 1)
    caller.join(40)
    invoke("0")
    assert [True, False] == [bool(error) for error in answers]
    assert time.monotonic() - started < 50


def test_records_that_a_stream_has_lost_never_reach_the_function(aws: LocalAws, faults: Faults) -> None:
    """A reader that was away goes on with what was written after the loss."""
    ids = deploy(aws, {"Table": table(unique("t")), **reader(Enabled=False)})
    dynamodb = aws.client("dynamodb")
    for key in ("lost 1", "lost 2"):
        dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": key}})
    assert 2 == faults.lose_stream(ids["Table"])
    aws.client("lambda").update_event_source_mapping(UUID=ids["Mapping"], Enabled=True)
    dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": "after"}})

    assert ["after"] == eventually(Stream(aws, ids["Queue"]).keys)


def test_messages_that_were_set_aside_move_back_to_their_queue(aws: LocalAws) -> None:
    """A redrive gives them their attempts again and leaves the dead-letter queue empty."""
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName=unique("dead"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 1}}'
    attributes = {"RedrivePolicy": policy, "VisibilityTimeout": "0"}
    queue = sqs.create_queue(QueueName=unique("work"), Attributes=attributes)["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="letter")

    def bodies(url: str) -> list[tuple[str, str]]:
        found = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, AttributeNames=["ApproximateReceiveCount"])
        return [
            (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) for message in found.get("Messages", [])
        ]

    assert [[("letter", "1")], []] == [bodies(queue), bodies(queue)]
    assert bodies(dead)
    assert sqs.start_message_move_task(SourceArn=arn)["TaskHandle"]
    assert [[], [("letter", "1")]] == [bodies(dead), bodies(queue)]
