"""Messages of the queues of sweeps and reports, and the work on a batch of them."""

import json
from collections.abc import Callable
from typing import Any, Final

from runtime.bucket_runs.slices import BucketRuns, P, R, S, Slice, W, advance, give_up, start
from runtime.events.invocation import LambdaContext, deadline
from runtime.events.sqs_batch import or_given_up, process_queue
from runtime.events.timestamps import moment
from runtime.observability import logger
from runtime.shared.errors import MalformedMessageError

_ALLOWED: Final = (
    'allowed: {"action": "start", "time": a moment in ISO 8601 with its zone}, or a slice that this function queued'
)


def parse(body: str, runs: BucketRuns[R, S, P, W]) -> R | S:
    """Read the body of a queue message: a run to start, or a slice.

    Raises:
        MalformedMessageError: the text is something else; the error says what is wrong.
    """
    try:
        message: Any = json.loads(body)
    except ValueError as error:
        raise MalformedMessageError(f"got a message that is not JSON ({error}); {_ALLOWED}") from error
    if not isinstance(message, dict):
        raise MalformedMessageError(f"got {type(message).__name__}; {_ALLOWED}")
    run = runs.run(moment(message.get("time"), _ALLOWED))
    action = message.get("action")
    if action == "start":
        return run
    if action != "slice":
        raise MalformedMessageError(f"got the action {action!r}; {_ALLOWED}")
    bucket = message.get("bucket")
    if not (isinstance(bucket, str) and bucket):
        raise MalformedMessageError(f"got bucket {bucket!r}; {_ALLOWED}")
    try:
        return runs.slice(run, bucket, message)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedMessageError(f"got a slice that is none ({error!r}); {_ALLOWED}") from error


def process_runs(
    event: dict[str, Any], context: LambdaContext, runs: BucketRuns[R, S, P, W], log: Callable[[S, P], None]
) -> tuple[dict[str, Any], list[W]]:
    """Start runs and work on slices; return the partial batch response, and the results of the runs that ended.

    `log` is called with each slice and its progress.
    """
    until = deadline(context, runs.clock.now())

    def work(record: dict[str, Any]) -> W | None:
        message = parse(record["body"], runs)
        if isinstance(message, Slice):
            return or_given_up(
                record, runs.settings.max_receive_count, lambda: advanced(message), lambda why: given_up(message, why)
            )
        started = start(runs, message)
        logger.info(f"{message.kind} started", extra={message.kind: message.time, "buckets": len(started.buckets)})
        return started.whole

    def advanced(part: S) -> W | None:
        progress = advance(runs, part, until)
        log(part, progress)
        whole: W | None = progress.whole
        return whole

    def given_up(part: S, reason: str) -> W | None:
        kind = part.run.kind
        found = {kind: part.run.time, "bucket": part.bucket, **part.place, "reason": reason}
        logger.error(f"the {kind} of a bucket was given up", extra=found)
        return give_up(runs, part, reason)

    response, ended = process_queue(event, work, concurrency=1, queue=runs.queue)
    return response, [whole for whole in ended if whole is not None]
