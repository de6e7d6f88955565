"""What an environment costs in a month, and what a terabyte verified, a million deposits and a million sweeps cost."""

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from duracloud.cost import assumptions as f
from duracloud.cost import storage
from duracloud.cost import work as work_of
from duracloud.cost.assumptions import Workload
from duracloud.cost.bill import Environment, Line, Part, capacity_hours, line, total
from duracloud.cost.work import FULL, Batch

VERIFIED_GOAL: Final = 0.25
VERIFIED_STRETCH: Final = 0.10
DEPOSITS_GOAL: Final = 2.50


def checks_of(environment: Environment, work: Workload) -> float:
    """Return the checks of a month."""
    return work.objects * f.DAYS_PER_MONTH / environment.settings.fixity.check_interval_days


def month(environment: Environment, work: Workload) -> list[Line]:
    """Return the bill of a month in which the holdings have their size, and evidence is as old as it gets.

    Raises:
        UnknownPriceError: the table lacks a price of one of the regions.
    """
    checks = checks_of(environment, work)
    lines = [
        *storage.kept(environment, storage.main_copy(environment), work),
        *storage.kept(environment, storage.replica(environment), work),
        *storage.replication(environment, work),
        *storage.transitions(environment, work),
        *storage.lists(environment, work, checks),
        line(Part.S3_REQUESTS, "uploads", "one PUT per deposit", work.deposits, environment.home("s3-put-standard")),
        *work_of.deposits(environment, _batch(work, work.deposits)),
        *verification(environment, work),
        *work_of.sweep(environment, work_of.sweeps_of(environment) * work.objects, "objects x sweeps of a month"),
        *work_of.evidence(environment, work),
        *_tables(environment, work, checks),
        *_kept_and_told(environment, work, checks),
    ]
    return [found for found in lines if found.quantity]


def verification(environment: Environment, work: Workload) -> list[Line]:
    """Return what the checks of a month cost, which come in evenly."""
    checks = checks_of(environment, work)
    batch = attrs.evolve(_batch(work, checks), pace=work_of.even(environment, checks))
    return list(work_of.checks(environment, batch))


def terabyte_verified(environment: Environment, size: float, network: float) -> list[Line]:
    """Return what it costs to verify 10^12 bytes in full batches.

    Args:
        environment: the environment.
        size: bytes of each object.
        network: bytes per second that one invocation gets from S3.
    """
    batch = Batch(number=f.TB / size, size=size, pace=FULL, network=network)
    return list(work_of.checks(environment, batch))


def million_deposits(environment: Environment, network: float) -> list[Line]:
    """Return what the service takes for a million small deposits in full batches.

    What S3 takes for their upload, replication and storage comes to it, as for any replicated bucket.
    """
    batch = Batch(number=f.MILLION, size=f.SMALL_OBJECT_BYTES, pace=FULL, network=network)
    return list(work_of.deposits(environment, batch))


def million_swept(environment: Environment) -> list[Line]:
    """Return what it costs to look once at a million records and their schedule rows."""
    return list(work_of.sweep(environment, f.MILLION, "records"))


def alternatives(environment: Environment) -> Iterator[tuple[str, Environment]]:
    """Yield the environment as it is and with settings that change what its work costs, each with its name."""
    yield "as it is", environment
    yield (
        f"memory_mib of the readers {f.MEMORY_MIB_PER_PROCESSOR}",
        with_memory(environment, f.MEMORY_MIB_PER_PROCESSOR),
    )
    yield "tables provisioned", _provisioned(environment)


def with_memory(environment: Environment, memory_mib: int) -> Environment:
    """Return the environment with other memory for the functions that read objects, in MiB."""
    functions = environment.settings.functions
    changed = attrs.evolve(
        functions,
        file_uploaded=attrs.evolve(functions.file_uploaded, memory_mib=memory_mib),
        checksum_verification=attrs.evolve(functions.checksum_verification, memory_mib=memory_mib),
    )
    return attrs.evolve(environment, settings=attrs.evolve(environment.settings, functions=changed))


def _provisioned(environment: Environment) -> Environment:
    tables = attrs.evolve(environment.settings.tables, billing="provisioned")
    return attrs.evolve(environment, settings=attrs.evolve(environment.settings, tables=tables))


def _batch(work: Workload, number: float) -> Batch:
    # People upload in bulk.
    return Batch(number=number, size=work.mean_size, pace=FULL, network=work.read_rate)


def _tables(environment: Environment, work: Workload, checks: float) -> Iterator[Line]:
    item = f.CHECK_RECORD_BYTES + f.SCHEDULE_ROW_BYTES + 2 * f.ITEM_OVERHEAD_BYTES
    gigabytes = work.objects * item / f.GIB
    yield line(Part.TABLES, "storage", f"{item:,} B per object", gigabytes, environment.home("dynamodb-storage"))
    backup = environment.home("dynamodb-point-in-time-recovery")
    yield line(Part.TABLES, "continuous backup", "the same", gigabytes, backup)
    if environment.settings.tables.provisioned:
        yield from _least_capacity(environment, work, checks)


def _least_capacity(environment: Environment, work: Workload, checks: float) -> Iterator[Line]:
    """Yield what provisioned tables cost besides what is used, because there is a least capacity."""
    sweeps = work_of.sweeps_of(environment) * work.objects
    records_written = work_of.write_units(f.DEPOSIT_RECORD_BYTES) * work.deposits
    records_written += work_of.write_units(f.CHECK_RECORD_BYTES) * checks
    used = {
        "write": (records_written, work.deposits + checks),
        "read": (
            checks + (sweeps + work.objects) * work_of.in_order(f.CHECK_RECORD_BYTES),
            sweeps * work_of.in_order(f.SCHEDULE_ROW_BYTES),
        ),
    }
    capacity = environment.settings.tables.min_capacity
    for kind, tables in used.items():
        idle = sum(max(0.0, capacity * f.HOURS_PER_MONTH - capacity_hours(units)) for units in tables)
        how = f"{capacity} in each of two tables, less what is used"
        price = environment.home(f"dynamodb-{kind}-capacity")
        yield line(Part.TABLES, f"least {kind} capacity", how, idle, price)


def at_rest(environment: Environment) -> Iterator[Line]:
    """Yield what an environment costs in a month in which nothing happens, and in which it has no bucket."""
    counts, home = environment.counts, environment.home
    polls = counts.queues * f.IDLE_POLLS_PER_QUEUE
    yield line(Part.QUEUES, "looking for messages", f"{counts.queues} queues, 5 in 20 s", polls, home("sqs-request"))
    alarms = home("cloudwatch-alarm")
    yield line(Part.LOGS, "alarms", "metrics that they watch", counts.alarm_metrics, alarms)
    how = f"{counts.hourly_metrics} all the time, {counts.daily_metrics} in one hour of a day"
    metrics = counts.hourly_metrics + counts.daily_metrics / 24
    yield line(Part.LOGS, "own metrics", how, metrics, home("cloudwatch-metric"))
    yield line(Part.LOGS, "dashboards", "one per environment", counts.dashboards, home("cloudwatch-dashboard"))
    yield line(Part.KEYS, "signing key", "one", 1, home("kms-key"))


def _kept_and_told(environment: Environment, work: Workload, checks: float) -> Iterator[Line]:
    settings, home = environment.settings, environment.home
    yield from at_rest(environment)
    months = settings.log_retention_days / f.DAYS_PER_MONTH
    written = (work.deposits + checks) * f.OBJECT_LOG_BYTES * months
    how = f"{f.LOG_RATIO:.0%} of what {months:.0f} months wrote"
    yield line(Part.LOGS, "logs, kept", how, written * f.LOG_RATIO / f.GIB, home("cloudwatch-log-storage"))
    yield line(Part.KEYS, "signatures", "one a day", f.DAYS_PER_MONTH, home("kms-signature"))
    if settings.encryption.customer_key:
        yield line(Part.KEYS, "customer keys", "one in each region", 2, home("kms-key"))
        uses = (3 * work.deposits + checks) / f.OBJECTS_PER_KMS_REQUEST
        how = f"one per {f.OBJECTS_PER_KMS_REQUEST} uploads, readings and replications"
        yield line(Part.KEYS, "uses of the customer keys", how, uses, home("kms-request"))
    mails = f.ALERTS_PER_MONTH * len(settings.alert_emails)
    yield line(Part.ALERTS, "alerts", "of a month", f.ALERTS_PER_MONTH, home("sns-publish"))
    yield line(Part.ALERTS, "e-mails", "to each address", mails, home("sns-email"))


def dominant(lines: Sequence[Line]) -> str:
    """Return what costs most of some lines, and its share, as in `DynamoDB (34 %)`."""
    whole = total(lines)
    part, dollars = max(
        ((part, total(found for found in lines if found.part is part)) for part in Part), key=lambda item: item[1]
    )
    return f"{part.value} ({dollars / whole:.0%})"
