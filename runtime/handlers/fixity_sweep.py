"""Finds what is overdue or not scheduled, slice by slice: handler of the sweep queue."""

from collections.abc import Sequence
from typing import Any, Final

from runtime import bootstrap
from runtime.bucket_runs.count_document import count_document
from runtime.events.bucket_runs import process_runs
from runtime.events.invocation import LambdaContext
from runtime.observability import logger, publish, with_request_id
from runtime.shared.object_ref import ObjectRef
from runtime.sweep.progress import SweepProgress
from runtime.sweep.run import Sweeping
from runtime.sweep.slices import SweepSlice

# A log line names this many objects at most.
_NAMED: Final = 10


def handle(event: dict[str, Any], context: LambdaContext, sweeping: Sweeping) -> dict[str, Any]:
    """Start sweeps and work on slices; return the partial batch response."""
    response, ended = process_runs(event, context, sweeping, _log)
    for coverage in ended:
        sweep, totals = coverage.sweep, coverage.totals
        found = {"found": count_document(totals), "unfinished": dict(coverage.unfinished)}
        logger.info("sweep ended", extra={"sweep": sweep.time, "newest": coverage.newest, **found})
        # A delayed sweep that ends after a later one says nothing about the present.
        if coverage.newest:
            publish(sweeping.settings, totals.metrics(sweep.started))
    return response


@with_request_id
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(event, context, bootstrap.sweep())


def _log(part: SweepSlice, progress: SweepProgress) -> None:
    for text, extra in progress.warnings():
        logger.warning(text, extra=extra)
    log = logger.warning if progress.asked_for or progress.found.missing_rows else logger.info
    log(
        "slice swept",
        extra={
            "sweep": part.run.time,
            "bucket": part.bucket,
            "after": part.after,
            "looked_at": progress.looked_at,
            "bucket_ended": progress.ended,
            "found": count_document(progress.found),
            "checks_asked_for": _first(progress.asked_for),
            "rows_restored": _first(progress.restored),
        },
    )


def _first(refs: Sequence[ObjectRef]) -> list[str]:
    return [ref.key for ref in refs[:_NAMED]]
