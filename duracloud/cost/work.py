"""What the service's own work costs: deposits, checks, sweeps, and the evidence that they leave."""

import re
from collections.abc import Iterator
from math import ceil
from typing import Final

import attrs

from duracloud.cost import assumptions as f
from duracloud.cost.assumptions import Workload
from duracloud.cost.bill import Environment, Line, Part, price_name
from duracloud.cost.storage import ARCHIVES, RETRIEVAL_FEES, kept_evidence, main_copy, replica
from runtime.fixity.deposit import SETTLED
from stacks.config import Sizing

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_DAYS: Final = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1}
# Time until all answers for an object arrive: from S3 and the tables; for a check also from S3 in the other region.
_DEPOSIT_WAIT: Final = f.S3_WAIT_SECONDS + 2 * f.TABLE_WAIT_SECONDS
_CHECK_WAIT: Final = f.S3_WAIT_SECONDS + f.REPLICA_WAIT_SECONDS + 3 * f.TABLE_WAIT_SECONDS


@attrs.frozen(kw_only=True)
class Pace:
    """How full batches are."""

    queue: float = f.QUEUE_BATCH  # messages that a function gets from a queue at once
    stream: float = f.STREAM_BATCH  # expired rows that are put into the queue at once
    audit: float = f.STREAM_BATCH  # events in one file of the audit trail


# In a bulk load all objects arrive before work on the first begins.
FULL: Final = Pace()


def even(env: Environment, number: float) -> Pace:
    """Return how full batches are if `number` objects arrive evenly over a month."""
    window, shards = env.settings.delivery.check_window_seconds, f.STREAM_SHARDS
    return Pace(
        queue=_filled(number, window, 1, f.QUEUE_BATCH),
        stream=_filled(number, window, shards, f.STREAM_BATCH),
        audit=_filled(number, env.settings.audit.window_seconds, shards, f.STREAM_BATCH),
    )


def read_rate(memory_mib: int, network: float) -> float:
    """Return the bytes per second that an invocation reads and hashes: the slower of network and processors."""
    return min(network, memory_mib / f.MEMORY_MIB_PER_PROCESSOR * f.GIB / f.CPU_SECONDS_PER_GIB)


@attrs.frozen(kw_only=True)
class Batch:
    """Objects of the same size that are worked on at the same pace."""

    number: float
    size: float  # bytes of each
    pace: Pace = FULL
    network: float  # bytes per second that one invocation gets from S3


def deposits(env: Environment, batch: Batch) -> Iterator[Line]:
    """Yield what deposits cost, without what S3 charges for uploads, replication and storage."""
    number, queue = batch.number, batch.pace.queue
    moves = main_copy(env).moves(batch.size)
    how = "one per deposit and one per change of class" if moves else "one per deposit"
    yield env.home(Part.EVENTS, "events of S3", how, number * (2 if moves else 1), "eventbridge-event")
    get = "s3-get-standard"
    yield env.home(Part.S3_REQUESTS, "reading deposits", "one GET per deposit", number, get)
    if slow := _slow(env, batch):
        how = f"one HEAD per deposit: a batch takes longer than {SETTLED.total_seconds()} s"
        yield env.home(Part.S3_REQUESTS, "looking at slow deposits", how, number, get)
    how = f"one sent per deposit, a receive and a delete per {queue:.3g}"
    yield env.home(Part.QUEUES, "messages of deposits", how, number * (1 + 2 / queue), "sqs-request")
    memory = env.settings.functions.file_uploaded.memory_mib
    seconds = _depositing(env, batch, slow=slow)
    yield from _invocations(env, (Part.LAMBDA, "file-uploaded"), number / queue, seconds, memory)
    yield _writes(env, "deposits", number, f.DEPOSIT_RECORD_BYTES)
    yield from _traces(env, "deposits", batch)


def checks(env: Environment, batch: Batch) -> Iterator[Line]:
    """Yield what checks cost."""
    yield from reading(env, batch)
    number, pace = batch.number, batch.pace
    head = f"s3-get-{price_name(replica(env).settles_in(batch.size))}"
    yield env.away(Part.S3_REQUESTS, "looking at replicas", "one HEAD per check", number, head)
    memory = env.settings.functions.verification_due.memory_mib
    sent = min(pace.stream, f.QUEUE_BATCH)
    seconds = ceil(pace.stream / sent) * (f.TABLE_WAIT_SECONDS + _alone(f.CPU_SECONDS_PER_CALL, memory))
    yield from _invocations(env, (Part.LAMBDA, "verification-due"), number / pace.stream, seconds, memory)
    how = f"a batch sent per {sent:.3g} checks, a receive and a delete per {pace.queue:.3g}"
    yield env.home(Part.QUEUES, "messages of checks", how, number * (1 / sent + 2 / pace.queue), "sqs-request")
    units = ceil(f.CHECK_RECORD_BYTES / f.READ_UNIT_BYTES)
    yield env.units(Part.TABLES, "reading the record", f"{units} unit per check, consistent", number * units, "read")
    yield _writes(env, "checks", number, f.CHECK_RECORD_BYTES)
    yield from _traces(env, "checks", batch)


def reading(env: Environment, batch: Batch) -> Iterator[Line]:
    """Yield the costs of reading the bytes: requests, retrieval, transfer and Lambda."""
    number, gigabytes = batch.number, batch.number * batch.size / f.GIB
    main, other = main_copy(env).settles_in(batch.size), replica(env).settles_in(batch.size)
    get = f"s3-get-{price_name(main)}"
    yield env.home(Part.S3_REQUESTS, "reading main copies", "one GET per check", number, get)
    if main in RETRIEVAL_FEES:
        fee = f"s3-retrieval-{price_name(main)}"
        yield env.home(Part.S3_REQUESTS, "retrieval of main copies", "bytes checked", gigabytes, fee)
    wait, read = _CHECK_WAIT, batch
    if replica(env).interval is not None and other not in ARCHIVES:
        wait, read = wait + f.REPLICA_WAIT_SECONDS, attrs.evolve(batch, size=2 * batch.size)
        get, transfer = f"s3-get-{price_name(other)}", f"transfer-to-{env.settings.region}"
        yield env.away(Part.S3_REQUESTS, "reading replicas", "one GET per check", number, get)
        yield env.away(Part.S3_REQUESTS, "transfer of replicas", "bytes checked", gigabytes, transfer)
        if other in RETRIEVAL_FEES:
            fee = f"s3-retrieval-{price_name(other)}"
            yield env.away(Part.S3_REQUESTS, "retrieval of replicas", "bytes checked", gigabytes, fee)
    sizing = env.settings.functions.checksum_verification
    seconds = _seconds(env, sizing, read, f.CALLS_OF_A_CHECK, wait)
    named = (Part.LAMBDA, "checksum-verification")
    yield from _invocations(env, named, number / batch.pace.queue, seconds, sizing.memory_mib)


def sweep(env: Environment, records: float, how: str) -> Iterator[Line]:
    """Yield the costs of sweeping records, their schedule rows and S3's list of their objects.

    `how` explains the number of records.
    """
    units = in_order(f.CHECK_RECORD_BYTES) + in_order(f.SCHEDULE_ROW_BYTES)
    yield env.units(Part.SWEEP, "reading records and rows", f"{how} x {units:.3f}", records * units, "read")
    lists = records / f.LISTED_AT_ONCE
    yield env.home(Part.SWEEP, "listing objects", f"{how} / {f.LISTED_AT_ONCE:,}", lists, "s3-put-standard")
    yield _looking(env, Part.SWEEP, how, records, f.SWEEP_SECONDS)


def evidence(env: Environment, work: Workload) -> Iterator[Line]:
    """Yield what the monthly export of the checksum table and the monthly report cost, and keeping them."""
    objects, part = work.objects, Part.REPORT
    table = objects * (f.CHECK_RECORD_BYTES + f.ITEM_OVERHEAD_BYTES)
    yield env.home(part, "export", "size of the checksum table", table / f.GIB, "dynamodb-export")
    how = f"{f.EXPORT_RATIO:.0%} of that size"
    yield from kept_evidence(env, part, "exports", how, (table * f.EXPORT_RATIO, 1))
    units = in_order(f.CHECK_RECORD_BYTES)
    yield env.units(part, "reading records", f"objects x {units:.3f}", objects * units, "read")
    yield _looking(env, part, "objects", objects, f.REPORT_SECONDS)
    how = f"{f.REPORT_LINE_BYTES} B per object"
    yield from kept_evidence(env, part, "reports", how, (objects * f.REPORT_LINE_BYTES, work.buckets))


def sweeps_of(env: Environment) -> float:
    """Return the sweeps of a month; a `cron` schedule is taken to be daily."""
    match = _RATE.fullmatch(env.settings.sweep.schedule)
    return f.DAYS_PER_MONTH if match is None else f.DAYS_PER_MONTH / int(match[1]) / _DAYS[match[2]]


def in_order(size: int) -> float:
    """Return the read units of an item of `size` bytes that is read among many, eventually consistent."""
    return size / f.READ_UNIT_BYTES / 2


def write_units(size: int) -> int:
    """Return the write units of an item of `size` bytes."""
    return ceil(size / f.WRITE_UNIT_BYTES)


def _filled(number: float, window_seconds: float, sources: int, most: int) -> float:
    return min(most, 1 + number / f.SECONDS_PER_MONTH / sources * window_seconds)


def _depositing(env: Environment, batch: Batch, *, slow: bool) -> float:
    """Return how long a batch of deposits takes; slow ones ask S3 once more."""
    wait = _DEPOSIT_WAIT + (f.S3_WAIT_SECONDS if slow else 0)
    return _seconds(env, env.settings.functions.file_uploaded, batch, f.CALLS_OF_A_DEPOSIT + slow, wait)


def _slow(env: Environment, batch: Batch) -> bool:
    """Return whether deposits take so long that each one asks S3 whether it was deleted meanwhile.

    Concurrent deposits share the processor, so each is assumed to take as long as all of them together.
    """
    together = min(batch.pace.queue, env.settings.fixity.batch_concurrency)
    at_once = attrs.evolve(batch, pace=attrs.evolve(batch.pace, queue=together))
    return _depositing(env, at_once, slow=False) >= SETTLED.total_seconds()


def _alone(cpu_seconds: float, memory_mib: int) -> float:
    """Return how long Python takes for CPU seconds: it uses one processor at most, and less if memory is small."""
    return cpu_seconds / min(1, memory_mib / f.MEMORY_MIB_PER_PROCESSOR)


def _seconds(env: Environment, sizing: Sizing, batch: Batch, calls: int, wait: float) -> float:
    """Return the seconds of a batch: concurrent objects wait at the same time, calls and bytes add up."""
    objects = batch.pace.queue
    return (
        ceil(objects / env.settings.fixity.batch_concurrency) * wait
        + objects * _alone(calls * f.CPU_SECONDS_PER_CALL, sizing.memory_mib)
        + objects * batch.size / read_rate(sizing.memory_mib, batch.network)
    )


def _invocations(
    env: Environment, named: tuple[Part, str], number: float, seconds: float, memory_mib: int
) -> Iterator[Line]:
    part, name = named
    yield env.home(part, f"{name}, requests", "one per batch", number, "lambda-request")
    how, quantity = f"batches x {seconds:.3g} s x {memory_mib} MiB", number * seconds * memory_mib / 1024
    yield env.home(part, f"{name}, time", how, quantity, env.processor_time)


def _looking(env: Environment, part: Part, how: str, records: float, seconds: float) -> Line:
    functions = env.settings.functions
    memory_mib = (functions.fixity_sweep if part is Part.SWEEP else functions.checksum_report).memory_mib
    how = f"{how} x {seconds * 1000:.2f} ms x {memory_mib} MiB"
    return env.home(part, "Lambda", how, records * seconds * memory_mib / 1024, env.processor_time)


def _writes(env: Environment, what: str, number: float, size: int) -> Line:
    record, row = write_units(size), write_units(f.SCHEDULE_ROW_BYTES)
    how = f"{record} units for {size:,} B and {row} for {f.SCHEDULE_ROW_BYTES} B, each"
    return env.units(Part.TABLES, f"writing records and rows of {what}", how, number * (record + row), "write")


def _traces(env: Environment, what: str, batch: Batch) -> Iterator[Line]:
    """Yield what the log and the audit trail of the work cost."""
    number, pace = batch.number, batch.pace
    size = number * f.OBJECT_LOG_BYTES + number / pace.queue * f.INVOCATION_LOG_BYTES
    how = f"{f.OBJECT_LOG_BYTES} B per object, {f.INVOCATION_LOG_BYTES:,} B per batch"
    yield env.home(Part.LOGS, f"log of {what}", how, size / f.GIB, "cloudwatch-log-ingestion")
    files = number / pace.audit
    how = f"one per {pace.audit:.3g} events"
    yield env.home(Part.AUDIT, f"files of {what}", how, files, "s3-put-standard")
    how, month = f"{f.AUDIT_EVENT_BYTES} B each", (number * f.AUDIT_EVENT_BYTES, files)
    yield from kept_evidence(env, Part.AUDIT, f"events of {what}", how, month)
    memory = env.settings.functions.audit_trail.memory_mib
    seconds = f.S3_WAIT_SECONDS + pace.audit * _alone(f.AUDIT_CPU_SECONDS, memory)
    yield from _invocations(env, (Part.AUDIT, f"audit-trail, {what}"), files, seconds, memory)
