"""S3's events about failed and late replications."""

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
    """One object version that S3 could not replicate, or not in time."""

    problem: ReplicationProblem
    ref: ObjectRef  # in the main bucket
    version_id: str
    destination: str  # replica bucket as S3 names it; empty if S3 does not say
    reason: str  # S3's code; empty if S3 does not say
