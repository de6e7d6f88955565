"""Writes reports for people and programs, slice by slice: the handler of the report queue."""

import json
from typing import Any, Final

from runtime import bootstrap
from runtime.contract import Metric
from runtime.events.invocation import LambdaContext, deadline
from runtime.events.sqs_batch import or_given_up, process_queue
from runtime.events.timestamps import moment
from runtime.observability import logger, publish, with_request_id
from runtime.report.model import WholeReport
from runtime.report.slices import Report, ReportSlice
from runtime.report.write import Reporting, ReportProgress, advance, give_up, start
from runtime.shared.errors import MalformedMessageError

_ALLOWED: Final = (
    'allowed: {"action": "start", "time": a moment in ISO 8601 with its zone}, or a slice that this function queued'
)


def handle(event: dict[str, Any], context: LambdaContext, reporting: Reporting) -> dict[str, Any]:
    """Start reports and work on slices.

    Args:
        event: the Lambda event with SQS records.
        context: the invocation's context.
        reporting: ports and settings.

    Returns:
        The partial batch response that names the messages to be handed out again.
    """
    settings = reporting.settings
    until = deadline(context, reporting.clock.now())

    def work(record: dict[str, Any]) -> WholeReport | None:
        message = _parse(record["body"])
        if isinstance(message, Report):
            buckets, whole = start(reporting, message)
            logger.info("report started", extra={"report": message.time, "buckets": len(buckets)})
            return whole
        return or_given_up(
            record, settings.max_receive_count, lambda: worked_on(message), lambda why: given_up(message, why)
        )

    def worked_on(part: ReportSlice) -> WholeReport | None:
        progress = advance(reporting, part, until)
        _log(part, progress)
        return progress.whole

    def given_up(part: ReportSlice, reason: str) -> WholeReport | None:
        logger.error("the report on a bucket was given up", extra={**part.message, "reason": reason})
        return give_up(reporting, part, reason)

    response, ended = process_queue(event, work, concurrency=1)
    complete = [whole for whole in ended if whole is not None]
    for whole in complete:
        logger.info(
            "report complete",
            extra={
                "report": whole.report.time,
                "pages": list(whole.report.page_keys),
                "unfinished": whole.unfinished,
            },
        )
    if complete:
        publish(settings, {Metric.REPORTS_COMPLETED: len(complete)})
    return response


@with_request_id
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point of the function."""
    return handle(event, context, bootstrap.report())


def _parse(body: str) -> Report | ReportSlice:
    try:
        message: Any = json.loads(body)
    except ValueError as error:
        raise MalformedMessageError(f"got a message that is not JSON ({error}); {_ALLOWED}") from error
    if not isinstance(message, dict):
        raise MalformedMessageError(f"got {type(message).__name__}; {_ALLOWED}")
    report = Report(moment(message.get("time"), _ALLOWED))
    action = message.get("action")
    if action == "start":
        return report
    if action != "slice":
        raise MalformedMessageError(f"got the action {action!r}; {_ALLOWED}")
    bucket, number = message.get("bucket"), message.get("number")
    if not (isinstance(bucket, str) and bucket and type(number) is int and number >= 0):
        raise MalformedMessageError(f"got bucket {bucket!r} and number {number!r}; {_ALLOWED}")
    return ReportSlice(report=report, bucket=bucket, number=number)


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
