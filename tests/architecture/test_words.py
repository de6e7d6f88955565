"""Phrases that readers did not understand do not come back (CONTRIBUTING.md, Style)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

# Files, and folders with everything in them that people read.
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
ROOTS = (*PAGES, "app.py", "benchmarks", "docs", "duracloud", "runtime", "stacks")
SUFFIXES = {".md", ".py", ".toml", ".j2"}
# Each phrase with what to write instead.
PHRASES = {
    "set aside": "sent to the dead-letter queue",
    "sets aside": "sends to the dead-letter queue",
    "setting aside": "sending to the dead-letter queue",
    "put aside": "deferred",
    "under care": "managed",
    "out of care": "no longer managed",
    "service's care": "managed",
    "alarm speaks": "the alarm fires",
    "alarms speak": "alarms fire",
    "alarm tells": "the alarm fires",
    "is told": "is notified, is reported",
    "are told": "are notified, are reported",
    "was told": "was notified, was reported",
    "were told": "were notified, were reported",
    "told of": "notified of",
    "last receive": "last attempt",
    "next receive": "next attempt",
    "for want of": "without, because there is no",
    "that there is": "that exists",
    "of which": "split the sentence",
    "by which": "split the sentence",
    "what of it": "name it",
    "what became of": "what happened to",
    "came to its end": "finished",
    "comes to its end": "finishes",
    "come to rights": "recover",
    "comes to rights": "recovers",
    "put right": "repaired, repair",
    "put it right": "repair it",
    "made up for": "done later",
}
# Labels of the report's page, sentences of e-mails and of audit events, and a log message, as they are.
PUBLISHED = (
    "Nothing is under care yet",
    "Objects under care",
    "Put aside",
    "You will be told of its recovery",
    "object of which S3 lists another version",
    "out of care: the record was removed",
)


def _files() -> Iterator[Path]:
    for root in ROOTS:
        path = ROOT / root
        yield from [path] if path.is_file() else (found for found in path.rglob("*") if found.suffix in SUFFIXES)


def _pattern(phrase: str) -> str:
    """Return an expression that also finds the phrase where it is broken over lines of a text or comment."""
    return r"\b" + r"[\s#>|]+".join(map(re.escape, phrase.split())) + r"\b"


@pytest.mark.parametrize("phrase", PHRASES)
def test_phrases_do_not_come_back(phrase: str) -> None:
    """Nothing that people read holds a phrase that has a plain word."""
    found = []
    for path in sorted(_files()):
        text = path.read_text("utf-8")
        for label in PUBLISHED:
            text = text.replace(label, "-" * len(label))
        found += [
            f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1} write: {PHRASES[phrase]}"
            for match in re.finditer(_pattern(phrase), text, re.IGNORECASE)
        ]

    assert [] == found


def test_published_names_are_no_phrases() -> None:
    """Settings, alarms and metrics keep their words."""
    published = "alarms.set_aside_seconds set-aside-verification-dlq ObjectsUnderCare young_hours"

    assert not any(re.search(_pattern(phrase), published, re.IGNORECASE) for phrase in PHRASES)


def test_a_phrase_is_found_over_the_end_of_a_line() -> None:
    """Neither the end of a line nor the mark of a comment hides a phrase."""
    assert re.search(_pattern("set aside"), "    # messages are set\n    # aside")
