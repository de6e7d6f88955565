"""Looks for what is overdue or not scheduled, slice by slice: the handler of the sweep queue."""

import json
from collections.abc import Iterable
from typing import Any, Final

from runtime import bootstrap
from runtime.bucket_runs.count_document import count_document, count_of
from runtime.bucket_runs.run import Sweep
from runtime.events.invocation import LambdaContext, deadline
from runtime.events.sqs_batch import or_given_up, process_queue
from runtime.events.timestamps import moment
from runtime.observability import logger, publish, with_request_id
from runtime.settings import SweepSettings
from runtime.shared.errors import MalformedMessageError
from runtime.shared.object_ref import ObjectRef
from runtime.sweep.run import Progress, Sweeping, advance, give_up, start
from runtime.sweep.totals import Coverage, Slice

_ALLOWED: Final = (
    'allowed: {"action": "start", "time": a moment in ISO 8601 with its zone}, or a slice that this function queued'
)
# Of what may be many, the log names the first.
_NAMED: Final = 10


def handle(event: dict[str, Any], context: LambdaContext, sweeping: Sweeping) -> dict[str, Any]:
    """Start sweeps and work on slices.

    Args:
        event: the Lambda event with SQS records.
        context: the invocation's context.
        sweeping: ports and settings.

    Returns:
        The partial batch response that names the messages to be handed out again.
    """
    settings = sweeping.settings
    until = deadline(context, sweeping.clock.now())

    def work(record: dict[str, Any]) -> Coverage | None:
        message = _parse(record["body"])
        if isinstance(message, Sweep):
            buckets, coverage = start(sweeping, message)
            logger.info("sweep started", extra={"sweep": message.time, "buckets": len(buckets)})
            return coverage
        return or_given_up(
            record, settings.max_receive_count, lambda: swept(message), lambda why: given_up(message, why)
        )

    def swept(part: Slice) -> Coverage | None:
        progress = advance(sweeping, part, until)
        _log(part, progress)
        return progress.coverage

    def given_up(part: Slice, reason: str) -> Coverage | None:
        logger.error("the sweep of a bucket was given up", extra={**_named(part), "reason": reason})
        return give_up(sweeping, part, reason)

    response, ended = process_queue(event, work, concurrency=1)
    for coverage in ended:
        if coverage is not None:
            _tell(settings, coverage)
    return response


@with_request_id
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point of the function."""
    return handle(event, context, bootstrap.sweep())


def _parse(body: str) -> Sweep | Slice:
    try:
        message: Any = json.loads(body)
    except ValueError as error:
        raise MalformedMessageError(f"got a message that is not JSON ({error}); {_ALLOWED}") from error
    if not isinstance(message, dict):
        raise MalformedMessageError(f"got {type(message).__name__}; {_ALLOWED}")
    sweep = Sweep(moment(message.get("time"), _ALLOWED))
    action = message.get("action")
    if action == "start":
        return sweep
    if action != "slice":
        raise MalformedMessageError(f"got the action {action!r}; {_ALLOWED}")
    bucket, after = message.get("bucket"), message.get("after")
    if not (isinstance(bucket, str) and bucket and (after is None or isinstance(after, str))):
        raise MalformedMessageError(f"got bucket {bucket!r} and after {after!r}; {_ALLOWED}")
    try:
        totals = count_of(message["totals"])
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedMessageError(f"got totals that are none ({error!r}); {_ALLOWED}") from error
    return Slice(sweep=sweep, bucket=bucket, after=after, totals=totals)


def _log(part: Slice, progress: Progress) -> None:
    for text, refs in (
        ("schedule row without a record: removed", progress.orphans),
        ("object without a record: asked for", progress.unrecorded),
        ("object that S3 does not list: its check was asked for", progress.vanished),
        ("object of which S3 lists another version: its check was asked for", progress.replaced),
    ):
        for ref in refs:
            logger.warning(text, extra={"bucket": ref.bucket, "key": ref.key})
    for what, items in (("record", progress.malformed_records), ("schedule row", progress.malformed_rows)):
        for item in items:
            logger.warning(
                f"{what} cannot be read",
                extra={"bucket": item.ref.bucket, "key": item.ref.key, "problem": item.problem},
            )
    log = logger.warning if progress.asked_for or progress.found.missing_rows else logger.info
    log(
        "slice swept",
        extra={
            **_named(part),
            "looked_at": progress.looked_at,
            "bucket_ended": progress.bucket_ended,
            "found": count_document(progress.found),
            "checks_asked_for": _first(progress.asked_for),
            "rows_restored": _first(progress.restored),
        },
    )


def _named(part: Slice) -> dict[str, str | None]:
    return {"sweep": part.sweep.time, "bucket": part.bucket, "after": part.after}


def _first(refs: Iterable[ObjectRef]) -> list[str]:
    return [ref.key for ref, _ in zip(refs, range(_NAMED), strict=False)]


def _tell(settings: SweepSettings, coverage: Coverage) -> None:
    totals = coverage.totals
    logger.info(
        "sweep ended",
        extra={
            "sweep": coverage.sweep.time,
            "newest": coverage.newest,
            "found": count_document(totals),
            "unfinished": dict(coverage.unfinished),
        },
    )
    # A sweep that was held up and ends after a later one has nothing to say about the present.
    if coverage.newest:
        publish(settings, totals.metrics(coverage.sweep.started))
