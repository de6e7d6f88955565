from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.shared.timestamps import moment_of, timestamp

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 (hypothesis adds the zone)
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001 (as above)
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11)), timezone(timedelta(hours=14))]),
)


@given(MOMENTS)
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    """Whatever its zone, a moment comes back in UTC, as exactly as it was asked to be written."""
    assert moment == moment_of(timestamp(moment, "auto"))
    assert moment - moment_of(timestamp(moment)) < timedelta(milliseconds=1)
    assert timestamp(moment).endswith("Z")


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-03-01T12:00:00", "0001-01-01T00:00:00+14:00", "2026-13-01T00:00:00Z"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    """A text without a zone, or outside of the calendar, is not guessed at."""
    with pytest.raises(ValueError, match=r".+"):
        moment_of(text)
