"""EventBridge's S3 events in queue messages."""

import json
from datetime import datetime
from typing import Any

import attrs

from runtime.fixity.sequencer import normalised
from runtime.shared.errors import MalformedMessageError
from runtime.shared.object_ref import ObjectRef


@attrs.frozen(kw_only=True)
class S3Event:
    """An event of S3."""

    id: str  # the same in all deliveries of the event
    time: datetime  # UTC
    bucket: str
    key: str  # as it is: EventBridge does not URL-encode it (lesson L20)
    version_id: str  # empty in a bucket without versions
    size: int | None  # bytes; None if the event does not say, as deletions do not
    sequencer: str  # order among the events of the key, normalised
    requester: str  # an AWS account or service

    @property
    def ref(self) -> ObjectRef:
        """The object."""
        return ObjectRef(self.bucket, self.key)


def parse(body: str) -> S3Event:
    """Read the body of a queue message: an EventBridge event of the source aws.s3, as JSON.

    The form is AWS's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html

    Raises:
        MalformedMessageError: the text is something else; the error says what is wrong.
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
        )
    except KeyError as error:
        raise MalformedMessageError(f"got a message without {error}; allowed: an EventBridge event of S3") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise MalformedMessageError(f"got a message that is no EventBridge event of S3: {error}") from error


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"the {what} is {value!r}")
    return value
