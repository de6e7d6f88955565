"""Thresholds of the alarms."""

from typing import Any, Final

import attrs

from stacks.config.fields import number

_MILLION: Final = 1_000_000
_BILLION: Final = 1_000_000_000


def _in_five_minutes(meaning: str, unit: str, *, default: int = 1, low: int = 1, high: int = _MILLION) -> Any:  # noqa: ANN401 (an attrs field, typed by the class)
    return number(low, high, meaning, default=default, unit=unit)


def _in_an_hour(meaning: str, unit: str) -> Any:  # noqa: ANN401 (as above)
    return number(1, _MILLION, f"{meaning}, in an hour", default=1, unit=unit)


def _in_a_sweep(meaning: str, unit: str = "objects") -> Any:  # noqa: ANN401 (as above)
    return number(1, _BILLION, f"{meaning}, in a sweep", default=1, unit=unit)


@attrs.frozen(kw_only=True)
class Alarms:
    """An alarm fires when the value of a period reaches its threshold.

    The period is five minutes, an hour for what happens once and does not end, a day for what a sweep finds.
    """

    dead_letters: int = _in_five_minutes("messages in one dead-letter queue", "messages")
    # A message is deleted 14 days after it was first sent, of which it may have waited 7 as work.
    set_aside_seconds: int = _in_five_minutes(
        "age of a message that nobody took from a dead-letter queue", "seconds", default=432_000, low=10, high=518_400
    )
    function_errors: int = _in_five_minutes("failed invocations of one function", "invocations")
    function_throttles: int = _in_five_minutes("throttled invocations of one function", "invocations", default=10)
    oldest_message_seconds: int = _in_five_minutes(
        "age of the oldest message in one queue of work", "seconds", default=43_200, low=10, high=1_123_200
    )
    # A stream keeps a record for 24 hours, and after 20 it is set aside.
    iterator_age_seconds: int = _in_five_minutes(
        "age of the oldest record in one stream", "seconds", default=3_600, low=10, high=72_000
    )
    table_throttles: int = _in_five_minutes("throttled reads, or writes, of one table", "requests", default=10)
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
    failing_objects: int = _in_a_sweep("objects whose newest check failed")
    deferred_objects: int = _in_a_sweep("objects that no function had the time to read")
    unreplicated_objects: int = _in_a_sweep("objects that S3 has not replicated")
    overdue_objects: int = _in_a_sweep("objects whose check is late by more than the grace")
    unrecorded_objects: int = _in_a_sweep("objects, and newer versions of objects, without a record that are not new")
    malformed_records: int = _in_a_sweep("records and schedule rows that cannot be read", "records")
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
    failed_replications: int = _in_an_hour("objects that S3 could not replicate", "objects")
    late_replications: int = _in_an_hour("objects that S3 did not replicate within 15 minutes", "objects")
