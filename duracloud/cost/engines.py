"""Which engine checks bytes for less: the service reads them, or S3 computes their checksums in a job."""

from typing import Final

import attrs

from duracloud.cost import assumptions as f
from duracloud.cost.bill import Environment, price_name
from duracloud.cost.prices import Price
from duracloud.cost.storage import ARCHIVES, INTELLIGENT, RETRIEVAL_FEES, STANDARD, tier_shares
from duracloud.cost.work import FULL, read_rate

_CLASSES: Final = (STANDARD, INTELLIGENT, "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", *ARCHIVES)
# A restored copy is kept for a day at least, in S3 Standard.
_RESTORED_DAYS: Final = 1


@attrs.frozen(kw_only=True)
class Engines:
    """What both engines take for objects of one storage class; what both do alike, such as the tables, is left out.

    Attributes:
        storage_class: the class.
        reading_per_gigabyte: US dollars for 2^30 bytes that the service reads.
        reading_per_object: US dollars for an object that it reads, besides its bytes.
        job_per_gigabyte: US dollars for 2^30 bytes of which S3 computes the checksum.
        job_per_object: US dollars for an object of which it does.
        because: what reading is charged for besides requests and Lambda; empty where nothing.
        smallest: bytes of the smallest object that is charged so.
    """

    storage_class: str
    reading_per_gigabyte: float
    reading_per_object: float
    job_per_gigabyte: float
    job_per_object: float
    because: str = ""
    smallest: float = 0

    @property
    def break_even(self) -> float | None:
        """Bytes of an object for which both take the same; None where one is cheaper whatever the size."""
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
        if self.break_even is None:
            return "reading" if self.reading(1) < self.job(1) else "S3's job"
        small, large = ("reading", "S3's job") if self.reading(1) < self.job(1) else ("S3's job", "reading")
        return f"{small} below, {large} above"


def engines(environment: Environment, network: float) -> list[Engines]:
    """Return both engines' costs for every storage class in the home region.

    Args:
        environment: the environment.
        network: bytes per second that one invocation gets from S3.
    """
    home = environment.home
    memory = environment.settings.functions.checksum_verification.memory_mib
    second = environment.processor_time.of(memory / 1024)
    processors = min(1, memory / f.MEMORY_MIB_PER_PROCESSOR)
    # In a full batch the objects share the wait for S3's first byte.
    per_object = second * (f.CPU_SECONDS_PER_CALL / processors + f.S3_WAIT_SECONDS / FULL.queue)
    per_gigabyte = second * f.GIB / read_rate(memory, network)
    found = []
    for storage_class in _CLASSES:
        extra_bytes, extra_objects, because = _extra(environment, storage_class)
        found.append(
            Engines(
                storage_class=storage_class,
                reading_per_gigabyte=per_gigabyte + extra_bytes,
                reading_per_object=per_object + _one(home(_get(storage_class))) + extra_objects,
                job_per_gigabyte=_one(home("s3-compute-checksum")),
                job_per_object=_one(home("s3-batch-object")),
                because=because,
                # S3 leaves smaller ones in the first tier.
                smallest=f.SMALLEST_TRANSITION_BYTES if storage_class == INTELLIGENT else 0,
            )
        )
    return found


def _get(storage_class: str) -> str:
    # A restored copy is read like an object of S3 Standard.
    return f"s3-get-{price_name(STANDARD if storage_class in ARCHIVES else storage_class)}"


def _extra(environment: Environment, storage_class: str) -> tuple[float, float, str]:
    """Return what reading costs besides, per 2^30 bytes and per object, and why."""
    home = environment.home
    if storage_class in RETRIEVAL_FEES:
        return _one(home(f"s3-retrieval-{price_name(storage_class)}")), 0, "retrieval"
    if storage_class in ARCHIVES:
        name = price_name(storage_class)
        copied = _one(home("s3-storage-standard-first-50-tb")) * _RESTORED_DAYS / f.DAYS_PER_MONTH
        request = _one(home(f"s3-bulk-restore-request-{name}"))
        return _one(home(f"s3-bulk-restore-{name}")) + copied, request, "bulk restore, which the service does not do"
    if storage_class == INTELLIGENT:
        return _back_to_the_first_tier(environment), 0, "storage: reading moves an object back to the frequent tier"
    return 0, 0, ""


def _back_to_the_first_tier(environment: Environment) -> float:
    """Return what one reading adds to the storage of 2^30 bytes over an interval."""
    days = environment.settings.fixity.check_interval_days
    prices = [
        _one(environment.home(f"s3-storage-intelligent-{tier}"))
        for tier in ("frequent-first-50-tb", "infrequent", "archive-instant")
    ]
    read, left_alone = (
        sum(share * price for share, price in zip(tier_shares(interval), prices, strict=True))
        for interval in (days, None)
    )
    return (read - left_alone) * days / f.DAYS_PER_MONTH


def _one(price: Price) -> float:
    return price.of(1)
