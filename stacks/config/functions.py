"""Sizes of the functions."""

import attrs

from stacks.config.fields import number


@attrs.frozen(kw_only=True)
class Sizing:
    """Size of a function."""

    memory_mib: int = number(
        128, 10_240, "memory; Lambda gives processor time in proportion, one whole processor at 1,769", unit="MiB"
    )
    timeout_seconds: int = number(5, 900, "longest invocation", unit="seconds")


@attrs.frozen(kw_only=True)
class WorkerSizing(Sizing):
    """Size of a function that works on a queue."""

    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    max_concurrency: int = number(2, 1000, "invocations at the same time", unit="invocations")


@attrs.frozen(kw_only=True)
class Functions:
    """Sizes of the functions, by name."""

    bucket_requested: WorkerSizing = WorkerSizing(memory_mib=512, timeout_seconds=180, max_concurrency=2)
    file_uploaded: WorkerSizing = WorkerSizing(memory_mib=512, timeout_seconds=900, max_concurrency=50)
    file_deleted: WorkerSizing = WorkerSizing(memory_mib=1769, timeout_seconds=900, max_concurrency=25)
    verification_due: Sizing = Sizing(memory_mib=256, timeout_seconds=60)
    checksum_verification: WorkerSizing = WorkerSizing(memory_mib=512, timeout_seconds=900, max_concurrency=50)
    checksum_failure: Sizing = Sizing(memory_mib=256, timeout_seconds=60)
    checksum_exporter: Sizing = Sizing(memory_mib=256, timeout_seconds=60)
    fixity_sweep: WorkerSizing = WorkerSizing(memory_mib=1769, timeout_seconds=300, max_concurrency=10)
    replication_failed: WorkerSizing = WorkerSizing(memory_mib=256, timeout_seconds=60, max_concurrency=2)
    audit_trail: Sizing = Sizing(memory_mib=512, timeout_seconds=60)
    audit_manifest: Sizing = Sizing(memory_mib=1769, timeout_seconds=900)
    checksum_report: WorkerSizing = WorkerSizing(memory_mib=1769, timeout_seconds=900, max_concurrency=4)
