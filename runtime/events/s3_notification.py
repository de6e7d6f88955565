"""S3's own notifications about replications, in queue messages."""

import json
from typing import Any, Final
from urllib.parse import unquote_plus

from runtime.provisioning.replication_events import ReplicationProblem, ReplicationReport
from runtime.shared.errors import MalformedMessageError
from runtime.shared.object_ref import ObjectRef

# S3 sends it whenever a bucket's notifications are configured.
_TEST: Final = "s3:TestEvent"


def parse(body: str) -> list[ReplicationReport]:
    """Read the body of a queue message, a notification of S3; its test message reports nothing.

    The form is AWS's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

    Raises:
        MalformedMessageError: the text is something else; the error says what is wrong.
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
