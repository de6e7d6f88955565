"""Thresholds of the alarms."""

from typing import Any, Final

import attrs

from runtime.counts import COUNTS
from stacks.config.fields import number

_MILLION: Final = 1_000_000
_BILLION: Final = 1_000_000_000


def _in_five_minutes(meaning: str, unit: str, *, default: int = 1, low: int = 1, high: int = _MILLION) -> int:
    return number(low, high, meaning, default=default, unit=unit)


def _in_an_hour(meaning: str, unit: str) -> int:
    return number(1, _MILLION, f"{meaning}, in an hour", default=1, unit=unit)


def _with_counts(_: type, own: "list[attrs.Attribute[Any]]") -> "list[attrs.Attribute[Any]]":
    """Add the threshold of each count of a sweep that has an alarm, and no other threshold here."""
    declared = {field.name for field in own}
    thresholds = {
        alarm.threshold: number(
            1, _BILLION, f"found by a sweep: {counted.meaning}", default=1, unit=alarm.threshold.rpartition("_")[2]
        )
        for counted in COUNTS.values()
        if (alarm := counted.alarm) and alarm.threshold and alarm.threshold not in declared
    }
    of_counts = attrs.fields(attrs.make_class("OfCounts", thresholds, kw_only=True))
    return [*own, *(field.evolve(type=int) for field in of_counts)]


@attrs.frozen(kw_only=True, field_transformer=_with_counts)
class Alarms:
    """An alarm fires when the value of a period reaches its threshold.

    The period is five minutes, an hour for what happens once and does not end, a day for what a sweep finds. The
    thresholds of what a sweep counts come from `runtime.counts`.
    """

    dead_letters: int = _in_five_minutes("messages in one dead-letter queue", "messages")
    # SQS deletes a message 14 days after it was first sent. Up to 7 of them it waited in its queue of work.
    set_aside_seconds: int = _in_five_minutes(
        "age of a message that nobody took from a dead-letter queue", "seconds", default=432_000, low=10, high=518_400
    )
    function_errors: int = _in_five_minutes("failed invocations of one function", "invocations")
    function_throttles: int = _in_five_minutes("throttled invocations of one function", "invocations", default=10)
    oldest_message_seconds: int = _in_five_minutes(
        "age of the oldest message in one queue of work", "seconds", default=43_200, low=10, high=1_123_200
    )
    # A stream keeps a record for 24 hours. After 20 Lambda sends it to the dead-letter queue.
    iterator_age_seconds: int = _in_five_minutes(
        "age of the oldest record in one stream", "seconds", default=3_600, low=10, high=72_000
    )
    table_throttles: int = _in_five_minutes("throttled reads, or writes, of one table", "requests", default=10)
    partition_throttles: int = _in_five_minutes(
        "writes to one table that were more than one partition takes, for an hour", "requests", default=10
    )
    table_system_errors: int = _in_five_minutes(
        "requests to one table that failed inside DynamoDB", "requests", default=5
    )
    table_latency_milliseconds: int = _in_five_minutes(
        "time in which 99 of 100 requests to one table are answered, for a quarter of an hour",
        "milliseconds",
        default=100,
        high=60_000,
    )
    table_write_units: int = _in_five_minutes(
        "write units that one table consumes", "write units", default=1_000_000, high=_BILLION
    )
    verification_concurrency: int = _in_five_minutes(
        "checks at the same time, for an hour; at most their `max_concurrency`", "invocations", default=45, high=1000
    )
    failed_checks: int = _in_an_hour("checks that found new damage or loss", "checks")
    failed_requests: int = _in_an_hour("bucket requests that were rejected or done in part", "requests")
    failed_exports: int = _in_an_hour("exports of the checksum table that failed", "exports")
    audit_problems: int = number(
        1, _MILLION, "files of the audit trail that the service did not write so, in a day", default=1, unit="files"
    )
    altered_records: int = _in_an_hour("records that something other than a deposit or a check changed", "records")
    coverage_percent: int = number(
        1,
        100,
        "share of objects found good, or deposited, within interval and grace; the alarm fires below it, in a sweep",
        default=99,
        unit="percent",
    )
    overdue_percent: int = number(
        1,
        100,
        "share of objects whose check is late by more than the grace, of two objects at least; found by a sweep",
        default=1,
        unit="percent",
    )
    failed_replications: int = _in_an_hour("objects that S3 could not replicate", "objects")
    late_replications: int = _in_an_hour("objects that S3 did not replicate within 15 minutes", "objects")
