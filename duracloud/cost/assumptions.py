"""What the cost model counts and assumes besides prices and settings: measured figures, sizes, rules of AWS.

Bytes, seconds and numbers as the names say. Each figure says where it comes from.
"""

from typing import Final

import attrs

GIB: Final = 1024**3
TB: Final = 10**12
MILLION: Final = 1_000_000
DAYS_PER_MONTH: Final = 365.25 / 12
HOURS_PER_MONTH: Final = 24 * DAYS_PER_MONTH
SECONDS_PER_MONTH: Final = 3600 * HOURS_PER_MONTH

# Measured: benchmarks/README.md, on 2026-11-21, on two virtual Intel Xeon cores that others used too: the least of
# several runs. Graviton was not measured and is taken to be as fast.
# Reading over TLS and hashing with SHA-256, MD5 and CRC64NVME; other digests were not measured.
CPU_SECONDS_PER_GIB: Final = 2.75
# A small deposit takes 4.1 ms and makes three calls of AWS.
CPU_SECONDS_PER_CALL: Final = 0.0014

# Measured by tests/cost/test_sizes.py on what the code writes, for a key of 46 characters.
DEPOSIT_RECORD_BYTES: Final = 1_318
CHECK_RECORD_BYTES: Final = 1_826
SCHEDULE_ROW_BYTES: Final = 217
# The lines of an object in its bucket's list and in the file for sha256sum.
REPORT_LINE_BYTES: Final = 449
OBJECT_LOG_BYTES: Final = 340
INVOCATION_LOG_BYTES: Final = 1_200

# AWS's rules.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MEMORY_MIB_PER_PROCESSOR: Final = 1_769
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
SMALLEST_TRANSITION_BYTES: Final = 128 * 1024
ARCHIVE_OVERHEAD_BYTES: Final = 32 * 1024
ARCHIVE_INDEX_BYTES: Final = 8 * 1024
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html
FREQUENT_DAYS: Final = 30
INFREQUENT_DAYS: Final = 90
# A lifecycle rule is carried out after the midnight that follows its day.
LIFECYCLE_DELAY_DAYS: Final = 1
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
WRITE_UNIT_BYTES: Final = 1024
READ_UNIT_BYTES: Final = 4096
ITEM_OVERHEAD_BYTES: Final = 100
# Of application auto-scaling, as CDK sets it.
PROVISIONED_UTILISATION: Final = 0.7
# Lambda polls a queue by five connections that wait 20 seconds each:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
IDLE_POLLS_PER_QUEUE: Final = SECONDS_PER_MONTH / 20 * 5
# Of a rule, with Replication Time Control and without:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
REPLICATION_METRICS_PER_BUCKET: Final = 4
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html; a list is paid for like a PUT.
LISTED_AT_ONCE: Final = 1_000

# As the service is built: calls of AWS for an object, batches of queue messages and of stream records.
CALLS_OF_A_DEPOSIT: Final = 3
CALLS_OF_A_CHECK: Final = 5
QUEUE_BATCH: Final = 10
STREAM_BATCH: Final = 500
STREAM_SHARDS: Final = 4

# Assumed.
# Until the first byte of S3's answer, of S3's answer in the other region, and of DynamoDB's answer.
S3_WAIT_SECONDS: Final = 0.03
REPLICA_WAIT_SECONDS: Final = 0.1
TABLE_WAIT_SECONDS: Final = 0.005
# Of one event for the audit trail, of one object in a sweep, or of one record in a report.
AUDIT_CPU_SECONDS: Final = 0.001
SWEEP_SECONDS: Final = 0.000_2
REPORT_SECONDS: Final = 0.000_25
AUDIT_EVENT_BYTES: Final = 200
INVENTORY_LINE_BYTES: Final = 80
ACCESS_LOG_LINE_BYTES: Final = 700
ACCESS_LOG_LINES_PER_DEPOSIT: Final = 4
# Compressed to: exports by DynamoDB, logs by CloudWatch.
EXPORT_RATIO: Final = 0.25
LOG_RATIO: Final = 0.15
# Objects that one call of KMS serves with S3 Bucket Keys.
OBJECTS_PER_KMS_REQUEST: Final = 100
ALERTS_PER_MONTH: Final = 20
SMALL_OBJECT_BYTES: Final = 10_000


@attrs.frozen(kw_only=True)
class Workload:
    """What is kept, and what happens to it in a month."""

    objects: float
    size: float  # bytes of all objects
    deposits: float  # of a month, of mean size
    buckets: float = 10
    read_rate: float = 75_000_000  # bytes per second that one invocation gets from S3

    @property
    def mean_size(self) -> float:
        """Bytes of an object: the model takes all objects to be of the same size."""
        return self.size / self.objects


def amount(value: float) -> str:
    """Return bytes as people say them, as in `10 MB`."""
    for power, letter in reversed(list(enumerate("KMGTPE", 1))):
        if value >= 1000**power:
            return f"{value / 1000**power:.3g} {letter}B"
    return f"{value:.3g} B"
