"""What an environment costs in a month, and what a terabyte verified, a million deposits and a million sweeps cost."""

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from duracloud.cost import assumptions as f
from duracloud.cost import storage
from duracloud.cost import work as work_of
from duracloud.cost.assumptions import Workload
from duracloud.cost.bill import Environment, Line, Part, by_part, capacity_hours, total
from duracloud.cost.work import Batch

VERIFIED_GOAL: Final = 0.25
VERIFIED_STRETCH: Final = 0.10
DEPOSITS_GOAL: Final = 2.50
# With it a batch of ten small deposits ends before its deposits count as slow.
QUICK_MEMORY_MIB: Final = 1280


def checks_of(env: Environment, work: Workload) -> float:
    """Return the checks of a month."""
    return work.objects * f.DAYS_PER_MONTH / env.settings.fixity.check_interval_days


def month(env: Environment, work: Workload) -> list[Line]:
    """Return the bill of a month at the full size of the holdings and the full age of the evidence.

    Raises:
        UnknownPriceError: the table lacks a price of one of the regions.
    """
    checks = checks_of(env, work)
    # People upload in bulk.
    deposited = Batch(number=work.deposits, size=work.mean_size, network=work.read_rate)
    lines = [
        *storage.kept(storage.main_copy(env), work),
        *storage.kept(storage.replica(env), work),
        *storage.replication(env, work),
        *storage.transitions(env, work),
        *storage.lists(env, work, checks),
        env.home(Part.S3_REQUESTS, "uploads", "one PUT per deposit", work.deposits, "s3-put-standard"),
        *work_of.deposits(env, deposited),
        *verification(env, work),
        *work_of.sweep(env, work_of.sweeps_of(env) * work.objects, "objects x sweeps of a month"),
        *work_of.evidence(env, work),
        *_tables(env, work, checks),
        *at_rest(env),
        *_kept_and_notified(env, work, checks),
    ]
    return [line for line in lines if line.quantity]


def verification(env: Environment, work: Workload) -> list[Line]:
    """Return what the checks of a month cost, which come in evenly."""
    checks = checks_of(env, work)
    pace = work_of.even(env, checks)
    return list(work_of.checks(env, Batch(number=checks, size=work.mean_size, pace=pace, network=work.read_rate)))


def terabyte_verified(env: Environment, size: float, network: float) -> list[Line]:
    """Return what it costs to verify 10^12 bytes, in objects of `size` bytes and full batches.

    `network` are the bytes per second that one invocation gets from S3.
    """
    return list(work_of.checks(env, Batch(number=f.TB / size, size=size, network=network)))


def million_deposits(env: Environment, network: float) -> list[Line]:
    """Return what the service takes for a million small deposits in full batches.

    What S3 takes for their upload, replication and storage comes to it, as for any replicated bucket.
    """
    return list(work_of.deposits(env, Batch(number=f.MILLION, size=f.SMALL_OBJECT_BYTES, network=network)))


def million_swept(env: Environment) -> list[Line]:
    """Return what it costs to look once at a million records and their schedule rows."""
    return list(work_of.sweep(env, f.MILLION, "records"))


def at_rest(env: Environment) -> Iterator[Line]:
    """Yield what an environment costs in a month in which nothing happens, and in which it has no bucket."""
    counts = env.counts
    polls = counts.queues * f.IDLE_POLLS_PER_QUEUE
    yield env.home(Part.QUEUES, "looking for messages", f"{counts.queues} queues, 5 in 20 s", polls, "sqs-request")
    yield env.home(Part.LOGS, "alarms", "metrics that they watch", counts.alarm_metrics, "cloudwatch-alarm")
    how = f"{counts.hourly_metrics} all the time, {counts.daily_metrics} in one hour of a day"
    metrics = counts.hourly_metrics + counts.daily_metrics / 24
    yield env.home(Part.LOGS, "own metrics", how, metrics, "cloudwatch-metric")
    yield env.home(Part.LOGS, "dashboards", "one per environment", counts.dashboards, "cloudwatch-dashboard")
    yield env.home(Part.KEYS, "signing key", "one", 1, "kms-key")


def _tables(env: Environment, work: Workload, checks: float) -> Iterator[Line]:
    item = f.CHECK_RECORD_BYTES + f.SCHEDULE_ROW_BYTES + 2 * f.ITEM_OVERHEAD_BYTES
    gigabytes = work.objects * item / f.GIB
    yield env.home(Part.TABLES, "storage", f"{item:,} B per object", gigabytes, "dynamodb-storage")
    yield env.home(Part.TABLES, "continuous backup", "the same", gigabytes, "dynamodb-point-in-time-recovery")
    if env.settings.tables.provisioned:
        yield from _least_capacity(env, work, checks)


def _least_capacity(env: Environment, work: Workload, checks: float) -> Iterator[Line]:
    """Yield what provisioned tables cost besides what is used, because there is a least capacity."""
    sweeps = work_of.sweeps_of(env) * work.objects
    records_written = work_of.write_units(f.DEPOSIT_RECORD_BYTES) * work.deposits
    records_written += work_of.write_units(f.CHECK_RECORD_BYTES) * checks
    records_read = checks + (sweeps + work.objects) * work_of.in_order(f.CHECK_RECORD_BYTES)
    rows_read = sweeps * work_of.in_order(f.SCHEDULE_ROW_BYTES)
    used = {"write": (records_written, work.deposits + checks), "read": (records_read, rows_read)}
    capacity = env.settings.tables.min_capacity
    for kind, tables in used.items():
        idle = sum(max(0.0, capacity * f.HOURS_PER_MONTH - capacity_hours(units)) for units in tables)
        how = f"{capacity} in each of two tables, less what is used"
        yield env.home(Part.TABLES, f"least {kind} capacity", how, idle, f"dynamodb-{kind}-capacity")


def _kept_and_notified(env: Environment, work: Workload, checks: float) -> Iterator[Line]:
    settings = env.settings
    months = settings.log_retention_days / f.DAYS_PER_MONTH
    logged = (work.deposits + checks) * f.OBJECT_LOG_BYTES * months * f.LOG_RATIO / f.GIB
    how = f"{f.LOG_RATIO:.0%} of what {months:.0f} months wrote"
    yield env.home(Part.LOGS, "logs, kept", how, logged, "cloudwatch-log-storage")
    yield env.home(Part.KEYS, "signatures", "one a day", f.DAYS_PER_MONTH, "kms-signature")
    if settings.encryption.customer_key:
        yield env.home(Part.KEYS, "customer keys", "one in each region", 2, "kms-key")
        uses = (3 * work.deposits + checks) / f.OBJECTS_PER_KMS_REQUEST
        how = f"one per {f.OBJECTS_PER_KMS_REQUEST} uploads, readings and replications"
        yield env.home(Part.KEYS, "uses of the customer keys", how, uses, "kms-request")
    yield env.home(Part.ALERTS, "alerts", "of a month", f.ALERTS_PER_MONTH, "sns-publish")
    mails = f.ALERTS_PER_MONTH * len(settings.alert_emails)
    yield env.home(Part.ALERTS, "e-mails", "to each address", mails, "sns-email")


@attrs.frozen(kw_only=True)
class Goal:
    """What something costs, what it should cost, and what costs most of it."""

    what: str
    dollars: float
    goal: float
    most: str

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        return "met" if self.dollars <= self.goal else "MISSED"


def goals(env: Environment, works: Iterable[Workload], network: float) -> Iterator[Goal]:
    """Yield the goals: a terabyte verified, in full batches and in each workload; a million deposits."""
    found = [
        (f"1 TB verified, in objects of {f.amount(size)}", terabyte_verified(env, size, network), 1.0)
        for size in (1e8, 1e9)
    ]
    for work in works:
        what = f"1 TB verified, {work.objects:,.0f} objects, {f.amount(work.size)}, as checks come in"
        found.append((what, verification(env, work), checks_of(env, work) * work.mean_size / f.TB))
    for what, lines, terabytes in found:
        yield Goal(what=what, dollars=total(lines) / terabytes, goal=VERIFIED_GOAL, most=dominant(lines))
    deposits, what = million_deposits(env, network), f"1,000,000 deposits of {f.amount(f.SMALL_OBJECT_BYTES)}"
    yield Goal(what=what, dollars=total(deposits), goal=DEPOSITS_GOAL, most=dominant(deposits))


def dominant(lines: list[Line]) -> str:
    """Return what costs most of some lines, and its share, as in `DynamoDB (34%)`."""
    part, dollars = max(by_part(lines).items(), key=lambda item: item[1])
    return f"{part.value} ({dollars / total(lines):.0%})"


def smallest_verified_for(env: Environment, goal: float, network: float) -> float | None:
    """Return the smallest object size, to two digits, at which a terabyte is verified for a goal."""
    sizes = (digits * 10.0**power for power in range(4, 12) for digits in range(10, 100))
    return next((size for size in sizes if total(terabyte_verified(env, size, network)) <= goal), None)


def per_check_and_byte(env: Environment, network: float) -> tuple[float, float]:
    """Return the US dollars of a check without its bytes, and of a byte."""
    large = terabyte_verified(env, 1e9, network)
    byte = sum(line.dollars for line in large if line.what == "checksum-verification, time") / f.TB
    size = f.TB / f.MILLION
    return total(terabyte_verified(env, size, network)) / f.MILLION - byte * size, byte


def alternatives(env: Environment) -> Iterator[tuple[str, Environment]]:
    """Yield the environment as it is and with settings that change what its work costs, each with its name."""
    whole = f.MEMORY_MIB_PER_PROCESSOR
    yield "as it is", env
    yield f"memory_mib of the readers {whole}", with_memory(env, whole)
    yield "tables provisioned", _provisioned(env)


def cheaper_deposits(env: Environment, network: float) -> Iterator[tuple[str, float]]:
    """Yield what a million small deposits cost with one measure after the other; the last two need other code."""
    dollars = total(million_deposits(env, network))
    yield "as it is", dollars
    provisioned = _provisioned(env)
    yield "tables provisioned, even load", total(million_deposits(provisioned, network))
    lines = million_deposits(with_memory(provisioned, QUICK_MEMORY_MIB), network)
    yield f"and memory_mib of file_uploaded {QUICK_MEMORY_MIB}", total(lines)
    units = work_of.write_units(f.DEPOSIT_RECORD_BYTES) + work_of.write_units(f.SCHEDULE_ROW_BYTES)
    smaller = total(lines) - total(lines, Part.TABLES) / units
    yield "and records of at most 1,024 bytes", smaller
    yield "and events of S3 straight into SQS", smaller - total(lines, Part.EVENTS)


def with_memory(env: Environment, memory_mib: int) -> Environment:
    """Return the environment with other memory for the functions that read objects, in MiB."""
    functions = env.settings.functions
    sizes = {
        name: attrs.evolve(getattr(functions, name), memory_mib=memory_mib)
        for name in ("file_uploaded", "checksum_verification")
    }
    return attrs.evolve(env, settings=attrs.evolve(env.settings, functions=attrs.evolve(functions, **sizes)))


def _provisioned(env: Environment) -> Environment:
    tables = attrs.evolve(env.settings.tables, billing="provisioned")
    return attrs.evolve(env, settings=attrs.evolve(env.settings, tables=tables))
