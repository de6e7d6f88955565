"""Checks per day after a bulk load: the busiest day beside the mean, with the real rule for the dates of checks."""

from datetime import UTC, datetime, timedelta
from typing import Final

from benchmarks.row import Row
from runtime.fixity.schedule import first_check, next_check
from runtime.shared.object_ref import ObjectRef

_GOAL: Final = 1.05
_BUCKET: Final = "acme-bench-objects"
_DAY: Final = timedelta(days=1)
_MIDNIGHT: Final = datetime(2026, 3, 1, tzinfo=UTC)


def measure(objects: int = 10_000_000) -> Row:
    """Deposit objects evenly over one day and count their checks on each day of the two intervals that follow."""
    checks = checks_per_day(objects)
    busiest, mean = max(checks), sum(checks) / len(checks)
    return Row(
        what=f"busiest day after {objects:,} deposits on one day",
        measured=f"{busiest:,} checks",
        baseline=f"{mean:,.0f} checks, the mean day",
        ratio=busiest / mean,
        goal=f"<= {_GOAL}",
        met=busiest / mean <= _GOAL,
    )


def checks_per_day(objects: int, interval_days: int = 180) -> list[int]:
    """Return the number of checks on each day of the two intervals that follow the day of the deposits.

    The first check of an object is due by `first_check`, a day after its deposit at the earliest, the second by
    `next_check`. Each is counted at its date. Delays in AWS, expiry of the schedule row and waiting in the queue, are
    about the same for all objects: they move the days and do not heap them.
    """
    interval = interval_days * _DAY
    checks = [0] * (2 * interval_days + 1)
    for number in range(objects):
        ref = ObjectRef(_BUCKET, f"box {number % 1_000}/object {number}.tif")
        first = first_check(ref, _MIDNIGHT + number / objects * _DAY, interval)
        second = next_check(first, interval, success=True)
        checks[(first - _MIDNIGHT).days] += 1
        checks[(second - _MIDNIGHT).days] += 1
    # Day 0 is the day of the deposit.
    return checks[1:]
