"""Counts and logs what S3 could not replicate: the handler of the replication-events queue."""

import json
from typing import Any, Final
from urllib.parse import unquote_plus

from runtime import bootstrap
from runtime.contract import Metric
from runtime.events.sqs_batch import process_queue
from runtime.observability import logger, publish, with_request_id
from runtime.provisioning.replication_events import ReplicationProblem, ReplicationReport
from runtime.settings import ReplicationSettings
from runtime.shared.errors import MalformedMessageError
from runtime.shared.object_ref import ObjectRef

# S3 sends it whenever a bucket's notifications are configured:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
_TEST: Final = "s3:TestEvent"


def handle(event: dict[str, Any], settings: ReplicationSettings) -> dict[str, Any]:
    """Log every object that S3 reports, and publish how many there are: the alarms on them tell people.

    Args:
        event: the Lambda event with SQS records, each of them a notification of S3.
        settings: the function's settings.

    Returns:
        The partial batch response that names the messages to be handed out again.
    """

    def work(record: dict[str, Any]) -> list[ReplicationReport]:
        reports = parse(record["body"])
        for report in reports:
            _log(report)
        return reports

    response, results = process_queue(event, work, concurrency=1)
    problems = [report.problem for reports in results for report in reports]
    # Published also when there are none: S3's test message then shows that the way is open.
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
    """Entry point of the function."""
    return handle(event, bootstrap.replication())


def parse(body: str) -> list[ReplicationReport]:
    """Read the body of a queue message.

    The form is AWS's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

    Args:
        body: a notification of S3, as JSON.

    Returns:
        What it reports; nothing for S3's test message.

    Raises:
        MalformedMessageError: the text is something else; the message names what is wrong.
    """
    try:
        message: Any = json.loads(body)
        if message.get("Event") == _TEST:
            return []
        return [_report(record) for record in message["Records"]]
    except KeyError as error:
        raise MalformedMessageError(f"got a message without {error}; allowed: a notification of S3") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise MalformedMessageError(f"got a message that is no replication event of S3: {error}") from error


def _report(record: dict[str, Any]) -> ReplicationReport:
    entry, said = record["s3"]["object"], record.get("replicationEventData", {})
    return ReplicationReport(
        problem=ReplicationProblem(record["eventName"].rpartition(":")[2]),
        # Unlike EventBridge, S3's own notifications encode keys as in a URL's query (lesson L20).
        ref=ObjectRef(record["s3"]["bucket"]["name"], unquote_plus(entry["key"], errors="strict")),
        version_id=entry.get("versionId", ""),
        destination=said.get("destinationBucket", ""),
        reason=said.get("failureReason", ""),
    )


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
