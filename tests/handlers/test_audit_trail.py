import gzip
import json
from datetime import timedelta
from typing import Any

import attrs
import pytest

from runtime.fixity.evidence import Comparison, Evidence, Source, Verdict
from runtime.handlers.audit_trail import handle
from runtime.shared.errors import MalformedMessageError, TransientError
from tests.support.audit_trails import Archive
from tests.support.builders import AGENT, NOW, check_report, fixity_record
from tests.support.captured import captured, stream_record
from tests.support.fakes import raising
from tests.support.published import published

REPORT = check_report(
    comparisons=[
        Comparison(
            evidence=Evidence(source=Source.S3_CHECKSUM, algorithm="sha256", expected="aa", parts=3),
            computed="aa",
            verdict=Verdict.MATCH,
        ),
        Comparison(
            evidence=Evidence(source=Source.ETAG, algorithm="md5", expected="x", reason="it is no MD5"),
            computed="",
            verdict=Verdict.NOT_COMPARED,
        ),
    ],
    computed={"sha256": "aa"},
    bytes_read=5,
    reads=1,
    storage_class="STANDARD",
    ended=NOW + timedelta(seconds=1),
)
DEPOSITED = fixity_record(deposit_date=REPORT.ended, last_check=REPORT)
CHECKED = attrs.evolve(DEPOSITED, last_check=attrs.evolve(REPORT, ended=NOW + timedelta(days=1)))


def _written(archive: Archive, *records: dict[str, Any]) -> list[dict[str, Any]]:
    key = handle({"Records": list(records)}, archive.writer())
    lines = gzip.decompress(archive.files.files[key]).splitlines()[1:] if key else []
    return [json.loads(line)["event"] for line in lines]


def test_a_captured_record_of_the_stream_becomes_an_event() -> None:
    """What DynamoDB sends is understood, also where a record lacks what newer software writes."""
    [found] = _written(Archive(), *captured("record_mismatched")["Records"])

    assert ("check", "mismatch") == (found["kind"], found["outcome"])
    assert "2026-03-01T12:00:10.000Z" == found["date_time"]
    assert ("acme-test-letters", "box 1/letter ä.txt") == (found["object"]["bucket"], found["object"]["key"])


def test_l30_captured_records_of_the_stream_become_a_deposit_and_a_deletion() -> None:
    """A record that was written and one that was removed, as the stream handed them over, keep every fact."""
    [deposit], [deletion] = (
        _written(Archive(), *captured(name)["Records"]) for name in ("record_deposited", "record_removed")
    )

    assert ("deposit", "match", "deletion", "removed") == (
        deposit["kind"],
        deposit["outcome"],
        deletion["kind"],
        deletion["outcome"],
    )
    assert deposit["object"] == deletion["object"]
    assert {"sha256", "md5", "crc64nvme"} == set(deposit["computed"]) == set(deletion["expected"])
    assert ["S3 ETag", "S3 stored checksum"] == [item["source"] for item in deposit["evidence"]]
    assert ("duracloud-local-file-uploaded", "STANDARD", 5) == (
        deposit["agent"]["function"],
        deposit["storage_class"],
        deposit["bytes_read"],
    )


def test_items_as_the_adapter_writes_them_keep_every_fact() -> None:
    """Digests, evidence with parts and reasons, bytes, reads, class and agent of the record stand in the event."""
    [event] = _written(Archive(), stream_record(None, DEPOSITED))

    assert {"sha256": "aa"} == event["computed"]
    assert [
        {
            "source": "S3 stored checksum",
            "algorithm": "sha256",
            "expected": "aa",
            "computed": "aa",
            "verdict": "match",
            "parts": 3,
            "reason": "",
        },
        {
            "source": "S3 ETag",
            "algorithm": "md5",
            "expected": "x",
            "computed": "",
            "verdict": "not compared",
            "parts": 0,
            "reason": "it is no MD5",
        },
    ] == event["evidence"]
    assert (5, 5, 1, "STANDARD") == (event["size"], event["bytes_read"], event["reads"], event["storage_class"])
    assert attrs.asdict(AGENT) == event["agent"]


def test_one_segment_per_batch_in_the_order_of_the_stream() -> None:
    """Every change of a batch is in one file, and what is no event is not."""
    archive = Archive()
    postponed = attrs.evolve(CHECKED, next_check=NOW + timedelta(days=9), sequencer="f" * 32)
    records = [
        stream_record(None, DEPOSITED, 1),
        stream_record(DEPOSITED, CHECKED, 2),
        stream_record(CHECKED, postponed, 3),
        stream_record(postponed, None, 4),
    ]

    assert ["deposit", "check", "deletion"] == [event["kind"] for event in _written(archive, *records)]
    assert 1 == len(archive.files.files)


def test_a_batch_without_events_writes_nothing() -> None:
    """A change of a due date alone leaves no file."""
    archive = Archive()

    assert [] == _written(archive, stream_record(DEPOSITED, attrs.evolve(DEPOSITED, next_check=NOW)))
    assert {} == archive.files.files


def test_a_repeated_batch_gives_the_same_events() -> None:
    """The stream may hand out a batch again: ids and contents are equal, in a segment of their own."""
    archive = Archive()
    records = [stream_record(None, DEPOSITED, 1), stream_record(DEPOSITED, CHECKED, 2)]

    assert _written(archive, *records) == _written(archive, *records)
    assert 2 == len(archive.files.files)


def test_a_failed_write_fails_the_batch() -> None:
    """What was not written is handed out again by the stream."""
    archive = Archive()

    archive.files.before = raising(TransientError("SlowDown"))
    with pytest.raises(TransientError):
        _written(archive, stream_record(None, DEPOSITED))


@pytest.mark.parametrize(
    "change", [{"Keys": {"BucketName": {"S": "b"}}}, {"Keys": {"BucketName": {"S": "b"}, "ObjectKey": {"S": "k"}}}]
)
def test_a_record_of_another_form_fails_the_batch(change: dict[str, Any]) -> None:
    """A record that is not of the checksum table is never skipped quietly."""
    with pytest.raises(MalformedMessageError, match="checksum table"):
        _written(Archive(), {"eventID": "s1", "dynamodb": change})


@pytest.mark.parametrize(
    ("attribute", "value", "told"),
    [
        ("Size", {"N": "1.5"}, "Size: got 1.5; allowed: a whole number"),
        ("Size", {"S": "5"}, 'Size: got {"S": "5"}; allowed: the type N'),
        ("VersionId", {"NULL": True}, 'VersionId: got {"NULL": true}; allowed: the type S'),
        ("Digests", {"M": {"sha256": {"SS": ["a"]}}}, 'sha256: got {"SS": ["a"]}; allowed: the type S'),
        ("LastCheck", {"B": "eA=="}, 'LastCheck: got {"B": "eA=="}; allowed: the type M'),
        ("LastCheck", {"M": {"Evidence": {"L": [{"S": "x"}]}}}, 'Evidence: got {"S": "x"}; allowed: the type M'),
    ],
)
def test_a_change_that_is_not_understood_holds_nothing_up(attribute: str, value: dict[str, Any], told: str) -> None:
    """It is an event that says what was got; the changes before and behind it are told as ever."""
    edited = stream_record(DEPOSITED, DEPOSITED, 2)
    edited["dynamodb"]["NewImage"][attribute] = value
    found = _written(Archive(), stream_record(None, DEPOSITED, 1), edited, stream_record(DEPOSITED, CHECKED, 3))

    assert ["deposit", "unknown", "check"] == [event["kind"] for event in found]
    assert f"change not understood: the record was changed; {told}" == found[1]["detail"]


@pytest.mark.parametrize(("image", "happened"), [("NewImage", "was written"), ("OldImage", "was removed")])
def test_what_happened_is_told_even_if_the_record_is_not_understood(image: str, happened: str) -> None:
    """That a record came or went is certain, whatever it holds."""
    record = stream_record(None, DEPOSITED)
    record["dynamodb"][image] = {**record["dynamodb"].pop("NewImage"), "Size": {"NULL": True}}
    [event] = _written(Archive(), record)

    assert f"the record {happened}" in event["detail"]
    assert 'Size: got {"NULL": true}; allowed: the type N' in event["detail"]


def test_what_was_changed_by_hand_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """A metric says how many records were changed by no check; a batch without any publishes nothing."""
    forged = attrs.evolve(DEPOSITED, digests={"sha256": "bb"})

    _written(Archive(), stream_record(None, DEPOSITED), stream_record(DEPOSITED, CHECKED))
    assert [] == published(capsys)
    _written(Archive(), stream_record(DEPOSITED, forged))
    assert [("audit-trail", {"AlteredRecords": 1})] == published(capsys)


def test_attributes_that_are_no_part_of_a_record_are_nothing() -> None:
    """What somebody noted beside a record, of whatever type, changes no event and is none."""
    noted = stream_record(DEPOSITED, DEPOSITED)
    noted["dynamodb"]["NewImage"] |= {"Note": {"NULL": True}, "Tags": {"SS": ["a"]}}

    assert [] == _written(Archive(), noted)
