"""CPU milliseconds per deposit of a small object, with log, metrics and both table writes."""

import json
import os
import ssl
import sys
import time
from http.client import HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from benchmarks import care
from benchmarks.row import Row
from benchmarks.s3_server import key_of, serving
from benchmarks.small_objects import Context, message
from runtime.adapters.clients import client
from runtime.adapters.dynamodb_records import DynamoDbRecords
from runtime.adapters.dynamodb_schedule import DynamoDbSchedule
from runtime.fixity.context import Care
from runtime.handlers import file_uploaded

_OBJECTS: Final = 10
_BATCHES: Final = 10
_SIZE: Final = 1024


def measure(repeats: int = 5) -> Row:
    """Measure in a process of its own, against the server in another; the best of the repeats counts."""
    with serving() as server:
        ours, bare = server.measure("object_cpu", server.endpoint, repeats)
    return Row(
        what="CPU per object of 1 KiB deposited, both table writes included",
        measured=f"{ours * 1000:.1f} CPU ms",
        baseline=f"{bare * 1000:.1f} CPU ms, three requests by http.client",
        ratio=ours / bare,
    )


def _handle(deps: Care) -> None:
    event: dict[str, Any] = {"Records": [message(number) for number in range(_OBJECTS)]}
    answer = file_uploaded.handle(event, Context(), deps)
    if answer["batchItemFailures"]:
        raise AssertionError(f"messages went back: {answer}")


def _ours(deps: Care) -> float:
    before = time.process_time()
    for _ in range(_BATCHES):
        _handle(deps)
    return (time.process_time() - before) / (_BATCHES * _OBJECTS)


def _bare(connection: HTTPSConnection) -> float:
    before = time.process_time()
    for number in range(_BATCHES * _OBJECTS):
        for method, path, body in (
            ("GET", f"/{care.BUCKET}/{key_of(_SIZE, number)}", None),
            *[("POST", "/", "{}")] * 2,
        ):
            connection.request(method, path, body)
            connection.getresponse().read()
    return (time.process_time() - before) / (_BATCHES * _OBJECTS)


def main() -> None:
    """Print the best CPU seconds per object of the handler and of the bare requests, as JSON."""
    endpoint, repeats = urlsplit(sys.argv[1]), int(sys.argv[2])
    tables = client("dynamodb", connections=_OBJECTS)
    deps = attrs.evolve(
        care.care(_OBJECTS), records=DynamoDbRecords(tables, "checksums"), schedule=DynamoDbSchedule(tables, "schedule")
    )
    trusted = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    connection = HTTPSConnection(str(endpoint.hostname), endpoint.port, context=trusted)
    # The first of each opens the connections.
    _handle(deps)
    _bare(connection)
    runs = [(_ours(deps), _bare(connection)) for _ in range(repeats)]
    print(json.dumps([min(run[0] for run in runs), min(run[1] for run in runs)]))  # noqa: T201 (the caller reads it)


if __name__ == "__main__":
    main()
