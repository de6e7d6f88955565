import csv
import io
import re
from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.contract import DIGEST_ALGORITHMS
from runtime.counts import COUNTS
from runtime.fixity.digests import ALGORITHMS
from runtime.fixity.evidence import Comparison, Evidence, Source, Verdict
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import CheckReport, FixityRecord
from runtime.report.alarms import ObjectAlarm
from runtime.report.csv_list import HEADER, line, marked
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from tests.support.builders import NOW
from tests.support.report_samples import unmarked
from tests.support.sweep_fakes import POLICY, record, with_outcome, with_replication

# Whatever DynamoDB and S3 take in a key: any Unicode text, with what is special to CSV and to spreadsheets made likely.
COLUMNS_OF_DIGEST = ("digest_algorithm", "digest")
TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(list("=+-@\t\r\n;,'\"|"))))


def _line(one: FixityRecord | Malformed) -> str:
    return line(one, NOW, POLICY)


def _row(one: FixityRecord | Malformed) -> dict[str, str]:
    [row] = _rows(HEADER + _line(one))
    return row


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def _with(key: str, message: str = "ok") -> FixityRecord:
    one = record("a")
    check: CheckReport = attrs.evolve(one.last_check, message=message)
    return attrs.evolve(one, ref=ObjectRef(one.ref.bucket, key), last_check=check)


@given(TEXTS, TEXTS)
def test_l32_any_key_is_read_back_as_it_was(key: str, message: str) -> None:
    """The csv module and the documented rule give back every text, whatever it holds."""
    [row] = _rows(HEADER + _line(_with(key, message)))

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
    [row] = _rows(HEADER + _line(_with(key)))

    assert row["key"].startswith("'")
    assert key == unmarked(row["key"])


def test_a_line_says_everything_of_an_object() -> None:
    """All columns in their order, dates in ISO 8601, truth in words, empty where there is nothing."""
    [row] = _rows(HEADER + _line(record('box 1/ä,"b".txt', good=None)))

    assert {
        "bucket": "'acme-test-letters",
        "key": '\'box 1/ä,"b".txt',
        "version_id": '\'v-box 1/ä,"b".txt',
        "size": "5",
        "digest_algorithm": "sha256",
        "digest": "sha256:aa",
        "deposit_date": "2025-01-25T12:00:00.000Z",
        "last_check": "2025-01-25T12:00:00.000Z",
        "outcome": "match",
        "success": "true",
        "last_good_date": "",
        "next_check": "2026-03-11T12:00:00.000Z",
        "message": "'ok",
        "replication": "",
        "replica_checked": "",
        "days_overdue": "",
        "alarms": "oldest-unverified",
    } == row


def test_what_was_not_judged_is_neither_true_nor_false() -> None:
    """An object that was put aside has no success and no digest."""
    one = with_outcome(record("a"), Outcome.DEFERRED, success=None, ended=NOW)
    [row] = _rows(HEADER + _line(attrs.evolve(one, digests={})))

    assert ("deferred", "", "") == (row["outcome"], row["success"], row["digest"])


def test_a_record_that_cannot_be_read_is_a_line() -> None:
    """Its object and what is wrong are told, success is false, and nothing else is made up."""
    malformed = Malformed(ref=ObjectRef("b", "k"), problem="the attribute Size is missing")
    [row] = _rows(HEADER + _line(malformed))

    assert {
        "bucket": "'b",
        "key": "'k",
        "outcome": "malformed-record",
        "success": "false",
        "message": "'the record cannot be read: the attribute Size is missing",
        "alarms": "malformed-records",
    } == {name: value for name, value in row.items() if value}


def test_the_file_says_that_it_is_utf_8() -> None:
    """Spreadsheets know the encoding by the mark at the beginning."""
    assert b"\xef\xbb\xbfbucket,key," == HEADER.encode()[:14]


def _with_digest(algorithm: str, value: str) -> FixityRecord:
    return attrs.evolve(record("a"), digests={algorithm: value}, primary_algorithm=algorithm)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_l32_a_digest_is_found_by_a_search_for_it(algorithm: str) -> None:
    """A long digest stands in its cell as every other tool prints it, without a mark."""
    digest = ALGORITHMS[algorithm].start().digest().hex()

    assert (algorithm, digest) == tuple(_row(_with_digest(algorithm, digest))[name] for name in COLUMNS_OF_DIGEST)


@given(st.sampled_from(DIGEST_ALGORITHMS), st.text(st.sampled_from("0123456789e"), min_size=1, max_size=128))
def test_l32_no_spreadsheet_finds_a_number_in_a_digest(algorithm: str, value: str) -> None:
    """A digest of digits, or of digits around one e, is behind its algorithm; what follows the colon is the digest."""
    cell = _row(_with_digest(algorithm, value))["digest"]

    assert not re.fullmatch(r"\d+(e\d+)?", cell)
    assert value == cell.rpartition(":")[2]


def test_l32_a_crc_is_always_behind_its_algorithm() -> None:
    """Of 16 digits all may be decimal, once in 1,800 objects: the cell has one form for all."""
    assert "crc64nvme:ae8b14860a799888" == _row(_with_digest("crc64nvme", "ae8b14860a799888"))["digest"]


@pytest.mark.parametrize("typed", ['=HYPERLINK("https://evil.example")', "a,b", "7\r\n=1", "SHA-256", "AA"])
def test_l32_what_was_typed_into_a_record_is_a_text(typed: str) -> None:
    """Neither a digest nor an algorithm that a person wrote into the table is taken for a formula or ends the cell."""
    row = _row(_with_digest(typed, typed))

    assert [typed, typed] == [unmarked(row[name]) for name in COLUMNS_OF_DIGEST]
    assert {"'"} == {row[name][0] for name in COLUMNS_OF_DIGEST}


@pytest.mark.parametrize(
    ("one", "alarms", "overdue"),
    [
        (record("good"), "", ""),
        (record("late", due=timedelta(days=-4, hours=-1)), "overdue-objects", "4"),
        (record("due", due=timedelta(days=-2)), "", ""),
        (record("old", good=timedelta(days=-184)), "oldest-unverified", ""),
        (with_replication(record("alone"), Replication.FAILED), "unreplicated-objects", ""),
        (with_outcome(record("bad"), Outcome.MISMATCH, success=False), "failing-objects", ""),
        (with_outcome(record("large", good=None), Outcome.DEFERRED, success=None), "deferred-objects", ""),
        (
            with_replication(record("all", due=timedelta(days=-9), good=timedelta(days=-200)), Replication.NONE),
            "oldest-unverified overdue-objects unreplicated-objects",
            "9",
        ),
    ],
)
def test_l53_the_objects_of_an_alarm_can_be_filtered(one: FixityRecord, alarms: str, overdue: str) -> None:
    """A line names the alarms that its object counts for, and how late its check is."""
    row = _row(one)

    assert (alarms, overdue) == (row["alarms"], row["days_overdue"])


def test_l53_every_alarm_on_objects_with_a_record_has_its_objects_listed() -> None:
    """An alarm that counts what has no record, or a share of the objects that others name, has none of its own."""
    alarms = {counted.alarm.name for counted in COUNTS.values() if counted.alarm}

    assert alarms - {"coverage", "unrecorded-objects"} == set(ObjectAlarm)


@pytest.mark.parametrize(
    ("status", "word"),
    [(None, ""), (Replication.NONE, "NONE"), (Replication.PENDING, "PENDING"), (Replication.COMPLETED, "COMPLETED")],
)
def test_l53_the_replication_is_in_s3s_words(status: Replication | None, word: str) -> None:
    """What S3 does not replicate is another thing than what was not asked."""
    assert word == _row(with_replication(record("a"), status))["replication"]


@pytest.mark.parametrize(
    ("sources", "looked"),
    [
        ((), ""),
        ((Source.BASELINE,), ""),
        ((Source.BASELINE, Source.REPLICA), "statement"),
        ((Source.REPLICA, Source.REPLICA_READ), "bytes"),
    ],
)
def test_l53_a_list_says_how_the_replica_was_checked(sources: tuple[Source, ...], looked: str) -> None:
    """Its bytes, what S3 states, or nothing; a comparison that was not made is none."""
    made = [_comparison(source, Verdict.MATCH) for source in sources]
    for comparisons in (made, [*made, _comparison(Source.REPLICA, Verdict.NOT_COMPARED)]):
        one = record("a")
        check: CheckReport = attrs.evolve(one.last_check, comparisons=comparisons)

        assert looked == _row(attrs.evolve(one, last_check=check))["replica_checked"]


def test_l53_a_replica_that_is_gone_was_looked_for() -> None:
    """S3 was asked, and had none."""
    assert "statement" == _row(_with("a", "the replica is gone: NoSuchKey"))["replica_checked"]


def _comparison(source: Source, verdict: Verdict) -> Comparison:
    return Comparison(evidence=Evidence(source=source, algorithm="md5", expected="a"), computed="a", verdict=verdict)
