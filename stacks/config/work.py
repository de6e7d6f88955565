"""Settings of what works on objects: requests, checks, exports, the audit trail, sweeps and reports."""

import re
from typing import Final

import attrs

from runtime.contract import DIGEST_ALGORITHMS, OBJECT_LOCKS, ObjectLock
from stacks.config.fields import checked, flag, matching, number, one_of

_SCHEDULE: Final = re.compile(
    r"cron\(\S+( \S+){5}\)|rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)"
)
# Every day, once or more: a day that is signed later than the day after counts as late.
_DAILY: Final = re.compile(
    r"cron\(\S+ \S+ (\*|\?) \* (\*|\?) \*\)|rate\((1 day|1 hour|([2-9]|1\d|2[0-4]) hours|1 minute|\d{1,3} minutes)\)"
)
_STATED: Final = "stated"
_READ: Final = "read"


def _schedule(meaning: str, default: str) -> str:
    return matching(_SCHEDULE, "an EventBridge schedule, cron(...) or rate(...)", f"{meaning}, in UTC", default=default)


@attrs.frozen(kw_only=True)
class Fixity:
    """How objects are checked."""

    digests: tuple[str, ...] = checked(
        lambda names: bool(names) and len(set(names)) == len(names) and set(names) <= set(DIGEST_ALGORITHMS),
        f"one or more of {', '.join(DIGEST_ALGORITHMS)}, each once",
        "digests of a deposit; the first is shown as `Checksum`",
        default=("sha256", "md5", "crc64nvme"),
    )
    check_interval_days: int = number(1, 3650, "time between two checks of an object", default=180, unit="days")
    batch_concurrency: int = number(
        1, 100, "objects that one invocation reads at the same time", default=10, unit="objects"
    )
    assumed_read_rate: int = number(
        1_000_000,
        10_000_000_000,
        "assumed read rate; an object that does not fit the time left at this rate is deferred",
        default=50_000_000,
        unit="bytes a second",
    )
    replica_check: str = one_of(
        (_STATED, _READ),
        "compare the baseline with what S3 states of a replica, or with its bytes as well where its storage class"
        " allows reading (transfer between regions is paid for)",
        default=_STATED,
    )

    @property
    def reads_replicas(self) -> bool:
        """Whether the bytes of replicas are read."""
        return self.replica_check == _READ


@attrs.frozen(kw_only=True)
class Requests:
    """What a bucket request may ask for."""

    max_buckets_per_request: int = number(1, 50, "names in one request file", default=5, unit="names")
    public_buckets_allowed: bool = flag(
        "names may end in `-public`; everyone on the internet may read such a bucket", default=False
    )
    replication_time_control: bool = flag("S3 promises replication within 15 minutes, which costs extra", default=True)
    settling_minutes: int = number(
        0,
        60,
        "a new bucket stays closed, until S3 announces and shows every upload; AWS says 15",
        default=15,
        unit="minutes",
    )


@attrs.frozen(kw_only=True)
class Delivery:
    """How messages reach the functions."""

    batch_window_seconds: int = number(
        0, 300, "longest wait for a batch of uploads or deletions to fill", default=5, unit="seconds"
    )
    check_window_seconds: int = number(
        0,
        300,
        "longest wait for a batch of due checks to fill, once in the stream and once in the queue",
        default=300,
        unit="seconds",
    )
    alert_window_seconds: int = number(
        0, 300, "longest wait for failures that go into one e-mail", default=60, unit="seconds"
    )
    max_receives: int = number(
        1, 100, "attempts at a message before it is sent to the dead-letter queue", default=3, unit="attempts"
    )
    verification_max_receives: int = number(1, 100, "the same for checks", default=5, unit="attempts")


@attrs.frozen(kw_only=True)
class Export:
    """When the checksum table is exported."""

    schedule: str = _schedule("start of an export", "cron(0 4 1 * ? *)")
    follow_schedule: str = _schedule("when a running export is looked at", "rate(1 hour)")


@attrs.frozen(kw_only=True)
class Audit:
    """How the audit trail is written and signed."""

    object_lock: str = one_of(
        OBJECT_LOCKS,
        "how S3 locks files of the audit trail while evidence is kept; a permission of its own lifts `governance`,"
        " nobody lifts `compliance`",
        default=ObjectLock.GOVERNANCE,
    )
    window_seconds: int = number(0, 300, "longest wait for events to fill a file", default=300, unit="seconds")
    schedule: str = matching(
        _DAILY,
        "an EventBridge schedule of every day, cron(... * * ? *) or rate(... hours)",
        "when all days before are signed, in UTC",
        default="cron(30 0 * * ? *)",
    )
    # CloudWatch looks back a week at most.
    silence_days: int = number(1, 7, "an alarm fires after this time without a signature", default=2, unit="days")

    @property
    def locks(self) -> bool:
        """Whether files are locked."""
        return self.object_lock != ObjectLock.NONE


@attrs.frozen(kw_only=True)
class Sweep:
    """How the service looks for objects that are overdue, not scheduled or not recorded."""

    schedule: str = _schedule("start of a sweep", "cron(0 3 * * ? *)")
    slice_records: int = number(100, 1_000_000, "objects that one invocation looks at", default=100_000, unit="objects")
    grace_days: int = number(
        1,
        365,
        "a check may be late by this before its object counts as overdue; DynamoDB may be two days late",
        default=3,
        unit="days",
    )
    young_hours: int = number(
        0, 168, "an object uploaded within this time before a sweep need not have a record yet", default=1, unit="hours"
    )
    # CloudWatch looks back seven days at most:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    silence_days: int = number(
        1,
        7,
        "an alarm fires after this time without the end of a sweep; leave slack, so no schedule beyond `rate(5 days)`",
        default=2,
        unit="days",
    )


@attrs.frozen(kw_only=True)
class Report:
    """When reports are written, and what they look back on."""

    schedule: str = _schedule("start of a report", "cron(0 5 1 * ? *)")
    period_days: int = number(
        1, 366, "whole days before a report whose incidents and recoveries it shows", default=31, unit="days"
    )
