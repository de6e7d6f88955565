"""Words for people: outcomes, numbers with their nouns, and text that strangers typed."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple


class OutcomeWords(NamedTuple):
    """Words for an outcome."""

    name: str  # a heading of a word or two
    meaning: str  # half a sentence
    alert: str = ""  # longer meaning for alerts; empty if the meaning will do

    @property
    def told(self) -> str:
        """Name and meaning in one line."""
        return self.named(self.alert or self.meaning)

    def named(self, text: str) -> str:
        """Return a text behind the name in one line."""
        return f"{self.name[0].lower()}{self.name[1:]}: {text}"


# By outcome, as records and reports write it.
FAILURES: Final[Mapping[str, OutcomeWords]] = {
    "mismatch": OutcomeWords(
        name="Damaged",
        meaning="the content is not what it should be; read again to be sure where there was time",
        alert="its content is not what it should be (read again to be sure where there was time)",
    ),
    "unreadable": OutcomeWords(
        name="Unreadable",
        meaning="it could not be read, which says nothing about its content",
        alert="it could not be read after several attempts, which says nothing about its content",
    ),
    "absent": OutcomeWords(
        name="Missing",
        meaning="it is gone, and nothing says that somebody deleted it",
        alert="it is gone, and there is no delete marker to say that somebody deleted it",
    ),
    "no-baseline": OutcomeWords(
        name="Not comparable", meaning="its recorded digests are of kinds that this software does not know"
    ),
    "replica-mismatch": OutcomeWords(
        name="Replica damaged",
        meaning="the copy in the other region is not what it should be; the object itself is good",
    ),
    "replica-unreadable": OutcomeWords(
        name="Replica unreadable",
        meaning="the copy in the other region could not be looked at, which says nothing about its content",
    ),
    "replica-absent": OutcomeWords(
        name="Replica missing", meaning="the copy in the other region is gone; the object itself is good"
    ),
    "depositor-mismatch": OutcomeWords(
        name="Depositor's digest differs",
        meaning="the file that arrived does not have the digest that its depositor sent; the file or the digest was"
        " wrong at the upload",
    ),
    "malformed-record": OutcomeWords(
        name="Record cannot be read", meaning="something of its record is missing or changed, so it cannot be checked"
    ),
}
_OUTCOMES: Final = {
    **FAILURES,
    "match": OutcomeWords(name="Good", meaning="every byte is what it should be"),
    "superseded": OutcomeWords(name="Replaced", meaning="a newer version has taken its place and is being deposited"),
    "deferred": OutcomeWords(
        name="Put aside", meaning="it was too large for the time that was left; it is tried again a day later"
    ),
}


def words_of(outcome: str) -> OutcomeWords:
    """Return the words of an outcome; an unknown outcome is its own name."""
    return _OUTCOMES.get(outcome, OutcomeWords(name=outcome, meaning=""))


def visible(text: str) -> str:
    r"""Return a text in which no character is hidden, ends the line or turns the direction (lesson L43).

    Control and format characters, line ends, and blanks other than the plain one are escaped, for example `\u202e`.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def cut(text: str, most: int, mark: str = "…") -> str:
    """Return a text of at most `most` characters; a longer text ends with the mark."""
    return text if len(text) <= most else text[: most - len(mark)] + mark


def plural(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: 1 object, 1,234 objects. Without `many` an `s` is added."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def joined(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def sentence(text: str) -> str:
    """Return a text with a capital in front and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "…")) else ".")
