import csv
import io
import re

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.fixity.outcome import Outcome
from runtime.fixity.records import CheckReport, FixityRecord
from runtime.report.csv_list import HEADER, line, marked
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from tests.support.builders import NOW
from tests.support.report_samples import unmarked
from tests.support.sweep_fakes import record, with_outcome

# Whatever DynamoDB and S3 take in a key: any Unicode text, with what is special to CSV and to spreadsheets made likely.
TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(list("=+-@\t\r\n;,'\"|"))))


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def _with(key: str, message: str = "ok") -> FixityRecord:
    one = record("a")
    check: CheckReport = attrs.evolve(one.last_check, message=message)
    return attrs.evolve(one, ref=ObjectRef(one.ref.bucket, key), last_check=check)


@given(TEXTS, TEXTS)
def test_l32_any_key_is_read_back_as_it_was(key: str, message: str) -> None:
    """The csv module and the documented rule give back every text, whatever it holds."""
    [row] = _rows(HEADER + line(_with(key, message)))

    assert (key, message) == (unmarked(row["key"]), unmarked(row["message"]))


@given(TEXTS)
def test_the_documented_rule_is_the_whole_rule(text: str) -> None:
    """One replacement, as formats.md says it, takes the marks away."""
    assert text == unmarked(marked(text))


@given(TEXTS)
def test_l32_no_spreadsheet_finds_the_beginning_of_anything_but_a_text(text: str) -> None:
    """Wherever a spreadsheet may begin a cell there is an apostrophe: at the start, behind semicolon, tab, line end."""
    assert [] == [piece for piece in re.split(r"[;\t\r\n]", marked(text)) if not piece.startswith("'")]


@pytest.mark.parametrize(
    "key",
    ["007", "1e5", "2026-03-01", "MARCH1", "TRUE", "=1+1", "+49", "-1", "@SUM(A1)", "a;=1+1", "\t=1+1", "'quoted'"],
)
def test_l32_what_looks_like_a_value_or_a_formula_stays_a_text(key: str) -> None:
    """Numbers, dates, truth values and formulas among the keys are texts, and come back as they were."""
    [row] = _rows(HEADER + line(_with(key)))

    assert row["key"].startswith("'")
    assert key == unmarked(row["key"])


def test_a_line_says_everything_of_an_object() -> None:
    """All columns in their order, dates in ISO 8601, truth in words, empty where there is nothing."""
    [row] = _rows(HEADER + line(record('box 1/ä,"b".txt', good=None)))

    assert {
        "bucket": "'acme-test-letters",
        "key": '\'box 1/ä,"b".txt',
        "version_id": '\'v-box 1/ä,"b".txt',
        "size": "5",
        "digest_algorithm": "sha256",
        "digest": "'aa",
        "deposit_date": "2025-01-25T12:00:00.000Z",
        "last_check": "2025-01-25T12:00:00.000Z",
        "outcome": "match",
        "success": "true",
        "last_good_date": "",
        "next_check": "2026-03-11T12:00:00.000Z",
        "message": "'ok",
    } == row


def test_what_was_not_judged_is_neither_true_nor_false() -> None:
    """An object that was put aside has no success and no digest."""
    one = with_outcome(record("a"), Outcome.DEFERRED, success=None, ended=NOW)
    [row] = _rows(HEADER + line(attrs.evolve(one, digests={})))

    assert ("deferred", "", "'") == (row["outcome"], row["success"], row["digest"])


def test_a_record_that_cannot_be_read_is_a_line() -> None:
    """Its object and what is wrong are told, success is false, and nothing else is made up."""
    malformed = Malformed(ref=ObjectRef("b", "k"), problem="the attribute Size is missing")
    [row] = _rows(HEADER + line(malformed))

    assert {
        "bucket": "'b",
        "key": "'k",
        "outcome": "malformed-record",
        "success": "false",
        "message": "'the record cannot be read: the attribute Size is missing",
    } == {name: value for name, value in row.items() if value}


def test_the_file_says_that_it_is_utf_8() -> None:
    """Spreadsheets know the encoding by the mark at the beginning."""
    assert b"\xef\xbb\xbfbucket,key," == HEADER.encode()[:14]
