"""Which engine checks bytes for less, per storage class: the service reads them, or S3 computes checksums in a job."""

from typing import Final

import attrs

from duracloud.cost import assumptions as f
from duracloud.cost.bill import Environment, price_name
from duracloud.cost.storage import ARCHIVES, INTELLIGENT, RETRIEVAL_FEES, STANDARD, tier_shares
from duracloud.cost.work import FULL, read_rate

_CLASSES: Final = (STANDARD, INTELLIGENT, *RETRIEVAL_FEES, *ARCHIVES)
# A restored copy is kept for a day at least, in S3 Standard.
_RESTORED_DAYS: Final = 1


@attrs.frozen(kw_only=True)
class Engines:
    """What both engines take for objects of one storage class; what both do alike, such as the tables, is left out.

    Dollars are for 2^30 bytes, and for an object besides its bytes.
    """

    storage_class: str
    reading_per_gigabyte: float
    reading_per_object: float
    job_per_gigabyte: float
    job_per_object: float
    because: str = ""  # what reading is charged for besides requests and Lambda
    smallest: float = 0  # bytes of the smallest object that is charged so

    @property
    def break_even(self) -> float | None:
        """Bytes of an object for which both take the same; None if one is cheaper at every size."""
        bytes_difference = self.reading_per_gigabyte - self.job_per_gigabyte
        objects_difference = self.job_per_object - self.reading_per_object
        if bytes_difference == 0 or objects_difference / bytes_difference <= 0:
            return None
        return max(self.smallest, objects_difference / bytes_difference * f.GIB)

    def reading(self, size: float) -> float:
        """Return US dollars for an object of `size` bytes that the service reads."""
        return self.reading_per_object + self.reading_per_gigabyte * size / f.GIB

    def job(self, size: float) -> float:
        """Return US dollars for an object of `size` bytes in a job."""
        return self.job_per_object + self.job_per_gigabyte * size / f.GIB

    @property
    def verdict(self) -> str:
        """Which engine is cheaper, for which sizes."""
        small, large = ("reading", "S3's job") if self.reading(1) < self.job(1) else ("S3's job", "reading")
        return small if self.break_even is None else f"{small} below, {large} above"


def engines(env: Environment, network: float) -> list[Engines]:
    """Return both engines' costs for every storage class in the home region."""
    memory = env.settings.functions.checksum_verification.memory_mib
    second = env.price(env.processor_time).of(memory / 1024)
    processors = min(1, memory / f.MEMORY_MIB_PER_PROCESSOR)
    # In a full batch the objects share the wait for S3's first byte.
    per_object = second * (f.CPU_SECONDS_PER_CALL / processors + f.S3_WAIT_SECONDS / FULL.queue)
    per_gigabyte = second * f.GIB / read_rate(memory, network)
    found = []
    for storage_class in _CLASSES:
        extra_bytes, extra_objects, because = _extra(env, storage_class)
        # A restored copy is read like an object of S3 Standard.
        get = f"s3-get-{price_name(STANDARD if storage_class in ARCHIVES else storage_class)}"
        found.append(
            Engines(
                storage_class=storage_class,
                reading_per_gigabyte=per_gigabyte + extra_bytes,
                reading_per_object=per_object + _one(env, get) + extra_objects,
                job_per_gigabyte=_one(env, "s3-compute-checksum"),
                job_per_object=_one(env, "s3-batch-object"),
                because=because,
                # S3 leaves smaller ones in the first tier.
                smallest=f.SMALLEST_TRANSITION_BYTES if storage_class == INTELLIGENT else 0,
            )
        )
    return found


def _extra(env: Environment, storage_class: str) -> tuple[float, float, str]:
    """Return what reading costs besides, per 2^30 bytes and per object, and why."""
    name = price_name(storage_class)
    if storage_class in RETRIEVAL_FEES:
        return _one(env, f"s3-retrieval-{name}"), 0, "retrieval"
    if storage_class in ARCHIVES:
        copied = _one(env, "s3-storage-standard-first-50-tb") * _RESTORED_DAYS / f.DAYS_PER_MONTH
        request = _one(env, f"s3-bulk-restore-request-{name}")
        return _one(env, f"s3-bulk-restore-{name}") + copied, request, "bulk restore, which the service does not do"
    if storage_class == INTELLIGENT:
        days = env.settings.fixity.check_interval_days
        added = (tiered_price(env, days) - tiered_price(env, None)) * days / f.DAYS_PER_MONTH
        return added, 0, "storage: reading moves an object back to the frequent tier"
    return 0, 0, ""


def tiered_price(env: Environment, interval_days: int | None) -> float:
    """Return what 2^30 bytes in Intelligent-Tiering cost in a month. Arguments as of `tier_shares`."""
    tiers = ("frequent-first-50-tb", "infrequent", "archive-instant")
    prices = [_one(env, f"s3-storage-intelligent-{tier}") for tier in tiers]
    return sum(share * price for share, price in zip(tier_shares(interval_days), prices, strict=True))


def _one(env: Environment, price: str) -> float:
    return env.price(price).of(1)
