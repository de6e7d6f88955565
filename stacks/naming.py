"""Names of everything that the stacks make: pure functions, no CDK."""

from typing import Final

from runtime.contract import BucketSuffix, access_log_prefix, bucket_name

__all__ = ["access_log_prefix", "bucket_name"]

OBJECT_CREATED: Final = "object-created"
OBJECT_DELETED: Final = "object-deleted"
BUCKET_REQUESTS: Final = "bucket-requests"
VERIFICATION: Final = "verification"
SWEEP: Final = "sweep"
REPORTS: Final = "reports"
REPLICATION_EVENTS: Final = "replication-events"

ALERTS: Final = "alerts"

CHECKSUMS: Final = "checksums"
SCHEDULE: Final = "schedule"

BASE: Final = "base"
STORAGE: Final = "storage"
INTEGRITY: Final = "integrity"
MONITORING: Final = "monitoring"


POWER_USERS: Final = "S3PowerUsers"
USERS: Final = "S3Users"


def group_name(prefix: str, group: str) -> str:
    """Return the name of a user group and of its policy, which permission sets of IAM Identity Center name."""
    return f"{prefix}-{group}"


def stack_name(environment: str, layer: str) -> str:
    """Return the name of a stack."""
    return resource_name(environment, layer)


def resource_name(environment: str, name: str) -> str:
    """Return the physical name of a queue, table, topic or alarm."""
    return f"duracloud-{environment}-{name}"


def parameter_name(environment: str, layer: str, name: str) -> str:
    """Return the name of an SSM parameter, which people and tools outside the app rely on."""
    return f"/duracloud/{environment}/{layer}/{name}"


def bucket_arn(name: str) -> str:
    """Return the ARN, or ARN pattern, of a bucket by its name or name pattern."""
    return f"arn:aws:s3:::{name}"


def objects_arn(name: str, keys: str = "*") -> str:
    """Return the ARN pattern of objects by the bucket's name or name pattern and a pattern of keys."""
    return f"{bucket_arn(name)}/{keys}"


def any_bucket(prefix: str) -> str:
    """Return the pattern of all bucket names of an environment; the dash keeps siblings out (lesson L21)."""
    return bucket_name(prefix, "*")


def any_replica(prefix: str) -> str:
    """Return the pattern of all replica names of an environment."""
    return bucket_name(prefix, f"*-{BucketSuffix.REPLICA}")


def topic_arn(region: str, account: str, name: str) -> str:
    """Return the ARN of a topic by its name."""
    return f"arn:aws:sns:{region}:{account}:{name}"


def alarms_arn(region: str, account: str) -> str:
    """Return the ARN pattern of all alarms."""
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:*"


def table_arn(region: str, account: str, name: str) -> str:
    """Return the ARN of a table by its name."""
    return f"arn:aws:dynamodb:{region}:{account}:table/{name}"
