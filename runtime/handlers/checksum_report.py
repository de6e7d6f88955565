"""Writes reports, slice by slice: handler of the report queue."""

from typing import Any

from runtime import bootstrap
from runtime.contract import Metric
from runtime.events.bucket_runs import process_runs
from runtime.events.invocation import LambdaContext
from runtime.observability import logger, publish, with_request_id
from runtime.report.slices import ReportSlice
from runtime.report.write import Reporting, ReportProgress


def handle(event: dict[str, Any], context: LambdaContext, reporting: Reporting) -> dict[str, Any]:
    """Start reports and work on slices; return the partial batch response."""
    response, ended = process_runs(event, context, reporting, _log)
    for whole in ended:
        found = {"pages": list(whole.report.page_keys), "unfinished": whole.unfinished}
        logger.info("report complete", extra={"report": whole.report.time, **found})
    if ended:
        publish(reporting.settings, {Metric.REPORTS_COMPLETED: len(ended)})
    return response


@with_request_id
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(event, context, bootstrap.report())


def _log(part: ReportSlice, progress: ReportProgress) -> None:
    notes = progress.notes
    if notes is None:
        logger.info("slice of a report: worked on before", extra=part.message)
        return
    log = logger.warning if progress.restarted or notes.problem else logger.info
    log(
        "slice of a report",
        extra={
            **part.message,
            "restarted": progress.restarted,
            "bucket_ended": progress.ended,
            "listed": notes.listed,
            "objects": notes.count.objects,
            "inventory_problem": notes.problem,
        },
    )
