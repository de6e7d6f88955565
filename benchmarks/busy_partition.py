"""A backlog of small objects of one bucket, whose partition takes fewer writes than the functions could make.

In AWS a partition takes 1,000 write units a second, and 50 invocations with 10 objects each work on the queue. Here
everything is a twenty-fifth but the time of each call: 40 units a second, 2 processes with 10 threads. Handler,
composition root, adapters and SDK are those that run in Lambda.
"""

import os
import subprocess
import sys
import time
from typing import Any, Final

import boto3

from benchmarks import care
from benchmarks.function_environment import any_settings
from benchmarks.partition_server import Backlog, serving
from benchmarks.row import Row
from benchmarks.small_objects import Context, message
from runtime.handlers import file_uploaded
from runtime.settings import DepositSettings

_GOAL: Final = 1.2
_RECORDS: Final = "checksums"
_QUEUE: Final = "http://127.0.0.1/1/object-created"
# As many times the time at the partition's limit.
_GIVEN_UP_AFTER: Final = 4


def measure(objects: int = 500, units_a_second: int = 40, processes: int = 2) -> Row:
    """Let processes work on a backlog until every object has its record and its schedule row.

    The machine must be quiet enough for so many objects a second, two units each: that takes a quarter of a processor.

    Raises:
        RuntimeError: they did not come to the end.
    """
    backlog = Backlog([message(number)["body"] for number in range(objects)], units_a_second)
    settings = any_settings(
        DepositSettings,
        checksum_table=_RECORDS,
        scheduler_table="schedule",
        own_queue_url=_QUEUE,
        digest_algorithms=care.ALGORITHMS,
        check_interval_days=180,
        batch_concurrency=10,
        assumed_read_rate=50_000_000,
        max_receive_count=5,
    )
    command = [sys.executable, "-m", "benchmarks.busy_partition"]
    with serving(backlog) as environment:
        variables = os.environ | environment | settings.to_environment()
        workers = [
            subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 (our own module)
            for _ in range(processes)
        ]
        try:
            _until_the_end(backlog, objects, 30 + _GIVEN_UP_AFTER * 2 * objects / units_a_second)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
    units = backlog.partitions[_RECORDS, care.BUCKET].taken
    took, limit = backlog.ended - backlog.began, units / units_a_second
    failed = len(backlog.received)
    return Row(
        what=f"backlog of {objects:,} objects in a bucket whose partition takes {units_a_second} write units/s",
        measured=f"{took:.1f} s, {backlog.happened['throttled']:,} calls throttled, "
        f"{backlog.happened['SendMessage']:,} messages sent anew, {failed} failed",
        baseline=f"{limit:.1f} s, {units:,} units at the limit",
        ratio=took / limit,
        goal=f"<= {_GOAL}, none failed",
        met=took / limit <= _GOAL and not failed,
    )


def _until_the_end(backlog: Backlog, objects: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with backlog.lock:
            written = min((len(backlog.items.get(table, ())) for table in (_RECORDS, "schedule")), default=0)
            if written == objects and not backlog.waiting and not backlog.received:
                return
        time.sleep(0.05)
    raise RuntimeError(f"of {objects} objects {written} have a record and a row; {dict(backlog.happened)}")


def main() -> None:
    """Work on the queue as Lambda would, until this process is ended."""
    queue: Any = boto3.client("sqs")
    while True:
        answer = queue.receive_message(QueueUrl=_QUEUE, MaxNumberOfMessages=10)
        records = [_record(one) for one in answer.get("Messages", [])]
        if not records:
            time.sleep(0.1)
            continue
        response = file_uploaded.handler({"Records": records}, Context())
        failed = {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
        done = [one["messageId"] for one in records if one["messageId"] not in failed]
        if done:
            entries = [{"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(done)]
            queue.delete_message_batch(QueueUrl=_QUEUE, Entries=entries)


def _record(received: dict[str, Any]) -> dict[str, Any]:
    attributes = {
        name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
        for name, value in received.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": received["MessageId"],
        "body": received["Body"],
        "attributes": received["Attributes"],
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
    }


if __name__ == "__main__":
    main()
