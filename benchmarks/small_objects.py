"""A batch of small objects with latency on every S3 call, beside the same objects one after the other."""

import json
import sys
import time
from typing import Any, Final

import attrs

from benchmarks import care
from benchmarks.row import Row
from benchmarks.s3_server import key_of, serving
from runtime.fixity.context import Care
from runtime.handlers import file_uploaded

_GOAL: Final = 1 / 6
_OBJECTS: Final = 10
_SIZE: Final = 1024
_LATENCY_SECONDS: Final = 0.02


def measure(latency_seconds: float = _LATENCY_SECONDS, repeats: int = 9) -> Row:
    """Measure the handler of uploads in a process of its own, with log and metrics; the best of the repeats counts."""
    with serving(latency_seconds=latency_seconds) as server:
        batch, sequence = server.measure("small_objects", repeats)
    return Row(
        what=f"{_OBJECTS} objects of 1 KiB, {latency_seconds * 1000:.0f} ms per S3 call",
        measured=f"{batch * 1000:.0f} ms as one batch",
        baseline=f"{sequence * 1000:.0f} ms one after the other",
        ratio=batch / sequence,
        goal="<= 1/6 of the time",
        met=batch / sequence <= _GOAL,
    )


@attrs.define
class Context:
    """What Lambda hands to a handler."""

    function_name: str = "benchmark"
    aws_request_id: str = "0"

    def get_remaining_time_in_millis(self) -> int:
        """Return fifteen minutes."""
        return 900_000


def _seconds(deps: Care) -> float:
    event = {"Records": [message(number) for number in range(_OBJECTS)]}
    started = time.perf_counter()
    answer = file_uploaded.handle(event, Context(), deps)
    took = time.perf_counter() - started
    if answer["batchItemFailures"]:
        raise AssertionError(f"messages went back: {answer}")
    return took


def message(number: int) -> dict[str, Any]:
    """Return the queue's message of an upload; the number makes keys differ."""
    body = {
        "id": str(number),
        "time": "2026-03-01T12:00:00Z",
        "detail": {
            "bucket": {"name": care.BUCKET},
            "object": {"key": key_of(_SIZE, number), "size": _SIZE, "sequencer": "0065E1"},
        },
    }
    return {
        "messageId": str(number),
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }


def main() -> None:
    """Print the best seconds of a batch and of the same objects one after the other, as JSON."""
    together, alone = care.care(_OBJECTS), care.care(1)
    # The first of each opens the connections.
    _seconds(together)
    _seconds(alone)
    runs = [(_seconds(together), _seconds(alone)) for _ in range(int(sys.argv[1]))]
    print(json.dumps([min(run[0] for run in runs), min(run[1] for run in runs)]))  # noqa: T201 (the caller reads it)


if __name__ == "__main__":
    main()
