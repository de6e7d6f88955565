import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.fixity.failures import DISPUTED
from runtime.fixity.outcome import Outcome
from runtime.fixity.replica import OF_REPLICA
from runtime.report.count import MALFORMED
from runtime.shared.wording import FAILURES, cut, plural, visible, words_of


def test_every_outcome_has_words() -> None:
    """No page and no e-mail falls back to a word of the code."""
    failing = {Outcome.MISMATCH, Outcome.UNREADABLE, Outcome.ABSENT, Outcome.NO_BASELINE}
    of_replica = {f"{OF_REPLICA}{outcome}" for outcome in failing - {Outcome.NO_BASELINE}}

    assert {*failing, *of_replica, DISPUTED, MALFORMED} == set(FAILURES)
    assert all(words_of(outcome).meaning for outcome in (*Outcome, *FAILURES))


def test_an_unknown_outcome_is_its_own_name() -> None:
    """What a later version recorded is shown as it is."""
    assert ("moved", "") == (words_of("moved").name, words_of("moved").meaning)


@given(st.text(st.characters()))
def test_l43_a_visible_text_is_one_line_and_hides_nothing(text: str) -> None:
    """Whatever is typed, half a surrogate pair too; what is visible already stays as it is."""
    shown = visible(text)

    assert shown.isprintable()
    assert shown == visible(shown)
    assert 1 >= len(shown.splitlines())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("box 1/ä 日本 עברית.tif", "box 1/ä 日本 עברית.tif"),
        ("a\nb\r\t\0", "a\\nb\\r\\t\\x00"),
        ("\x1b[2K\x9b", "\\x1b[2K\\x9b"),
        ("\u202e\u200b\ud800\U000e0041", "\\u202e\\u200b\\ud800\\U000e0041"),
    ],
)
def test_l43_what_would_hide_is_shown_as_its_number(text: str, shown: str) -> None:
    """Letters of every script stay, the rest has the form that programmers know."""
    assert shown == visible(text)


def test_long_texts_end_in_a_mark() -> None:
    """The mark counts: a cut text is exactly as long as allowed."""
    assert ["abcd", "abc…", "a..."] == [cut("abcd", 4), cut("abcde", 4), cut("abcde", 4, "...")]


def test_numbers_and_their_words_agree() -> None:
    """One object, many objects, and whatever else follows them."""
    assert ["0 days", "1 day", "1,234 days"] == [plural(number, "day") for number in (0, 1, 1234)]
    assert ["1 object has", "2 objects have"] == [plural(n, "object has", "objects have") for n in (1, 2)]
