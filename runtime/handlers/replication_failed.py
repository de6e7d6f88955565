"""Counts and logs what S3 could not replicate: handler of the replication-events queue."""

from typing import Any

from runtime import bootstrap
from runtime.contract import Metric
from runtime.events.s3_notification import parse
from runtime.events.sqs_batch import process_queue
from runtime.observability import logger, publish, with_request_id
from runtime.provisioning.replication_events import ReplicationProblem, ReplicationReport
from runtime.settings import ReplicationSettings


def handle(event: dict[str, Any], settings: ReplicationSettings) -> dict[str, Any]:
    """Log every object that S3 reports, and publish their numbers; return the partial batch response."""

    def work(record: dict[str, Any]) -> list[ReplicationReport]:
        reports = parse(record["body"])
        for report in reports:
            _log(report)
        return reports

    response, results = process_queue(event, work, concurrency=1)
    problems = [report.problem for reports in results for report in reports]
    # Published as 0 too: S3's test message then shows that the queue works.
    publish(
        settings,
        {
            Metric.REPLICATIONS_FAILED: problems.count(ReplicationProblem.FAILED),
            Metric.REPLICATIONS_LATE: problems.count(ReplicationProblem.LATE),
        },
    )
    return response


@with_request_id
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 (Lambda's signature)
    return handle(event, bootstrap.replication())


def _log(report: ReplicationReport) -> None:
    logger.error(
        "not replicated" if report.problem is ReplicationProblem.FAILED else "not replicated in time",
        extra={
            "bucket": report.ref.bucket,
            "key": report.ref.key,
            "version_id": report.version_id,
            "destination": report.destination,
            "reason": report.reason,
        },
    )
