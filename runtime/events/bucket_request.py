"""The bucket request behind an event of S3."""

from runtime.events.eventbridge_s3 import S3Event
from runtime.provisioning.request_result import BucketRequest


def bucket_request(event: S3Event) -> BucketRequest:
    """Return the request of the event of a request file."""
    return BucketRequest(
        bucket=event.bucket,
        key=event.key,
        version_id=event.version_id,
        requester=event.requester,
        received_at=event.time,
        event_id=event.id,
    )
