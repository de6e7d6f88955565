"""What the service takes for its work: deposits, checks, sweeps and what they leave behind."""

import re
from collections.abc import Iterator
from math import ceil
from typing import Final

import attrs

from duracloud.cost import assumptions as f
from duracloud.cost.assumptions import Workload
from duracloud.cost.bill import Environment, Line, Part, line, price_name
from duracloud.cost.storage import ARCHIVES, RETRIEVAL_FEES, kept_evidence, main_copy, replica
from runtime.fixity.deposit import SETTLED
from stacks.config import Sizing

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
# Until the answers for an object have come: of S3 and the tables, and for a check of S3 in the other region.
DEPOSIT_WAIT_SECONDS: Final = f.S3_WAIT_SECONDS + 2 * f.TABLE_WAIT_SECONDS
CHECK_WAIT_SECONDS: Final = f.S3_WAIT_SECONDS + f.REPLICA_WAIT_SECONDS + 3 * f.TABLE_WAIT_SECONDS
_DAYS: Final = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1}


@attrs.frozen(kw_only=True)
class Pace:
    """How full batches are.

    Attributes:
        queue: messages that a function gets from a queue at once.
        stream: expired rows that are put into the queue at once.
        audit: events in one file of the audit trail.
    """

    queue: float = f.QUEUE_BATCH
    stream: float = f.STREAM_BATCH
    audit: float = f.STREAM_BATCH


# Of a bulk load: everything is there when it is asked for.
FULL: Final = Pace()


def even(environment: Environment, number: float) -> Pace:
    """Return how full batches are when the work of a month comes in evenly: what comes while a batch may fill.

    Args:
        environment: the environment.
        number: objects worked on in a month.
    """
    window = environment.settings.delivery.check_window_seconds
    return Pace(
        queue=_filled(number, window, 1, f.QUEUE_BATCH),
        stream=_filled(number, window, f.STREAM_SHARDS, f.STREAM_BATCH),
        audit=_filled(number, environment.settings.audit.window_seconds, f.STREAM_SHARDS, f.STREAM_BATCH),
    )


def read_rate(memory_mib: int, network: float) -> float:
    """Return the bytes per second that an invocation reads and hashes: the slower of network and processors.

    Args:
        memory_mib: its memory, with which processors come.
        network: bytes per second that it gets from S3.
    """
    return min(network, memory_mib / f.MEMORY_MIB_PER_PROCESSOR * f.GIB / f.CPU_SECONDS_PER_GIB)


@attrs.frozen(kw_only=True)
class Batch:
    """Objects of the same size that are worked on at the same pace.

    Attributes:
        number: how many.
        size: bytes of each.
        pace: how full batches are.
        network: bytes per second that one invocation gets from S3.
    """

    number: float
    size: float
    pace: Pace
    network: float


def deposits(environment: Environment, batch: Batch) -> Iterator[Line]:
    """Yield what deposits cost, without what S3 takes for uploads, replication and storage."""
    number, queue = batch.number, batch.pace.queue
    moves = main_copy(environment).moves(batch.size)
    how = "one per deposit and one per change of class" if moves else "one per deposit"
    yield line(Part.EVENTS, "events of S3", how, number * (2 if moves else 1), environment.home("eventbridge-event"))
    get = environment.home("s3-get-standard")
    yield line(Part.S3_REQUESTS, "reading deposits", "one GET per deposit", number, get)
    slow = _slow(environment, batch)
    if slow:
        how = f"one HEAD per deposit: a batch takes longer than {SETTLED.total_seconds()} s"
        yield line(Part.S3_REQUESTS, "looking at slow deposits", how, number, get)
    how = f"one sent per deposit, a receive and a delete per {queue:.3g}"
    messages = number * (1 + 2 / queue)
    yield line(Part.QUEUES, "messages of deposits", how, messages, environment.home("sqs-request"))
    sizing = environment.settings.functions.file_uploaded
    seconds = _depositing(environment, batch, slow=slow)
    yield from _invocations(environment, (Part.LAMBDA, "file-uploaded"), number / queue, seconds, sizing.memory_mib)
    yield _writes(environment, "deposits", number, f.DEPOSIT_RECORD_BYTES)
    yield from _traces(environment, "deposits", batch)


def checks(environment: Environment, batch: Batch) -> Iterator[Line]:
    """Yield what checks cost."""
    yield from reading(environment, batch)
    number, pace = batch.number, batch.pace
    head = environment.away(f"s3-get-{price_name(replica(environment).settles_in(batch.size))}")
    yield line(Part.S3_REQUESTS, "looking at replicas", "one HEAD per check", number, head)
    due = environment.settings.functions.verification_due
    sent = min(pace.stream, f.QUEUE_BATCH)
    seconds = ceil(pace.stream / sent) * (f.TABLE_WAIT_SECONDS + _alone(f.CPU_SECONDS_PER_CALL, due.memory_mib))
    yield from _invocations(
        environment, (Part.LAMBDA, "verification-due"), number / pace.stream, seconds, due.memory_mib
    )
    how = f"a batch sent per {sent:.3g} checks, a receive and a delete per {pace.queue:.3g}"
    messages = number * (1 / sent + 2 / pace.queue)
    yield line(Part.QUEUES, "messages of checks", how, messages, environment.home("sqs-request"))
    units = ceil(f.CHECK_RECORD_BYTES / f.READ_UNIT_BYTES)
    yield environment.capacity(
        Part.TABLES, "reading the record", f"{units} unit per check, consistent", number * units, "read"
    )
    yield _writes(environment, "checks", number, f.CHECK_RECORD_BYTES)
    yield from _traces(environment, "checks", batch)


def reading(environment: Environment, batch: Batch) -> Iterator[Line]:
    """Yield what it costs that the service reads the bytes: requests, retrieval, transfer and Lambda."""
    number, gigabytes = batch.number, batch.number * batch.size / f.GIB
    main = main_copy(environment).settles_in(batch.size)
    get = environment.home(f"s3-get-{price_name(main)}")
    yield line(Part.S3_REQUESTS, "reading main copies", "one GET per check", number, get)
    if main in RETRIEVAL_FEES:
        fee = environment.home(f"s3-retrieval-{price_name(main)}")
        yield line(Part.S3_REQUESTS, "retrieval of main copies", "bytes checked", gigabytes, fee)
    wait = CHECK_WAIT_SECONDS
    read = batch
    other = replica(environment)
    if other.interval is not None and other.settles_in(batch.size) not in ARCHIVES:
        yield from _reading_replicas(environment, number, gigabytes, other.settles_in(batch.size))
        read = attrs.evolve(batch, size=2 * batch.size)
        wait += f.REPLICA_WAIT_SECONDS
    sizing = environment.settings.functions.checksum_verification
    seconds = _seconds(environment, sizing, read, f.CALLS_OF_A_CHECK, wait)
    number_of_batches = number / batch.pace.queue
    yield from _invocations(
        environment, (Part.LAMBDA, "checksum-verification"), number_of_batches, seconds, sizing.memory_mib
    )


def sweep(environment: Environment, looked_at: float, how: str) -> Iterator[Line]:
    """Yield what it costs to look at records, their schedule rows and S3's list of their objects.

    Args:
        environment: the environment.
        looked_at: records.
        how: how their number comes about.
    """
    units = in_order(f.CHECK_RECORD_BYTES) + in_order(f.SCHEDULE_ROW_BYTES)
    yield environment.capacity(
        Part.SWEEP, "reading records and rows", f"{how} x {units:.3f}", looked_at * units, "read"
    )
    lists = looked_at / f.LISTED_AT_ONCE
    price = environment.home("s3-put-standard")
    yield line(Part.SWEEP, "listing objects", f"{how} / {f.LISTED_AT_ONCE:,}", lists, price)
    yield _looking(environment, Part.SWEEP, looked_at, how, f.SWEEP_SECONDS)


def evidence(environment: Environment, work: Workload) -> Iterator[Line]:
    """Yield what the monthly export of the checksum table and the monthly report cost, and keeping them."""
    objects = work.objects
    table = objects * (f.CHECK_RECORD_BYTES + f.ITEM_OVERHEAD_BYTES)
    yield line(Part.REPORT, "export", "size of the checksum table", table / f.GIB, environment.home("dynamodb-export"))
    how = f"{f.EXPORT_RATIO:.0%} of that size"
    yield from kept_evidence(environment, Part.REPORT, "exports", how, (table * f.EXPORT_RATIO, 1))
    units = in_order(f.CHECK_RECORD_BYTES)
    yield environment.capacity(Part.REPORT, "reading records", f"objects x {units:.3f}", objects * units, "read")
    yield _looking(environment, Part.REPORT, objects, "objects", f.REPORT_SECONDS)
    how = f"{f.REPORT_LINE_BYTES} B per object"
    yield from kept_evidence(environment, Part.REPORT, "reports", how, (objects * f.REPORT_LINE_BYTES, work.buckets))


def sweeps_of(environment: Environment) -> float:
    """Return the sweeps of a month; a `cron` schedule is taken to be daily."""
    match = _RATE.fullmatch(environment.settings.sweep.schedule)
    return f.DAYS_PER_MONTH if match is None else f.DAYS_PER_MONTH / int(match[1]) / _DAYS[match[2]]


def in_order(size: int) -> float:
    """Return the read units of an item that is read among many, eventually consistent."""
    return size / f.READ_UNIT_BYTES / 2


def write_units(size: int) -> int:
    """Return the write units of an item of this size."""
    return ceil(size / f.WRITE_UNIT_BYTES)


def _filled(number: float, window_seconds: float, sources: int, most: int) -> float:
    return min(most, 1 + number / f.SECONDS_PER_MONTH / sources * window_seconds)


def _depositing(environment: Environment, batch: Batch, *, slow: bool) -> float:
    """Return how long a batch of deposits takes; slow ones ask S3 once more."""
    sizing = environment.settings.functions.file_uploaded
    wait = DEPOSIT_WAIT_SECONDS + (f.S3_WAIT_SECONDS if slow else 0)
    return _seconds(environment, sizing, batch, f.CALLS_OF_A_DEPOSIT + slow, wait)


def _slow(environment: Environment, batch: Batch) -> bool:
    """Tell whether deposits take so long that S3 is asked for each of them whether it was deleted meanwhile.

    Those that are worked on together share the processor, so that each is taken to last as long as all of them.
    """
    together = min(batch.pace.queue, environment.settings.fixity.batch_concurrency)
    at_once = attrs.evolve(batch, pace=attrs.evolve(batch.pace, queue=together))
    return _depositing(environment, at_once, slow=False) >= SETTLED.total_seconds()


def _alone(cpu_seconds: float, memory_mib: int) -> float:
    """Return how long Python takes for CPU seconds: it uses one processor at most, and less where memory is small."""
    return cpu_seconds / min(1, memory_mib / f.MEMORY_MIB_PER_PROCESSOR)


def _seconds(environment: Environment, sizing: Sizing, batch: Batch, calls: int, wait: float) -> float:
    """Return how long a batch takes: the waits of concurrent objects fall together, calls and bytes add up."""
    objects = batch.pace.queue
    return (
        ceil(objects / environment.settings.fixity.batch_concurrency) * wait
        + objects * _alone(calls * f.CPU_SECONDS_PER_CALL, sizing.memory_mib)
        + objects * batch.size / read_rate(sizing.memory_mib, batch.network)
    )


def _invocations(
    environment: Environment, named: tuple[Part, str], number: float, seconds: float, memory_mib: int
) -> Iterator[Line]:
    part, name = named
    yield line(part, f"{name}, requests", "one per batch", number, environment.home("lambda-request"))
    how = f"batches x {seconds:.3g} s x {memory_mib} MiB"
    yield line(part, f"{name}, time", how, number * seconds * memory_mib / 1024, environment.processor_time)


def _looking(environment: Environment, part: Part, records: float, how: str, seconds: float) -> Line:
    functions = environment.settings.functions
    memory_mib = (functions.fixity_sweep if part is Part.SWEEP else functions.checksum_report).memory_mib
    how = f"{how} x {seconds * 1000:.2f} ms x {memory_mib} MiB"
    return line(part, "Lambda", how, records * seconds * memory_mib / 1024, environment.processor_time)


def _writes(environment: Environment, what: str, number: float, size: int) -> Line:
    record, row = write_units(size), write_units(f.SCHEDULE_ROW_BYTES)
    how = f"{record} units for {size:,} B and {row} for {f.SCHEDULE_ROW_BYTES} B, each"
    return environment.capacity(
        Part.TABLES, f"writing records and rows of {what}", how, number * (record + row), "write"
    )


def _traces(environment: Environment, what: str, batch: Batch) -> Iterator[Line]:
    """Yield what the log and the audit trail of the work cost."""
    number, pace = batch.number, batch.pace
    size = number * f.OBJECT_LOG_BYTES + number / pace.queue * f.INVOCATION_LOG_BYTES
    how = f"{f.OBJECT_LOG_BYTES} B per object, {f.INVOCATION_LOG_BYTES:,} B per batch"
    yield line(Part.LOGS, f"log of {what}", how, size / f.GIB, environment.home("cloudwatch-log-ingestion"))
    files = number / pace.audit
    how = f"one per {pace.audit:.3g} events"
    yield line(Part.AUDIT, f"files of {what}", how, files, environment.home("s3-put-standard"))
    how = f"{f.AUDIT_EVENT_BYTES} B each"
    yield from kept_evidence(environment, Part.AUDIT, f"events of {what}", how, (number * f.AUDIT_EVENT_BYTES, files))
    memory = environment.settings.functions.audit_trail.memory_mib
    seconds = f.S3_WAIT_SECONDS + pace.audit * _alone(f.AUDIT_CPU_SECONDS, memory)
    yield from _invocations(environment, (Part.AUDIT, f"audit-trail, {what}"), files, seconds, memory)


def _reading_replicas(environment: Environment, number: float, gigabytes: float, settled: str) -> Iterator[Line]:
    get = environment.away(f"s3-get-{price_name(settled)}")
    yield line(Part.S3_REQUESTS, "reading replicas", "one GET per check", number, get)
    transfer = environment.away(f"transfer-to-{environment.settings.region}")
    yield line(Part.S3_REQUESTS, "transfer of replicas", "bytes checked", gigabytes, transfer)
    if settled in RETRIEVAL_FEES:
        fee = environment.away(f"s3-retrieval-{price_name(settled)}")
        yield line(Part.S3_REQUESTS, "retrieval of replicas", "bytes checked", gigabytes, fee)
