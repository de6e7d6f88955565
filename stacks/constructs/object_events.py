"""EventBridge patterns of S3's events: deposits and deletions in main buckets, bucket requests.

In a pattern, conditions on one field are alternatives: "begins with <prefix>-" and "does not end in -repl" on the
bucket's name together match everything. So the beginning is asked of `detail.bucket.name`, and the end of `resources`,
which holds the bucket's ARN. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from typing import Final

from aws_cdk import aws_events as events

from runtime.contract import RESERVED_SUFFIXES, BucketSuffix
from stacks import naming

_SOURCE: Final = ["aws.s3"]
OBJECT_CREATED: Final = "Object Created"
OBJECT_DELETED: Final = "Object Deleted"


def of_main_buckets(prefix: str, kind: str) -> events.EventPattern:
    """Return the pattern of events in main buckets, without replicas and fixed buckets, which then cost nothing."""
    return events.EventPattern(
        source=_SOURCE,
        detail_type=[kind],
        detail={"bucket": {"name": events.Match.prefix(naming.bucket_name(prefix, ""))}},
        resources=events.Match.anything_but_suffix(*(naming.bucket_name("", suffix) for suffix in RESERVED_SUFFIXES)),
    )


def of_requests(prefix: str) -> events.EventPattern:
    """Return the pattern of new files in the request bucket."""
    return events.EventPattern(
        source=_SOURCE,
        detail_type=[OBJECT_CREATED],
        detail={"bucket": {"name": [naming.bucket_name(prefix, BucketSuffix.REQUEST)]}},
    )
