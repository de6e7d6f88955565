"""Kills of the local AWS at any moment, while clients write.

`KILLS` sets how many; each has a seed of its own.
"""

import contextlib
import hashlib
import os
import random
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from duracloud.local.aws import LocalAws, free_port
from duracloud.local.watching import eventually
from tests.local.support import Stream, deploy, reader, table, unique

KILLS: Final = int(os.environ.get("KILLS", "10"))
KEPT_SECONDS: Final = 1.0
BUCKET, NAMES = "letters", ("a", "folder/b", "c d")


@attrs.frozen
class Told:
    """What was acknowledged: which thing got which number, and when."""

    thing: str
    number: int
    at: float = attrs.field(factory=time.time)


class Clients:
    """Clients that write numbers, one after the other, until they are stopped or nobody answers."""

    def __init__(self, aws: LocalAws, ids: dict[str, str]) -> None:
        self.aws, self.ids = aws, ids
        self.told: list[Told] = []
        self.number = 0
        self._stop = threading.Event()
        self.s3, self.dynamodb, self.sqs, self.ssm = (aws.client(name) for name in ("s3", "dynamodb", "sqs", "ssm"))

    def put_row(self, number: int) -> str:
        self.dynamodb.put_item(TableName=self.ids["Table"], Item={"K": {"S": f"row {number}"}, "N": {"N": str(number)}})
        return f"row {number}"

    def put_row_that_expires(self, number: int) -> str:
        item = {"K": {"S": f"expires {number}"}, "TTL": {"N": str(int(time.time()))}}
        self.dynamodb.put_item(TableName=self.ids["Table"], Item=item)
        return f"expires {number}"

    def update_row(self, number: int) -> str:
        self.dynamodb.put_item(TableName=self.ids["Table"], Item={"K": {"S": "one"}, "N": {"N": str(number)}})
        return "one"

    def send(self, number: int) -> str:
        self.sqs.send_message(QueueUrl=self.ids["Kept"], MessageBody=str(number))
        return f"message {number}"

    def put_object(self, number: int) -> str:
        name = NAMES[number % len(NAMES)]
        self.s3.put_object(Bucket=BUCKET, Key=name, Body=f"{number}\n".encode() * 1000)
        return f"object {name}"

    def put_parameter(self, number: int) -> str:
        self.ssm.put_parameter(Name="/number", Value=str(number), Type="String", Overwrite=True)
        return "parameter"

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Write from several threads during the block."""
        calls = (self.put_row, self.put_row_that_expires, self.update_row, self.send, self.put_object)
        self._stop.clear()
        threads = [threading.Thread(target=self._repeat, args=(call,)) for call in (*calls, self.put_parameter)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _repeat(self, call: Callable[[int], str]) -> None:
        while not self._stop.is_set():
            self.number += 1
            number = self.number
            with contextlib.suppress(BotoCoreError, ClientError):
                self.told.append(Told(call(number), number))
            time.sleep(0.01)

    def lost(self, before: float) -> list[str]:
        """Return what was acknowledged before a time and is not there, and what is there and damaged."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.ids["Table"])
        found = {item["K"]["S"]: int(item.get("N", {"N": "0"})["N"]) for page in pages for item in page["Items"]}
        found["parameter"] = int(self.ssm.get_parameter(Name="/number")["Parameter"]["Value"])
        found |= {f"message {body}": int(body) for body in self._messages()}
        problems = []
        for name in NAMES:
            answer = self.s3.get_object(Bucket=BUCKET, Key=name)
            body = answer["Body"].read()
            found[f"object {name}"] = int(body.split()[0])
            if answer["ETag"].strip('"') != hashlib.md5(body, usedforsecurity=False).hexdigest():
                problems.append(f"the bytes of {name} are not those of its version")
            if answer.get("VersionId") is None:
                problems.append(f"{name} has no version")
        newest: dict[str, int] = {}
        # What came later may be lost, and is not missed at the next kill either.
        self.told = [told for told in self.told if told.at < before]
        for told in self.told:
            if not told.thing.startswith("expires"):
                newest[told.thing] = max(told.number, newest.get(told.thing, 0))
        return problems + [thing for thing, number in newest.items() if found.get(thing, -1) < number]

    def _messages(self) -> list[str]:
        # Looked at where they lie, so that they stay.
        found = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.ids["Kept"], MaxNumberOfMessages=10, VisibilityTimeout=600
        ).get("Messages", []):
            found += messages
        for first in range(0, len(found), 10):
            entries = [
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
                for n, message in enumerate(found[first : first + 10])
            ]
            self.sqs.change_message_visibility_batch(QueueUrl=self.ids["Kept"], Entries=entries)
        return [message["Body"] for message in found]


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    """Clients of a local AWS in which a function sends the stream of a table to a queue."""
    aws = LocalAws(folder=tmp_path / "aws", port=free_port())
    aws.start()
    queue: dict[str, Any] = {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1209600}}
    ids = deploy(aws, {"Table": table(unique("t")), "Kept": queue, **reader(BatchSize=10)})
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for name in NAMES:
        s3.put_object(Bucket=BUCKET, Key=name, Body=b"0\n")
    yield Clients(aws, ids)
    aws.stop()


def test_l52_a_kill_at_any_moment_loses_nothing_older_than_a_second(clients: Clients) -> None:
    """After each kill all older writes are there, no object is damaged, and the stream tells of every row."""
    aws, journal = clients.aws, clients.aws.folder / "state" / "journal"
    ages = []
    for seed in range(KILLS):
        pause = random.Random(seed).uniform(0.3, 1.5)  # noqa: S311 (no secret)
        with clients.at_work():
            time.sleep(pause)
            os.kill(int((aws.folder / "emulator.pid").read_text()), signal.SIGKILL)
            killed = time.time()
        eventually(lambda: aws._process_id() is None)
        written = journal.stat().st_mtime
        ages.append(killed - written)
        aws.start()
        assert [] == clients.lost(before=written - KEPT_SECONDS), f"kill {seed}, {pause} seconds after the start"
    assert statistics.median(ages) < KEPT_SECONDS

    # All rows that were kept come by the stream, and so does each expiry.
    stream = Stream(aws, clients.ids["Queue"])
    rows = {item["K"]["S"] for item in clients.dynamodb.scan(TableName=clients.ids["Table"])["Items"]}
    rows |= {told.thing for told in clients.told if told.thing.startswith("expires")}
    eventually(lambda: rows - set(stream.keys()), lambda missing: not missing)
    removed = {record["dynamodb"]["Keys"]["K"]["S"] for record in stream.look() if record["eventName"] == "REMOVE"}
    assert {thing for thing in rows if thing.startswith("expires")} <= removed
