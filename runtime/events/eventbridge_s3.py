"""EventBridge's S3 events as they arrive in a queue."""

import json
from datetime import datetime
from typing import Any

import attrs

from runtime.fixity.sequencer import normalised
from runtime.shared.errors import MalformedMessageError
from runtime.shared.object_ref import ObjectRef


@attrs.frozen(kw_only=True)
class S3Event:
    """What an event says.

    Attributes:
        id: the event's id, the same in all its deliveries.
        time: when it happened, UTC.
        bucket: name of the bucket.
        key: the object's key, as it is: EventBridge does not URL-encode it (lesson L20).
        version_id: the version, empty where the bucket has none.
        size: bytes; None where the event does not say, as deletions do not.
        sequencer: order among the events of the key, normalised.
        requester: who did it: an AWS account or service.
        reason: the call behind it, for example `PutObject`.
        deletion_type: for deletions, `Permanently Deleted` or `Delete Marker Created`; otherwise empty.
    """

    id: str
    time: datetime
    bucket: str
    key: str
    version_id: str
    size: int | None
    sequencer: str
    requester: str
    reason: str
    deletion_type: str

    @property
    def ref(self) -> ObjectRef:
        """The object."""
        return ObjectRef(self.bucket, self.key)


def parse(body: str) -> S3Event:
    """Read the body of a queue message.

    The form is AWS's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html

    Args:
        body: an EventBridge event of the source aws.s3, as JSON.

    Returns:
        What it says.

    Raises:
        MalformedMessageError: the text is something else; the message names what is wrong.
    """
    try:
        event: Any = json.loads(body)
        detail = event["detail"]
        entry = detail["object"]
        return S3Event(
            id=_text(event["id"], "id"),
            time=datetime.fromisoformat(event["time"]),
            bucket=_text(detail["bucket"]["name"], "bucket name"),
            key=_text(entry["key"], "key"),
            version_id=entry.get("version-id", ""),
            size=None if entry.get("size") is None else int(entry["size"]),
            sequencer=normalised(entry["sequencer"]),
            requester=detail.get("requester", ""),
            reason=detail.get("reason", ""),
            deletion_type=detail.get("deletion-type", ""),
        )
    except KeyError as error:
        raise MalformedMessageError(f"got a message without {error}; allowed: an EventBridge event of S3") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise MalformedMessageError(f"got a message that is no EventBridge event of S3: {error}") from error


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"the {what} is {value!r}")
    return value
