from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from runtime.fixity.schedule import RETRY, ScheduleRow, another_try, first_check, next_check, phase
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import INTERVAL, NOW, REF


@given(bucket=st.text(min_size=1), key=st.text(min_size=1))
def test_phase_is_a_fixed_fraction(bucket: str, key: str) -> None:
    """The phase of an object never changes and lies in [0, 1)."""
    ref = ObjectRef(bucket, key)

    assert 0 <= phase(ref) < 1
    assert phase(ref) == phase(ObjectRef(bucket, key))


def test_phase_tells_bucket_from_key() -> None:
    """The border between bucket and key counts."""
    assert phase(ObjectRef("a", "bc")) != phase(ObjectRef("ab", "c"))


@given(key=st.text(min_size=1), days=st.integers(2, 400))
def test_first_check_is_within_the_interval(key: str, days: int) -> None:
    """A deposit is read again after one day at the earliest and one interval at the latest."""
    due = first_check(ObjectRef("b", key), NOW, timedelta(days=days))

    assert NOW + timedelta(days=1) <= due <= NOW + timedelta(days=days)


def test_bulk_load_is_spread_evenly() -> None:
    """Objects deposited at one moment come due evenly over the days of the interval."""
    objects = 179_000
    days = Counter((first_check(ObjectRef("b", f"k{n}"), NOW, INTERVAL) - NOW).days for n in range(objects))

    assert set(range(1, 180)) == set(days)
    assert max(days.values()) < 1.15 * objects / 179


def test_after_a_match_one_interval_passes() -> None:
    """A matching check is followed by the next one exactly one interval later."""
    assert NOW + INTERVAL == next_check(NOW, INTERVAL, success=True)


def test_after_anything_else_one_day_passes() -> None:
    """A check that did not match is followed by the next one a day later."""
    assert NOW + RETRY == next_check(NOW, INTERVAL, success=False)


def test_ttl_is_never_before_the_due_date() -> None:
    """The expiry second is rounded up."""
    due = datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC)
    row = ScheduleRow(ref=REF, version_id="v1", sequencer="0", due=due)

    assert int(datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC).timestamp()) == row.ttl


def test_l10_what_was_put_aside_together_does_not_come_due_together() -> None:
    """Objects of one batch that did not fit the time left are tried again apart, within a day and a half."""
    tries = [another_try(ObjectRef("acme-test-films", f"reel {number}"), NOW) for number in range(10)]

    assert all(RETRY <= due - NOW < RETRY * 1.5 for due in tries)
    assert max(tries) - min(tries) > timedelta(hours=6)
    assert 10 == len({due.replace(minute=due.minute // 10 * 10, second=0, microsecond=0) for due in tries})
