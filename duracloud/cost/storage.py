"""What S3 takes for keeping and replicating objects, whoever looks at them."""

from collections.abc import Iterator
from typing import Final

import attrs

from duracloud.cost import assumptions as f
from duracloud.cost.assumptions import Workload
from duracloud.cost.bill import Environment, Line, Part, line, price_name
from duracloud.cost.prices import Price
from stacks.config import LEAST_MOVED_EVIDENCE_BYTES

ARCHIVES: Final = ("GLACIER", "DEEP_ARCHIVE")
RETRIEVAL_FEES: Final = ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR")
INTELLIGENT: Final = "INTELLIGENT_TIERING"
STANDARD: Final = "STANDARD"
_FREQUENT_TIER: Final = ("intelligent-frequent", f"{INTELLIGENT}, frequent")
_VOLUME_TIERS: Final = (("first-50-tb", 50 * 1024.0), ("next-450-tb", 450 * 1024.0), ("over-500-tb", float("inf")))


@attrs.frozen(kw_only=True)
class Copy:
    """One of the two copies that are kept of every object.

    Attributes:
        part: its part of the bill.
        what: what it is, in the plural.
        first: the class in which it is written.
        moved_to: the class into which a lifecycle rule moves it.
        days: the rule's days.
        interval: days between two readings; None where it is never read.
        home: whether it lies in the home region.
    """

    part: Part
    what: str
    first: str
    moved_to: str
    days: int
    interval: int | None
    home: bool

    def moves(self, size: float) -> bool:
        """Tell whether an object of this size is moved. S3 leaves small ones where they are, whatever the class.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
        """
        return size >= f.SMALLEST_TRANSITION_BYTES and self.moved_to != self.first

    def settles_in(self, size: float) -> str:
        """Return the class in which an object of this size is kept."""
        return self.moved_to if self.moves(size) else self.first

    def price(self, environment: Environment, name: str) -> Price:
        """Return a price of the copy's region."""
        return environment.home(name) if self.home else environment.away(name)


def main_copy(environment: Environment) -> Copy:
    """Return the copy that depositors write."""
    settings = environment.settings
    return Copy(
        part=Part.MAIN,
        what="main copies",
        first=STANDARD,
        moved_to=settings.lifecycle.main_storage_class,
        days=settings.lifecycle.main_transition_days,
        interval=settings.fixity.check_interval_days,
        home=True,
    )


def replica(environment: Environment) -> Copy:
    """Return the copy that S3 writes."""
    settings = environment.settings
    return Copy(
        part=Part.REPLICAS,
        what="replicas",
        first=settings.lifecycle.replication_storage_class,
        moved_to=settings.lifecycle.replica_storage_class,
        days=settings.lifecycle.replica_transition_days,
        interval=settings.fixity.check_interval_days if settings.fixity.replica_check == "read" else None,
        home=False,
    )


def kept(environment: Environment, copy: Copy, work: Workload) -> Iterator[Line]:
    """Yield what a month of keeping a copy of everything costs.

    No minimum duration is charged: objects stay longer than the 180 days of the class with the longest.
    """
    waiting = 0.0
    if copy.moves(work.mean_size):
        days = copy.days + f.LIFECYCLE_DELAY_DAYS
        waiting = min(work.objects, work.deposits * days / f.DAYS_PER_MONTH)
        how = f"deposits of {days} {'day' if days == 1 else 'days'}"
        yield from _in_class(environment, copy, copy.first, how, waiting * work.mean_size / f.GIB)
    objects = work.objects - waiting
    settled = copy.settles_in(work.mean_size)
    # Classes with a retrieval fee take small objects for larger ones.
    paid_for = max(work.mean_size, f.SMALLEST_TRANSITION_BYTES) if settled in RETRIEVAL_FEES else work.mean_size
    gigabytes = objects * paid_for / f.GIB
    how = "the rest" if waiting else "bytes held"
    if settled == INTELLIGENT and work.mean_size < f.SMALLEST_TRANSITION_BYTES:
        # Small objects stay in the first tier and are not monitored.
        yield from _volume(environment, copy, _FREQUENT_TIER, how, gigabytes)
        return
    yield from _in_class(environment, copy, settled, how, gigabytes)
    if settled == INTELLIGENT:
        monitoring = copy.price(environment, "s3-intelligent-monitoring")
        yield line(copy.part, "monitoring of Intelligent-Tiering", "objects", objects, monitoring)
    if settled in ARCHIVES:
        overhead, index = (objects * size / f.GIB for size in (f.ARCHIVE_OVERHEAD_BYTES, f.ARCHIVE_INDEX_BYTES))
        yield from _in_class(environment, copy, settled, "overhead, 32 KiB per object", overhead)
        yield from _in_class(environment, copy, STANDARD, "index, 8 KiB per object", index)


def replication(environment: Environment, work: Workload) -> Iterator[Line]:
    """Yield what replicating a month's deposits costs."""
    settings = environment.settings
    gigabytes = work.deposits * work.mean_size / f.GIB
    put = environment.away(f"s3-put-{price_name(settings.lifecycle.replication_storage_class)}")
    transfer = environment.home(f"transfer-to-{settings.replica_region}")
    yield line(Part.REPLICATION, "writing replicas", "one PUT per deposit", work.deposits, put)
    yield line(Part.REPLICATION, "transfer to the replica region", "bytes deposited", gigabytes, transfer)
    if settings.requests.replication_time_control:
        fee = environment.home("s3-replication-time-control")
        yield line(Part.REPLICATION, "Replication Time Control", "bytes deposited", gigabytes, fee)
    # Every bucket has them, because without them S3 reports no failure.
    metrics = f.REPLICATION_METRICS_PER_BUCKET * work.buckets
    how = f"{f.REPLICATION_METRICS_PER_BUCKET} per bucket"
    yield line(Part.REPLICATION, "replication metrics", how, metrics, environment.home("cloudwatch-metric"))


def transitions(environment: Environment, work: Workload) -> Iterator[Line]:
    """Yield what moving a month's deposits into their classes costs."""
    for copy in (main_copy(environment), replica(environment)):
        if copy.moves(work.mean_size):
            price = copy.price(environment, f"s3-transition-{price_name(copy.moved_to)}")
            what = f"{copy.what} to {copy.moved_to}"
            yield line(Part.TRANSITIONS, what, "one per deposit", work.deposits, price)


def lists(environment: Environment, work: Workload, checks: float) -> Iterator[Line]:
    """Yield what inventories and access logs cost."""
    cycle = environment.settings.lifecycle
    listed = work.objects * f.DAYS_PER_MONTH
    yield line(Part.LISTS, "daily inventory", "objects x days of a month", listed, environment.home("s3-inventory"))
    yield stored_file(
        environment,
        Part.LISTS,
        "inventories",
        f"{f.INVENTORY_LINE_BYTES} B per object and day, {cycle.transient_expiry_days} days",
        work.objects * cycle.transient_expiry_days * f.INVENTORY_LINE_BYTES,
    )
    months = cycle.access_log_expiry_days / f.DAYS_PER_MONTH
    requests = f.ACCESS_LOG_LINES_PER_DEPOSIT * work.deposits + checks
    yield stored_file(
        environment,
        Part.LISTS,
        "access logs",
        f"{f.ACCESS_LOG_LINE_BYTES} B per request, {f.ACCESS_LOG_LINES_PER_DEPOSIT} per deposit, 1 per check,"
        f" {months:.0f} months",
        requests * months * f.ACCESS_LOG_LINE_BYTES,
    )


def stored_file(environment: Environment, part: Part, what: str, how: str, size: float) -> Line:
    """Return what keeping files of the service's own costs, in S3 Standard.

    Args:
        environment: the environment.
        part: the part of the bill.
        what: what the files are.
        how: how their size comes about.
        size: their bytes.
    """
    return line(part, f"{what}, kept", how, size / f.GIB, environment.home("s3-storage-standard-first-50-tb"))


def kept_evidence(
    environment: Environment, part: Part, what: str, how: str, month: tuple[float, float]
) -> Iterator[Line]:
    """Yield what keeping evidence costs, as if all its years had passed.

    Args:
        environment: the environment.
        part: the part of the bill.
        what: what the files are.
        how: how their size comes about.
        month: the bytes of a month's files, and how many files they are.
    """
    cycle = environment.settings.lifecycle
    size, files = month
    months = cycle.evidence_retention_days / f.DAYS_PER_MONTH
    if not cycle.moves_evidence or size < files * LEAST_MOVED_EVIDENCE_BYTES:
        yield stored_file(environment, part, what, f"{how}, {months:.0f} months", size * months)
        return
    days = cycle.evidence_transition_days + f.LIFECYCLE_DELAY_DAYS
    waiting = days / f.DAYS_PER_MONTH
    yield stored_file(environment, part, what, f"{how}, {days} days", size * waiting)
    moved_to, least = cycle.evidence_storage_class, f.SMALLEST_TRANSITION_BYTES
    how = f"the same, at least {least // 1024} KiB per file, {months - waiting:.0f} months"
    gigabytes = max(size, files * least) * (months - waiting) / f.GIB
    price = environment.home(f"s3-storage-{price_name(moved_to)}")
    yield line(part, f"{what}, kept in {moved_to}", how, gigabytes, price)
    price = environment.home(f"s3-transition-{price_name(moved_to)}")
    yield line(part, f"{what}, moved to {moved_to}", "one per file", files, price)


def tier_shares(interval_days: int | None) -> tuple[float, float, float]:
    """Return which shares of Intelligent-Tiering lie in its frequent, infrequent and archive instant access tiers.

    Every reading moves an object back to the first tier. Source:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html

    Args:
        interval_days: days between two readings of an object; None where it is never read.
    """
    if interval_days is None:
        return 0.0, 0.0, 1.0
    frequent = min(f.FREQUENT_DAYS, interval_days)
    infrequent = min(f.INFREQUENT_DAYS, interval_days) - frequent
    rest = interval_days - frequent - infrequent
    return frequent / interval_days, infrequent / interval_days, rest / interval_days


def _in_class(environment: Environment, copy: Copy, storage_class: str, how: str, gigabytes: float) -> Iterator[Line]:
    if storage_class == INTELLIGENT:
        frequent, infrequent, archive = tier_shares(copy.interval)
        share = "{:.1%} of " + how
        yield from _volume(environment, copy, _FREQUENT_TIER, share.format(frequent), gigabytes * frequent)
        for tier, portion in (("infrequent", infrequent), ("archive-instant", archive)):
            price = copy.price(environment, f"s3-storage-intelligent-{tier}")
            what = f"{INTELLIGENT}, {tier.replace('-', ' ')}"
            yield line(copy.part, what, share.format(portion), gigabytes * portion, price)
    elif storage_class == STANDARD:
        yield from _volume(environment, copy, (price_name(STANDARD), STANDARD), how, gigabytes)
    else:
        price = copy.price(environment, f"s3-storage-{price_name(storage_class)}")
        yield line(copy.part, storage_class, how, gigabytes, price)


def _volume(environment: Environment, copy: Copy, named: tuple[str, str], how: str, gigabytes: float) -> Iterator[Line]:
    name, what = named
    left = gigabytes
    for tier, most in _VOLUME_TIERS:
        yield line(copy.part, what, how, min(left, most), copy.price(environment, f"s3-storage-{name}-{tier}"))
        left -= min(left, most)
