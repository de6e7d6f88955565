import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.fixity.sequencer import normalised

_HEX = st.text("0123456789ABCDEFabcdef", min_size=1, max_size=32)


@given(first=_HEX, second=_HEX)
def test_text_order_is_s3_order(first: str, second: str) -> None:
    """Normalised sequencers compare as text the way S3 says: padded with zeros on the right."""
    width = max(len(first), len(second))
    padded = (first.upper().ljust(width, "0"), second.upper().ljust(width, "0"))

    assert (padded[0] < padded[1]) == (normalised(first) < normalised(second))
    assert (padded[0] == padded[1]) == (normalised(first) == normalised(second))


@given(text=_HEX)
def test_normalising_twice_changes_nothing(text: str) -> None:
    """A normalised sequencer stays as it is."""
    assert normalised(text) == normalised(normalised(text))


@pytest.mark.parametrize("text", ["", "xyz", "00 11", "é"])
def test_other_text_is_refused(text: str) -> None:
    """What is not hexadecimal is refused with what was got."""
    with pytest.raises(ValueError, match="allowed: hexadecimal digits"):
        normalised(text)
