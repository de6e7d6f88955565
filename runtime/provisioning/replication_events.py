"""What S3 reports of replications that do not go as they should."""

from enum import StrEnum

import attrs

from runtime.shared.object_ref import ObjectRef


class ReplicationProblem(StrEnum):
    """What went wrong with the replication of an object version.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-metrics-events.html
    """

    FAILED = "OperationFailedReplication"
    LATE = "OperationMissedThreshold"

    @property
    def event(self) -> str:
        """The event's name in the notification configuration of a bucket."""
        return f"s3:Replication:{self.value}"


@attrs.frozen(kw_only=True)
class ReplicationReport:
    """One object version that S3 could not replicate, or not in time.

    Attributes:
        problem: what went wrong.
        ref: the object in its main bucket.
        version_id: the version.
        destination: the bucket that should have got it, as S3 names it; empty where it does not say.
        reason: S3's code for why it failed; empty where it does not say.
    """

    problem: ReplicationProblem
    ref: ObjectRef
    version_id: str
    destination: str
    reason: str
