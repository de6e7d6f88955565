"""A local server with an object of every key, a table whose partition throttles, and a queue with a backlog."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any, Final

import attrs
from typing_extensions import override

from benchmarks.s3_server import HOST, S3Handler, client_environment

# What DynamoDB answers: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing-workflow.html
_THROTTLED: Final = {
    "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "message": "The level of configured provisioned throughput for the table was exceeded",
    "ThrottlingReasons": [{"reason": "TableWriteKeyRangeThroughputExceeded", "resource": "table"}],
}
_BYTES_A_UNIT: Final = 1024


def write_units(item: dict[str, Any]) -> int:
    """Return the write units of an item.

    Names and values count, and three bytes for a list or map with one for each entry:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return -(-sum(len(name.encode()) + _bytes_of(value) for name, value in item.items()) // _BYTES_A_UNIT)


def _bytes_of(value: dict[str, Any]) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "M":
            return 3 + sum(1 + len(name.encode()) + _bytes_of(one) for name, one in held.items())
        case "L":
            return 3 + sum(1 + _bytes_of(one) for one in held)
        case "N":
            return len(held) // 2 + 1
        case "S":
            return len(held.encode())
    return 1


@attrs.define
class Partition:
    """Takes so many write units a second; what a second left can be used in the next one."""

    units_a_second: float
    left: float = 0.0
    moment: float = attrs.field(factory=time.monotonic)
    taken: int = 0

    def takes(self, units: int) -> bool:
        """Take so many units, or none; return whether they were taken."""
        now = time.monotonic()
        self.left = min(self.units_a_second, self.left + (now - self.moment) * self.units_a_second)
        self.moment = now
        if self.left < units:
            return False
        self.left -= units
        self.taken += units
        return True


@attrs.define
class Backlog:
    """The queue, the tables and what happened. All of them are used under the lock."""

    bodies: list[str]
    units_a_second: float
    waiting: dict[str, dict[str, Any]] = attrs.field(init=False)
    received: dict[str, dict[str, Any]] = attrs.field(factory=dict, init=False)
    partitions: dict[tuple[str, str], Partition] = attrs.field(factory=dict, init=False)
    items: dict[str, set[str]] = attrs.field(factory=dict, init=False)
    happened: Counter[str] = attrs.field(factory=Counter, init=False)
    began: float = attrs.field(default=0.0, init=False)
    ended: float = attrs.field(default=0.0, init=False)
    lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self.waiting = {str(number): _message(body, {}, 0) for number, body in enumerate(self.bodies)}

    def answer(self, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and answer of a call."""
        with self.lock:
            self.happened[operation] += 1
            match operation:
                case "PutItem":
                    return self._put(request)
                case "ReceiveMessage":
                    return 200, {"Messages": list(self._receive())}
                case "DeleteMessageBatch":
                    for entry in request["Entries"]:
                        self.received.pop(entry["ReceiptHandle"], None)
                    return 200, {"Successful": [], "Failed": []}
                case "SendMessage":
                    number = f"again-{self.happened[operation]}"
                    attributes = request.get("MessageAttributes", {})
                    self.waiting[number] = _message(request["MessageBody"], attributes, request.get("DelaySeconds", 0))
                    return 200, {"MessageId": number, "MD5OfMessageBody": ""}
        return 200, {}

    def _put(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        table, item = request["TableName"], request["Item"]
        key = table, item["BucketName"]["S"]
        partition = self.partitions.setdefault(key, Partition(self.units_a_second, moment=self.began))
        if not partition.takes(write_units(item)):
            self.happened["throttled"] += 1
            return 400, _THROTTLED
        self.items.setdefault(table, set()).add(item["ObjectKey"]["S"])
        self.ended = time.monotonic()
        return 200, {}

    def _receive(self) -> Iterator[dict[str, Any]]:
        now = time.monotonic()
        self.began = self.began or now
        ready = [number for number, message in self.waiting.items() if message["visible"] <= now]
        for number in ready[:10]:
            # A message that a worker does not delete stays invisible for longer than the benchmark takes.
            message = self.received[number] = self.waiting.pop(number)
            yield {
                "MessageId": number,
                "ReceiptHandle": number,
                "Body": message["body"],
                "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1772362800000"},
                "MessageAttributes": message["attributes"],
            }


def _message(body: str, attributes: dict[str, Any], delay_seconds: float) -> dict[str, Any]:
    return {"body": body, "attributes": attributes, "visible": time.monotonic() + delay_seconds}


class _Handler(S3Handler):
    """Answers the three services."""

    latency_seconds = 0.1
    backlog: Backlog

    @override
    def do_POST(self) -> None:
        """Answer a call of DynamoDB or SQS."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = self.backlog.answer(self.headers["X-Amz-Target"].rpartition(".")[2], request)
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    @override
    def handle_error(self, *_: object) -> None:
        """Say nothing of connections that ended processes leave."""


@contextmanager
def serving(backlog: Backlog) -> Iterator[dict[str, str]]:
    """Serve a backlog in threads of this process; yield the environment of clients."""
    server = _Server((HOST, 0), type("Handler", (_Handler,), {"backlog": backlog}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield client_environment() | {"AWS_ENDPOINT_URL": f"http://{HOST}:{server.server_port}"}
    finally:
        server.shutdown()
        server.server_close()
