"""The local AWS as a process."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from duracloud.local.aws import ACCOUNT, REGION, LocalAws, LocalError, free_port
from duracloud.local.certificate import self_signed
from duracloud.local.deploy import missing
from duracloud.local.emulator.journal import Journal
from duracloud.local.inbox import Email, Inbox
from duracloud.local.watching import eventually
from duracloud.project import ROOT
from tests.local.support import deploy, function, messages, policy, table, unique

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LocalAws]:
    aws = LocalAws(folder=tmp_path / "own aws", port=free_port())
    yield aws
    aws.stop()


def processes_of(aws: LocalAws) -> list[str]:
    """Return the command lines of running processes that name the emulator's folder, or are the emulator."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(aws.folder).encode() in path.read_bytes():
                found.append((path.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_starting_twice_leaves_one(own: LocalAws) -> None:
    """The first start says that it started it, the second that it ran."""
    assert [True, False] == [own.start(), own.start()]


@LINUX
def test_it_listens_on_this_machine_only(own: LocalAws) -> None:
    """No other address than 127.0.0.1 is listened on, because the emulator executes code."""
    own.start()
    line = next(
        line.split()
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{own.port:04X}") and line.split()[3] == "0A"
    )
    assert f"0100007F:{own.port:04X}" == line[1]


@LINUX
def test_stopping_leaves_nothing_running(own: LocalAws) -> None:
    """Neither the emulator nor the processes of its functions outlive a stop, and a second stop has nothing to do."""
    own.start()
    name = deploy(own, {"Function": function("def handler(event, context): return 1")})["Function"]
    own.client("lambda").invoke(FunctionName=name)
    assert len(processes_of(own)) > 1
    assert [True, False] == [own.stop(), own.stop()]
    # The last signal cannot be refused, but takes a moment.
    eventually(lambda: processes_of(own), lambda seen: not seen, seconds=2)


@LINUX
def test_it_ends_with_the_program_that_started_it(own: LocalAws) -> None:
    """Tests, demos and drills leave nothing running, even where they are killed."""
    code = (
        "import sys; from pathlib import Path; from duracloud.local.aws import LocalAws;"
        f"LocalAws(folder=Path({str(own.folder)!r}), port={own.port}).start();"
        "print('up', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout
        assert "up\n" == starter.stdout.readline()
        assert own.is_running()
        starter.kill()
    eventually(lambda: processes_of(own), lambda seen: not seen, seconds=5)


def test_a_busy_port_is_one_clear_line(own: LocalAws) -> None:
    """The line names the port and how to choose another."""
    with socket.create_server(("127.0.0.1", own.port)), pytest.raises(LocalError) as caught:
        own.start()
    assert f"port {own.port} is taken by another program" in str(caught.value)
    assert "DURACLOUD_PORT" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("program", "says"), [(sys.executable, "did not come up"), ("/no/such", "run 'make setup'")])
def test_an_emulator_that_does_not_come_up_is_one_clear_line(
    own: LocalAws, monkeypatch: pytest.MonkeyPatch, program: str, says: str
) -> None:
    """The line says where to look, or what to run; this project's own interpreter knows no emulator."""
    monkeypatch.setattr("duracloud.local.aws._PYTHON", Path(program))
    with pytest.raises(LocalError) as caught:
        own.start()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_data_outlive_a_stop_and_a_crash(own: LocalAws) -> None:
    """What was written a little while ago is there again after a stop in good order, and after a kill."""
    own.start()
    dynamodb, s3 = own.client("dynamodb"), own.client("s3")
    dynamodb.create_table(
        TableName="rows",
        KeySchema=[{"AttributeName": "K", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "K", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    s3.create_bucket(Bucket="letters")
    s3.put_object(Bucket="letters", Key="a b", Body=b"letter")
    own.stop()
    own.start()
    assert b"letter" == s3.get_object(Bucket="letters", Key="a b")["Body"].read()
    dynamodb.put_item(TableName="rows", Item={"K": {"S": "kept"}})
    journal = own.folder / "state" / "journal"
    eventually(lambda: b"kept" in journal.read_bytes(), seconds=30)
    os.kill(int((own.folder / "emulator.pid").read_text()), signal.SIGKILL)
    eventually(lambda: own._process_id() is None)
    own.start()
    assert ["kept"] == [item["K"]["S"] for item in dynamodb.scan(TableName="rows")["Items"]]


def test_data_made_for_another_port_are_one_clear_line(own: LocalAws) -> None:
    """Addresses in the data hold the port, so the line says which one to use."""
    own.start()
    own.stop()
    other = LocalAws(folder=own.folder, port=free_port())
    with pytest.raises(LocalError, match=f"use DURACLOUD_PORT={own.port}, or delete"):
        other.start()


def test_a_number_of_another_program_is_not_taken_for_the_emulator(own: LocalAws) -> None:
    """After a crash the number in the file may be another program's, which must not be stopped."""
    own.folder.mkdir()
    (own.folder / "emulator.pid").write_text(str(os.getpid()))
    assert [False, False] == [own.is_running(), own.stop()]


def test_with_tls_it_takes_no_other_port_and_stops_at_once(tmp_path: Path) -> None:
    """Neither port 443 nor connections that clients keep open stand in the way of a quick stop."""
    aws = LocalAws(folder=tmp_path / "aws", port=free_port(), certificate=self_signed(tmp_path))
    aws.start()
    assert [] == aws.client("sqs").list_queues().get("QueueUrls", [])
    assert "127.0.0.1:443" not in aws.log.read_text()
    started = time.monotonic()
    aws.stop()
    assert time.monotonic() - started < 5


@pytest.fixture
def enforcing(tmp_path: Path) -> Iterator[LocalAws]:
    """A local AWS that enforces policies, which goes with TLS."""
    aws = LocalAws(folder=tmp_path / "aws", port=free_port(), certificate=self_signed(tmp_path))
    aws.start()
    yield aws
    aws.stop()


def test_enforced_policies_take_a_batch_of_messages_for_messages(enforcing: LocalAws) -> None:
    """Whoever may send a message may send several at once, as IAM has no action for batches; nobody else may."""
    queue = enforcing.client("sqs").create_queue(QueueName="letters")["QueueUrl"]
    entries = [{"Id": "1", "MessageBody": "x"}]
    reader = as_user(enforcing, "sqs", "reader", "sqs:ReceiveMessage")
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.send_message_batch(QueueUrl=queue, Entries=entries)
    sender = as_user(enforcing, "sqs", "sender", "sqs:SendMessage")
    answer = sender.send_message_batch(QueueUrl=queue, Entries=entries)
    assert ["1"] == [entry["Id"] for entry in answer["Successful"]]


def test_a_policy_can_ask_for_conditional_writes(enforcing: LocalAws) -> None:
    """Whoever writes without a condition is refused by a policy that asks for one; with it the first write stands."""
    owner = enforcing.client("s3")
    owner.create_bucket(Bucket="once")
    condition = {"Null": {"s3:if-none-match": "true"}}
    refusal = policy("s3:PutObject", "arn:aws:s3:::once/*", Effect="Deny", Principal="*", Condition=condition)
    owner.put_bucket_policy(Bucket="once", Policy=json.dumps(refusal))
    writer = as_user(enforcing, "s3", "writer", "s3:PutObject")

    with pytest.raises(ClientError, match="AccessDenied"):
        writer.put_object(Bucket="once", Key="a", Body=b"one")
    writer.put_object(Bucket="once", Key="a", Body=b"one", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        writer.put_object(Bucket="once", Key="a", Body=b"two", IfNoneMatch="*")
    assert b"one" == owner.get_object(Bucket="once", Key="a")["Body"].read()


def as_user(aws: LocalAws, service: str, name: str, action: str) -> Any:  # noqa: ANN401 (boto3 builds classes at run time)
    """Return a client of a service for a new user who may do one thing."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="one", PolicyDocument=json.dumps(policy(action)))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    session: Any = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    return session.client(service, endpoint_url=aws.endpoint, verify=str((aws.certificate or ("",))[0]))


def test_forgetting_removes_the_folder(own: LocalAws) -> None:
    """Nothing of the data is left."""
    own.start()
    own.forget()
    assert not own.folder.exists()


def test_l52_what_was_deployed_and_is_gone_is_found(aws: LocalAws) -> None:
    """Each resource that a stack has and its service has not is named, whatever the templates say."""
    ids = deploy(
        aws, {"Queue": {"Type": "AWS::SQS::Queue"}, "Table": table(unique("t")), "Parameter": parameter(unique("/p"))}
    )
    assert [] == missing(aws, "stack-")
    aws.client("sqs").delete_queue(QueueUrl=ids["Queue"])
    aws.client("ssm").delete_parameter(Name=ids["Parameter"])
    assert {ids["Queue"], ids["Parameter"]} == set(missing(aws, "stack-"))


def parameter(name: str) -> dict[str, Any]:
    """Return the template's resource of a parameter."""
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Name": name, "Type": "String", "Value": "x"}}


def test_l52_the_replication_status_outlives_a_stop(own: LocalAws) -> None:
    """An object that was replicated still says so after a restart, and its replica too."""
    own.start()
    s3 = own.client("s3")
    for name in ("letters", "letters-repl"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "all",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::letters-repl"},
    }
    configuration = {"Role": f"arn:aws:iam::{ACCOUNT}:role/any", "Rules": [rule]}
    s3.put_bucket_replication(Bucket="letters", ReplicationConfiguration=configuration)
    s3.put_object(Bucket="letters", Key="a b", Body=b"letter")

    def statuses() -> list[str | None]:
        return [s3.head_object(Bucket=name, Key="a b").get("ReplicationStatus") for name in ("letters", "letters-repl")]

    before = statuses()
    own.stop()
    own.start()
    assert ["COMPLETED", "REPLICA"] == before == statuses()


def test_f30_looking_at_the_inbox_leaves_its_mails(aws: LocalAws) -> None:
    """What was shown once is shown again, decoded, until it is taken."""
    sns = aws.client("sns")
    topic = sns.create_topic(Name=unique("alerts"))["TopicArn"]
    inbox = Inbox(aws, topic)
    sns.publish(TopicArn=topic, Subject="Damage", Message="Brief an Käthe")
    expected = Email("Damage", "Brief an Käthe")
    assert [expected] == eventually(inbox.look) == inbox.look() == inbox.read()
    assert [] == inbox.look()


def test_l52_data_of_the_version_before_are_taken_over(own: LocalAws) -> None:
    """Files by service, as the emulator itself writes them, are read and replaced by the journal."""
    own.start()
    url = own.client("sqs").create_queue(QueueName="letters")["QueueUrl"]
    own.client("sqs").send_message(QueueUrl=url, MessageBody="kept")
    own.stop()
    folder = own.folder / "state"
    for service, content in (Journal(folder).read() or {}).items():
        (folder / f"{service}.json").write_text(json.dumps(content))
    (folder / "journal").unlink()
    own.start()
    [message] = own.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert "kept" == message["Body"]
    eventually(lambda: sorted(path.name for path in folder.glob("*.json")), lambda found: not found, seconds=10)


SLOW = """
import json, os, time, boto3
def handler(event, context):
    time.sleep(3)
    received = event["Records"][0]["attributes"]["ApproximateReceiveCount"]
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(received))
"""


def test_l52_a_message_in_hand_at_a_stop_comes_again_at_once_and_uncounted(own: LocalAws) -> None:
    """Stops cost a message neither its time out of sight nor an attempt, of which it has few."""
    own.start()
    mapping = {"FunctionName": {"Ref": "Slow"}, "EventSourceArn": {"Fn::GetAtt": ["Work", "Arn"]}}
    ids = deploy(
        own,
        {
            "Work": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 3600}},
            "Done": {"Type": "AWS::SQS::Queue"},
            "Slow": function(SLOW, QUEUE={"Ref": "Done"}),
            "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
        },
    )
    sqs, hidden = own.client("sqs"), "ApproximateNumberOfMessagesNotVisible"

    def in_hand() -> str:
        answer = sqs.get_queue_attributes(QueueUrl=ids["Work"], AttributeNames=[hidden])
        return str(answer["Attributes"][hidden])

    sqs.send_message(QueueUrl=ids["Work"], MessageBody="x")
    eventually(in_hand, lambda count: count == "1")
    own.stop()
    own.start()
    assert ["1"] == eventually(lambda: list(messages(own, ids["Done"])))
