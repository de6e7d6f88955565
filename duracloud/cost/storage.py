"""What S3 charges for keeping and replicating objects, whoever reads them."""

from collections.abc import Callable, Iterator
from typing import Final

import attrs

from duracloud.cost import assumptions as f
from duracloud.cost.assumptions import Workload
from duracloud.cost.bill import Environment, Line, Part, price_name
from stacks.config import LEAST_MOVED_EVIDENCE_BYTES, TRANSIENT_NONCURRENT_DAYS

ARCHIVES: Final = ("GLACIER", "DEEP_ARCHIVE")
RETRIEVAL_FEES: Final = ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR")
INTELLIGENT: Final = "INTELLIGENT_TIERING"
STANDARD: Final = "STANDARD"
_VOLUME_TIERS: Final = (("first-50-tb", 50 * 1024.0), ("next-450-tb", 450 * 1024.0), ("over-500-tb", float("inf")))


@attrs.frozen
class Copy:
    """One of the two copies that are kept of every object."""

    part: Part
    what: str
    first: str  # the class in which it is written
    moved_to: str  # the class into which a lifecycle rule moves it
    days: int  # the rule's days
    interval: int | None  # days between two readings; None if it is never read
    paid: Callable[[Part, str, str, float, str], Line]  # makes a line that is paid in the copy's region

    def moves(self, size: float) -> bool:
        """Return whether S3 moves an object of this size; it never moves small objects.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
        """
        return size >= f.SMALLEST_TRANSITION_BYTES and self.moved_to != self.first

    def settles_in(self, size: float) -> str:
        """Return the class in which an object of this size is kept."""
        return self.moved_to if self.moves(size) else self.first


def main_copy(env: Environment) -> Copy:
    """Return the copy that depositors write."""
    cycle, interval = env.settings.lifecycle, env.settings.fixity.check_interval_days
    moved_to, days = cycle.main_storage_class, cycle.main_transition_days
    return Copy(Part.MAIN, "main copies", STANDARD, moved_to, days, interval, env.home)


def replica(env: Environment) -> Copy:
    """Return the copy that S3 writes."""
    cycle, fixity = env.settings.lifecycle, env.settings.fixity
    first, moved_to, days = cycle.replication_storage_class, cycle.replica_storage_class, cycle.replica_transition_days
    interval = fixity.check_interval_days if fixity.replica_check == "read" else None
    return Copy(Part.REPLICAS, "replicas", first, moved_to, days, interval, env.away)


def kept(copy: Copy, work: Workload) -> Iterator[Line]:
    """Yield what a month of keeping a copy of everything costs.

    No minimum duration is charged: objects stay longer than the 180 days of the class with the longest.
    """
    waiting = 0.0
    if copy.moves(work.mean_size):
        days = copy.days + f.LIFECYCLE_DELAY_DAYS
        waiting = min(work.objects, work.deposits * days / f.DAYS_PER_MONTH)
        how = f"deposits of {days} {'day' if days == 1 else 'days'}"
        yield from _in_class(copy, copy.first, how, waiting * work.mean_size / f.GIB)
    objects = work.objects - waiting
    settled = copy.settles_in(work.mean_size)
    # Classes with a retrieval fee charge small objects as larger ones.
    paid_for = max(work.mean_size, f.SMALLEST_TRANSITION_BYTES) if settled in RETRIEVAL_FEES else work.mean_size
    gigabytes = objects * paid_for / f.GIB
    how = "the rest" if waiting else "bytes held"
    if settled == INTELLIGENT and work.mean_size < f.SMALLEST_TRANSITION_BYTES:
        # Small objects stay in the first tier and are not monitored.
        yield from _volume(copy, f"{INTELLIGENT}, frequent", how, gigabytes, "intelligent-frequent")
        return
    yield from _in_class(copy, settled, how, gigabytes)
    if settled == INTELLIGENT:
        what = "monitoring of Intelligent-Tiering"
        yield copy.paid(copy.part, what, "objects", objects, "s3-intelligent-monitoring")
    if settled in ARCHIVES:
        overhead, index = (objects * size / f.GIB for size in (f.ARCHIVE_OVERHEAD_BYTES, f.ARCHIVE_INDEX_BYTES))
        yield from _in_class(copy, settled, "overhead, 32 KiB per object", overhead)
        yield from _in_class(copy, STANDARD, "index, 8 KiB per object", index)


def replication(env: Environment, work: Workload) -> Iterator[Line]:
    """Yield what replicating a month's deposits costs."""
    settings, part = env.settings, Part.REPLICATION
    gigabytes = work.deposits * work.mean_size / f.GIB
    put, transfer = f"s3-put-{price_name(replica(env).first)}", f"transfer-to-{settings.replica_region}"
    yield env.away(part, "writing replicas", "one PUT per deposit", work.deposits, put)
    yield env.home(part, "transfer to the replica region", "bytes deposited", gigabytes, transfer)
    if settings.requests.replication_time_control:
        fee = "s3-replication-time-control"
        yield env.home(part, "Replication Time Control", "bytes deposited", gigabytes, fee)
    # Every bucket has them, because without them S3 reports no failure.
    each = f.REPLICATION_METRICS_PER_BUCKET
    yield env.home(part, "replication metrics", f"{each} per bucket", each * work.buckets, "cloudwatch-metric")


def transitions(env: Environment, work: Workload) -> Iterator[Line]:
    """Yield what moving a month's deposits into their classes costs."""
    for copy in (main_copy(env), replica(env)):
        if copy.moves(work.mean_size):
            what, price = f"{copy.what} to {copy.moved_to}", f"s3-transition-{price_name(copy.moved_to)}"
            yield copy.paid(Part.TRANSITIONS, what, "one per deposit", work.deposits, price)


def lists(env: Environment, work: Workload, checks: float) -> Iterator[Line]:
    """Yield what inventories and access logs cost."""
    cycle, part = env.settings.lifecycle, Part.LISTS
    listed = work.objects * f.DAYS_PER_MONTH
    yield env.home(part, "daily inventory", "objects x days of a month", listed, "s3-inventory")
    # What expires is paid for until it is removed.
    late = TRANSIENT_NONCURRENT_DAYS + f.LIFECYCLE_DELAY_DAYS
    days = cycle.transient_expiry_days + late
    how = f"{f.INVENTORY_LINE_BYTES} B per object and day, {days} days"
    yield _stored(env, part, "inventories", how, work.objects * days * f.INVENTORY_LINE_BYTES)
    months = (cycle.access_log_expiry_days + late) / f.DAYS_PER_MONTH
    per_deposit = f.ACCESS_LOG_LINES_PER_DEPOSIT
    requests = per_deposit * work.deposits + checks
    how = f"{f.ACCESS_LOG_LINE_BYTES} B per request, {per_deposit} per deposit, 1 per check, {months:.0f} months"
    yield _stored(env, part, "access logs", how, requests * months * f.ACCESS_LOG_LINE_BYTES)


def kept_evidence(env: Environment, part: Part, what: str, how: str, month: tuple[float, float]) -> Iterator[Line]:
    """Yield what keeping evidence costs, as if all its years had passed; the last days, when it is noncurrent, count.

    `how` explains its size; `month` are the bytes and the number of a month's files.
    """
    cycle = env.settings.lifecycle
    size, files = month
    months = cycle.evidence_retention_days / f.DAYS_PER_MONTH
    if not cycle.moves_evidence or size < files * LEAST_MOVED_EVIDENCE_BYTES:
        yield _stored(env, part, what, f"{how}, {months:.0f} months", size * months)
        return
    days = cycle.evidence_transition_days + f.LIFECYCLE_DELAY_DAYS
    waiting = days / f.DAYS_PER_MONTH
    yield _stored(env, part, what, f"{how}, {days} days", size * waiting)
    moved_to, least = cycle.evidence_storage_class, f.SMALLEST_TRANSITION_BYTES
    how = f"the same, at least {least // 1024} KiB per file, {months - waiting:.0f} months"
    gigabytes = max(size, files * least) * (months - waiting) / f.GIB
    yield env.home(part, f"{what}, kept in {moved_to}", how, gigabytes, f"s3-storage-{price_name(moved_to)}")
    price = f"s3-transition-{price_name(moved_to)}"
    yield env.home(part, f"{what}, moved to {moved_to}", "one per file", files, price)


def tier_shares(interval_days: int | None) -> tuple[float, float, float]:
    """Return which shares of Intelligent-Tiering lie in its frequent, infrequent and archive instant access tiers.

    Every reading moves an object back to the first tier. Source:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html

    `interval_days` are those between two readings of an object; None if it is never read.
    """
    if interval_days is None:
        return 0.0, 0.0, 1.0
    frequent = min(f.FREQUENT_DAYS, interval_days)
    infrequent = min(f.INFREQUENT_DAYS, interval_days) - frequent
    rest = interval_days - frequent - infrequent
    return frequent / interval_days, infrequent / interval_days, rest / interval_days


def _stored(env: Environment, part: Part, what: str, how: str, size: float) -> Line:
    """Return what keeping `size` bytes of the service's own files costs, in S3 Standard."""
    return env.home(part, f"{what}, kept", how, size / f.GIB, "s3-storage-standard-first-50-tb")


def _in_class(copy: Copy, storage_class: str, how: str, gigabytes: float) -> Iterator[Line]:
    if storage_class == INTELLIGENT:
        frequent, infrequent, archive = tier_shares(copy.interval)
        what, price = f"{INTELLIGENT}, frequent", "intelligent-frequent"
        yield from _volume(copy, what, f"{frequent:.1%} of {how}", gigabytes * frequent, price)
        for tier, share in (("infrequent", infrequent), ("archive-instant", archive)):
            what, price = f"{INTELLIGENT}, {tier.replace('-', ' ')}", f"s3-storage-intelligent-{tier}"
            yield copy.paid(copy.part, what, f"{share:.1%} of {how}", gigabytes * share, price)
    elif storage_class == STANDARD:
        yield from _volume(copy, STANDARD, how, gigabytes, "standard")
    else:
        yield copy.paid(copy.part, storage_class, how, gigabytes, f"s3-storage-{price_name(storage_class)}")


def _volume(copy: Copy, what: str, how: str, gigabytes: float, price: str) -> Iterator[Line]:
    left = gigabytes
    for tier, most in _VOLUME_TIERS:
        yield copy.paid(copy.part, what, how, min(left, most), f"s3-storage-{price}-{tier}")
        left -= min(left, most)
