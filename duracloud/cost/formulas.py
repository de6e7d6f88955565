"""How every line of a bill comes about, for docs/cost.md."""

from collections.abc import Iterator, Sequence
from typing import Final

from duracloud.cost import assumptions as f
from duracloud.cost import work as work_of
from duracloud.cost.bill import Environment
from runtime.fixity.deposit import SETTLED
from stacks.config import LEAST_MOVED_EVIDENCE_BYTES

_KIB: Final = 1024


def formulas(environment: Environment) -> Iterator[Sequence[str]]:
    """Yield for each kind of line how it comes about, and why or from which inputs.

    Args:
        environment: the environment whose templates are counted.
    """
    yield from _of_storage()
    yield from _of_work()
    yield from _of_traces(environment)


def _of_storage() -> Iterator[Sequence[str]]:
    first, second = f.FREQUENT_DAYS, f.INFREQUENT_DAYS - f.FREQUENT_DAYS
    overhead, index = f.ARCHIVE_OVERHEAD_BYTES // _KIB, f.ARCHIVE_INDEX_BYTES // _KIB
    smallest = f"{f.SMALLEST_TRANSITION_BYTES // _KIB} KiB"
    yield (
        "main copies, waiting",
        f"d x s x (`main_transition_days` + {f.LIFECYCLE_DELAY_DAYS}) / m, in S3 Standard",
        "lifecycle rules are carried out the day after",
    )
    yield (
        "main copies, settled",
        "n x s - the above, in `main_storage_class`",
        f"under {smallest} everything stays in S3 Standard",
    )
    yield (
        "Intelligent-Tiering",
        f"{first} / i in the frequent, {second} / i in the infrequent, the rest in the archive instant access tier",
        "every check is an access; what is never read is in the last",
    )
    yield "monitoring", "n objects", f"none under {smallest}"
    yield "S3 Standard, frequent tier", "the first 50 TB, the next 450 TB and the rest have their own price", ""
    yield (
        "replicas, waiting and settled",
        "as main copies",
        "`replica_transition_days`, `replication_storage_class`, `replica_storage_class`",
    )
    yield (
        "overhead of archive classes",
        f"n x {overhead} KiB in the class, n x {index} KiB in S3 Standard",
        "no minimum duration is charged: objects stay longer",
    )
    yield (
        "replication",
        (
            "d PUTs in the replica's first class; transfer of d x s;"
            f" {f.REPLICATION_METRICS_PER_BUCKET} metrics per bucket; Replication Time Control of d x s"
        ),
        "every bucket has the metrics, because without them S3 reports no failure; `replication_time_control`",
    )
    yield "transitions", "d for each copy that is moved", ""
    yield "inventories", f"n x m objects listed; n x {f.INVENTORY_LINE_BYTES} B a day kept", "`transient_expiry_days`"
    lines = f.ACCESS_LOG_LINES_PER_DEPOSIT
    yield "access logs", f"({lines} d + c) x {f.ACCESS_LOG_LINE_BYTES} B a month kept", "`access_log_expiry_days`"


def _of_work() -> Iterator[Sequence[str]]:
    batch, call = f.QUEUE_BATCH, _milliseconds(f.CPU_SECONDS_PER_CALL)
    table, settled = _milliseconds(f.TABLE_WAIT_SECONDS), SETTLED.total_seconds()
    yield (
        "S3 requests",
        (
            "d PUTs, d GETs, d HEADs of slow deposits, c GETs, c HEADs of replicas; retrieval of c x s in classes that"
            " charge it"
        ),
        f"a deposit is slow where its batch takes {settled} s: it asks whether the object was deleted meanwhile",
    )
    yield (
        "EventBridge",
        "d uploads; d changes of class of main copies that are moved",
        "S3's events are paid for, as data events that one opts into",
    )
    how = f"EventBridge sends each; Lambda receives and deletes {batch} at once"
    yield "SQS, deposits", f"d x (1 + 2 / {batch})", how
    yield (
        "SQS, checks",
        f"c x (1 / rows per batch, at most {batch}, + 2 / messages per batch)",
        "batches below",
    )
    yield "SQS, looking for messages", "every queue of work x 5 connections x 3 a minute", ""
    yield (
        "Lambda, file-uploaded",
        (
            f"d / {batch} batches of {_milliseconds(work_of.DEPOSIT_WAIT_SECONDS)}"
            f" + {batch} x ({f.CALLS_OF_A_DEPOSIT} x {call} / processors + s / rate);"
            f" slow ones wait {_milliseconds(f.S3_WAIT_SECONDS)} more and make one call more"
        ),
        f"{f.MEMORY_MIB_PER_PROCESSOR:,} MiB are one processor",
    )
    yield (
        "Lambda, checksum-verification",
        (
            f"c / b batches of {_milliseconds(work_of.CHECK_WAIT_SECONDS)}"
            f" + b x ({f.CALLS_OF_A_CHECK} x {call} / processors + s / rate)"
        ),
        f"rate: the slower of `READ_RATE` and processors x 1 GiB / {f.CPU_SECONDS_PER_GIB} s",
    )
    yield (
        "Lambda, verification-due",
        f"c / rows batches of ({table} + {call} / processors) for every {batch} rows",
        "",
    )
    deposit, check, row = map(work_of.write_units, (f.DEPOSIT_RECORD_BYTES, f.CHECK_RECORD_BYTES, f.SCHEDULE_ROW_BYTES))
    yield (
        "DynamoDB, writes",
        f"d x ({deposit} + {row}) + c x ({check} + {row}) units",
        (
            f"{f.WRITE_UNIT_BYTES // _KIB} KiB each: records of {f.DEPOSIT_RECORD_BYTES:,}"
            f" and {f.CHECK_RECORD_BYTES:,} B, rows of {f.SCHEDULE_ROW_BYTES} B"
        ),
    )
    yield "DynamoDB, reads", "c units", f"{f.READ_UNIT_BYTES // _KIB} KiB, consistent"
    yield (
        "DynamoDB, provisioned",
        f"units / 3,600 / {f.PROVISIONED_UTILISATION:.0%} hours; at least `min_capacity` of each kind in each table",
        "the load is taken to be even",
    )


def _of_traces(environment: Environment) -> Iterator[Sequence[str]]:
    record, row = f.CHECK_RECORD_BYTES, f.SCHEDULE_ROW_BYTES
    in_order = 2 * f.READ_UNIT_BYTES
    yield (
        "DynamoDB, storage and backup",
        f"n x {record + row + 2 * f.ITEM_OVERHEAD_BYTES:,} B",
        f"record and row, each with {f.ITEM_OVERHEAD_BYTES} B; streams for Lambda and expiry are free",
    )
    yield (
        "audit trail",
        f"(d + c) / events per file PUTs and invocations; (d + c) x {f.AUDIT_EVENT_BYTES} B a month kept",
        f"{_milliseconds(f.AUDIT_CPU_SECONDS)} of CPU per event",
    )
    yield (
        "sweep",
        (
            f"n x sweeps of a month x ({record:,} + {row}) / {in_order:,} read units;"
            f" a list request for {f.LISTED_AT_ONCE:,} objects"
        ),
        f"`sweep.schedule`; eventually consistent; {_milliseconds(f.SWEEP_SECONDS)} of Lambda per object",
    )
    yield (
        "evidence, kept",
        (
            "in S3 Standard for `evidence_transition_days` + 1 days, then in `evidence_storage_class`, in files of at"
            f" least {f.SMALLEST_TRANSITION_BYTES // _KIB} KiB; one move per file"
        ),
        (
            f"files under {LEAST_MOVED_EVIDENCE_BYTES // _KIB} KiB stay in S3 Standard; `evidence_retention_days`;"
            " an export is taken to be one file, a report one per bucket"
        ),
    )
    yield (
        "monthly export",
        f"n x {record + f.ITEM_OVERHEAD_BYTES:,} B; {f.EXPORT_RATIO:.0%} of it kept",
        "",
    )
    yield (
        "monthly report",
        (
            f"n x {record:,} / {in_order:,} read units; n x {f.REPORT_LINE_BYTES} B kept,"
            f" {_milliseconds(f.REPORT_SECONDS)} of Lambda per object"
        ),
        "`report.schedule`",
    )
    counts = environment.counts
    yield (
        "CloudWatch, alarms and metrics",
        (
            f"{counts.alarm_metrics} metrics under alarms; {counts.hourly_metrics} own metrics all the time and"
            f" {counts.daily_metrics} in one hour of a day; {counts.dashboards} dashboard"
        ),
        "counted in the templates; an alarm on a sum pays for each metric in it",
    )
    yield (
        "CloudWatch, logs",
        f"{f.OBJECT_LOG_BYTES} B per object, {f.INVOCATION_LOG_BYTES:,} B per batch; {f.LOG_RATIO:.0%} of it kept",
        "`log_retention_days`",
    )
    yield (
        "KMS",
        (
            "the signing key, a signature a day; with a customer key 2 keys and"
            f" (3 d + c) / {f.OBJECTS_PER_KMS_REQUEST} requests"
        ),
        "S3 Bucket Keys",
    )
    yield "SNS", f"{f.ALERTS_PER_MONTH} alerts to each address", ""


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:g} ms"
