"""The figures in the text of docs/cost.md and of the README that follow from the model."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Final

from duracloud.cost import assumptions as f
from duracloud.cost import model
from duracloud.cost import work as work_of
from duracloud.cost.assumptions import Workload
from duracloud.cost.bill import Environment, Line, Part, total
from duracloud.cost.engines import engines
from duracloud.cost.storage import STANDARD, tier_shares

_NETWORK: Final = Workload(objects=1, size=1, deposits=0).read_rate
_LARGE: Final = 1e9
# With it a batch of ten small deposits ends before its deposits count as slow.
QUICK_MEMORY_MIB: Final = 1280


def figures(environment: Environment) -> Mapping[str, str]:
    """Return the figures in the text of the pages by the names under which the text takes them.

    Args:
        environment: the environment that the pages describe.
    """
    return {
        **_inputs(environment),
        **_of_a_terabyte(environment),
        **_of_deposits(environment),
        **_of_engines(environment),
        "rest": _cents(total(model.at_rest(environment))),
        "bucket": _cents(environment.home("cloudwatch-metric").of(f.REPLICATION_METRICS_PER_BUCKET)),
        "sweeps": _cents(total(model.million_swept(environment)) * f.DAYS_PER_MONTH),
    }


def _inputs(environment: Environment) -> Mapping[str, str]:
    settings = environment.settings
    return {
        "days": f"{f.DAYS_PER_MONTH:.2f}",
        "interval": f"{settings.fixity.check_interval_days}",
        "evidence-years": f"{settings.lifecycle.evidence_retention_days // 365}",
        "queue-batch": f"{f.QUEUE_BATCH}",
        "stream-shards": f"{f.STREAM_SHARDS}",
        "stream-batch": f"{f.STREAM_BATCH}",
        "cpu-gib": f"{f.CPU_SECONDS_PER_GIB}",
        "cpu-call": f"{f.CPU_SECONDS_PER_CALL * 1000:.1f}",
        "s3-wait": f"{f.S3_WAIT_SECONDS * 1000:.0f}",
        "replica-wait": f"{f.REPLICA_WAIT_SECONDS * 1000:.0f}",
        "table-wait": f"{f.TABLE_WAIT_SECONDS * 1000:.0f}",
        "network": f"{_NETWORK / 1e6:.0f}",
    }


def _of_a_terabyte(environment: Environment) -> Mapping[str, str]:
    lines = model.terabyte_verified(environment, _LARGE, _NETWORK)
    per_byte = total(found for found in lines if found.what == "checksum-verification, time") / f.TB
    million = total(model.terabyte_verified(environment, f.TB / f.MILLION, _NETWORK)) - per_byte * f.TB
    per_object = million / f.MILLION
    memory = environment.settings.functions.checksum_verification.memory_mib
    whole = f.MEMORY_MIB_PER_PROCESSOR
    written = sum(
        found.dollars
        for found in model.terabyte_verified(environment, f.TB / f.MILLION, _NETWORK)
        if found.what == "writing records and rows of checks"
    )
    units = work_of.write_units(f.CHECK_RECORD_BYTES)
    return {
        "goal-from": _megabytes(per_object / (model.VERIFIED_GOAL / f.TB - per_byte)),
        "stretch-from": _megabytes(per_object / (model.VERIFIED_STRETCH / f.TB - per_byte)),
        "stretch": _cents(model.VERIFIED_STRETCH),
        "hashing": _cents(environment.processor_time.of(f.TB / f.GIB * f.CPU_SECONDS_PER_GIB * whole / 1024)),
        "memory": f"{memory}",
        "hash-rate": f"{work_of.read_rate(memory, f.TB) / 1e6:.0f}",
        "whole-memory": f"{whole:,}",
        "whole-used": f"{_NETWORK / work_of.read_rate(whole, f.TB) * 100:.0f}",
        "equal-size": _megabytes(per_object / per_byte),
        "per-object": _cents(million),
        "check-writes": _cents(written),
        "check-bytes": f"{f.CHECK_RECORD_BYTES:,}",
        "check-under": f"{units * f.WRITE_UNIT_BYTES - f.CHECK_RECORD_BYTES}",
        "check-units": f"{units}",
        "write-unit": f"{environment.home('dynamodb-write-unit').of(f.MILLION):.3f}",
        "per-terabyte": _cents(per_byte * f.TB),
    }


def _of_deposits(environment: Environment) -> Mapping[str, str]:
    lines = model.million_deposits(environment, _NETWORK)
    changed = dict(model.alternatives(environment))
    provisioned = _part(model.million_deposits(changed["tables provisioned"], _NETWORK), Part.TABLES)
    of_quick = model.million_deposits(model.with_memory(environment, QUICK_MEMORY_MIB), _NETWORK)
    units = work_of.write_units(f.DEPOSIT_RECORD_BYTES) + work_of.write_units(f.SCHEDULE_ROW_BYTES)
    announced = _part(lines, Part.EVENTS)
    smaller = provisioned * (units - 1) / units
    return {
        "deposit-writes": _cents(_part(lines, Part.TABLES)),
        "deposit-events": _cents(announced),
        "deposit-share": f"{(_part(lines, Part.TABLES) + announced) / total(lines) * 100:.0f}",
        "deposit-provisioned": _cents(provisioned),
        "deposit-smaller": _cents(provisioned - smaller),
        "quick-memory": f"{QUICK_MEMORY_MIB}",
        "quick-saves": _cents(total(lines) - total(of_quick)),
        "deposit-reached": _cents(total(of_quick) - _part(of_quick, Part.TABLES) + smaller - announced),
        "uploads": _cents(environment.home("s3-put-standard").of(f.MILLION)),
        "replica-puts": _cents(environment.away("s3-put-standard").of(f.MILLION)),
    }


def _of_engines(environment: Environment) -> Mapping[str, str]:
    home, days = environment.home, environment.settings.fixity.check_interval_days
    tiers = [
        home(f"s3-storage-intelligent-{tier}").of(1)
        for tier in ("frequent-first-50-tb", "infrequent", "archive-instant")
    ]

    def mean(interval: int) -> str:
        return f"{sum(share * price for share, price in zip(tier_shares(interval), tiers, strict=True)):.4f}"

    [standard] = [found for found in engines(environment, _NETWORK) if found.storage_class == STANDARD]
    return {
        "job-gb": f"{home('s3-compute-checksum').of(1):g}",
        "job-tb": _cents(home("s3-compute-checksum").of(f.TB / f.GIB)),
        "job-objects": _cents(home("s3-batch-object").of(f.MILLION)),
        "job": _cents(home("s3-batch-job").of(1)),
        "job-times": f"{standard.job_per_gigabyte / standard.reading_per_gigabyte:.0f}",
        "first-days": f"{f.FREQUENT_DAYS}",
        "second-days": f"{f.INFREQUENT_DAYS - f.FREQUENT_DAYS}",
        **{f"tier-{number}": f"{price:g}" for number, price in enumerate(tiers, 1)},
        "mean": mean(days),
        "twice": f"{2 * days}",
        "mean-twice": mean(2 * days),
        "transfer": _cents(environment.away(f"transfer-to-{environment.settings.region}").of(1)),
    }


def _part(lines: Sequence[Line], part: Part) -> float:
    return total(found for found in lines if found.part is part)


def _cents(dollars: float) -> str:
    return f"{dollars:,.2f}"


def _megabytes(size: float) -> str:
    # To two digits, upwards: from there on what is said holds.
    digit = 10 ** max(0, len(str(int(size / 1e6))) - 2)
    return f"{ceil(size / 1e6 / digit) * digit}"
