"""Records written back from an export, against moto in the place of AWS."""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from duracloud.cli.main import main
from duracloud.restore import records as tool
from runtime.events.eventbridge_s3 import S3Event, parse
from runtime.fixity.record_codec import encode
from runtime.fixity.sequencer import normalised
from runtime.shared.object_ref import ObjectRef
from tests.contract.buckets import in_small_pages
from tests.contract.tables import KEYS
from tests.support.builders import INTERVAL, NOW, fixity_record

BUCKET = "acme-test-letters"
EARLY, LATE = normalised("0A"), normalised("0B")
DATA = "AWSDynamoDB/01772330400000-a1b2c3d4/data/qwertyuiop.json.gz"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[tool.Environment]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    with mock_aws():
        session: Any = boto3.session.Session()
        s3, dynamodb, sqs, ssm = (session.client(name) for name in ("s3", "dynamodb", "sqs", "ssm"))
        for table in ("checksums", "schedule"):
            dynamodb.create_table(TableName=table, **KEYS)
        # More than a page in every list (lesson L55).
        in_small_pages(s3).create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        url = sqs.create_queue(QueueName="object-deleted")["QueueUrl"]
        for name, value in (
            ("storage/checksum-table", "checksums"),
            ("storage/scheduler-table", "schedule"),
            ("integrity/queue/object-deleted-url", url),
        ):
            ssm.put_parameter(Name=f"/duracloud/dev/{name}", Value=value, Type="String")
        yield tool.Environment(s3, dynamodb, sqs, "checksums", "schedule", url)


def put(environment: tool.Environment, key: str) -> str:
    """Upload an object and return its version."""
    return str(environment.s3.put_object(Bucket=BUCKET, Key=key, Body=b"letter")["VersionId"])


def item(
    key: str, version: str, sequencer: str = EARLY, bucket: str = BUCKET, checked: datetime = NOW
) -> dict[str, Any]:
    """Return the item of a record in DynamoDB's own form."""
    order = {"version_id": version, "sequencer": sequencer, "size": 6, "next_check": checked + INTERVAL}
    return encode(fixity_record(ObjectRef(bucket, key), at=checked, **order))


def _stored(environment: tool.Environment, table: str) -> dict[str, dict[str, Any]]:
    return {row["ObjectKey"]["S"]: row for row in environment.dynamodb.scan(TableName=table)["Items"]}


def unmarked(row: dict[str, Any]) -> dict[str, Any]:
    """Return a record without the date of its restoration, which has to be there."""
    assert NOW.isoformat() < row["RestoredDate"]["S"]
    return {name: value for name, value in row.items() if name != "RestoredDate"}


def asked(environment: tool.Environment) -> list[S3Event]:
    """Return what the service was asked to look at, as the service understands it."""
    answer = environment.sqs.receive_message(QueueUrl=environment.events, MaxNumberOfMessages=10)
    return sorted((parse(message["Body"]) for message in answer.get("Messages", [])), key=lambda event: event.key)


def _export(folder: Path, *items: dict[str, Any], count: int | None = None) -> Path:
    data = folder / "export" / DATA
    data.parent.mkdir(parents=True)
    with gzip.open(data, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps({"Item": each}, ensure_ascii=False) + "\n" for each in items)
    entry = {"itemCount": len(items) if count is None else count, "md5Checksum": "", "dataFileS3Key": f"exports/{DATA}"}
    (data.parent.parent / "manifest-files.json").write_text(json.dumps(entry) + "\n")
    return folder


def test_a_lost_record_and_its_row_come_back_as_they_were(environment: tool.Environment) -> None:
    """The item is the export's, attribute by attribute, and says when; the row has the due date of the record."""
    lost = item("ä letter.txt", put(environment, "ä letter.txt"))
    done = tool.restore(environment, [lost], [BUCKET])
    assert tool.Restored(written=1, kept=0, looked_at=0) == done
    [(key, found)] = _stored(environment, "checksums").items()
    assert ("ä letter.txt", lost) == (key, unmarked(found))
    row = _stored(environment, "schedule")["ä letter.txt"]
    assert (lost["NextChecksumDate"], lost["VersionId"]) == (row["NextChecksumDate"], row["VersionId"])
    assert [] == asked(environment)


def test_a_newer_record_and_a_standing_row_stay(environment: tool.Environment) -> None:
    """Neither a later event nor a later check of the same version is undone, and doing it again changes nothing."""
    versions = [put(environment, key) for key in "abc"]
    old = [item(key, version) for key, version in zip("abc", versions, strict=True)]
    newer = [item("a", versions[0], LATE), item("b", versions[1], checked=NOW + timedelta(days=1))]
    for each in newer:
        environment.dynamodb.put_item(TableName="checksums", Item=each)
    row = {"BucketName": {"S": BUCKET}, "ObjectKey": {"S": "c"}, "TTL": {"N": "1772366400"}}
    environment.dynamodb.put_item(TableName="schedule", Item=row)
    assert tool.Restored(written=1, kept=2, looked_at=0) == tool.restore(environment, old, [BUCKET])
    after = _stored(environment, "checksums")
    assert newer == [after["a"], after["b"]]
    assert row == _stored(environment, "schedule")["c"]
    assert tool.Restored(written=0, kept=3, looked_at=0) == tool.restore(environment, old, [BUCKET])
    assert after == _stored(environment, "checksums")


def test_an_older_record_is_replaced(environment: tool.Environment) -> None:
    """What an earlier export brought back gives way to a later one."""
    version = put(environment, "a")
    tool.restore(environment, [item("a", version, EARLY)], [BUCKET])
    assert 1 == tool.restore(environment, [item("a", version, LATE)], [BUCKET]).written
    assert LATE == _stored(environment, "checksums")["a"]["Sequencer"]["S"]


def test_what_changed_since_the_export_is_looked_at(environment: tool.Environment) -> None:
    """Objects replaced, deleted and uploaded are named, with the newest order that the tables know; no other is."""
    old, same = put(environment, "replaced"), put(environment, "same")
    put(environment, "replaced")
    put(environment, "uploaded")
    environment.s3.put_object(Bucket=BUCKET, Key="folder/", Body=b"")
    environment.dynamodb.put_item(
        TableName="schedule",
        Item={"BucketName": {"S": BUCKET}, "ObjectKey": {"S": "uploaded"}, "Sequencer": {"S": LATE}},
    )
    exported = [item("replaced", old), item("same", same), item("deleted", "gone")]
    assert tool.Restored(written=3, kept=0, looked_at=3) == tool.restore(environment, exported, [BUCKET])
    assert [("deleted", EARLY), ("replaced", EARLY), ("uploaded", LATE)] == [
        (event.key, event.sequencer) for event in asked(environment)
    ]


def test_only_the_buckets_named_are_touched(environment: tool.Environment) -> None:
    """Records of other buckets are left out."""
    other = item("a", "v", bucket="acme-test-other")
    assert tool.Restored(written=0, kept=0, looked_at=0) == tool.restore(environment, [other], [BUCKET])
    assert {} == _stored(environment, "checksums")


def test_the_command_says_what_it_did(
    environment: tool.Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It finds the environment by its parameters and the export wherever it lies in the folder."""
    lost = item("letter.txt", put(environment, "letter.txt"))
    assert 0 == main(["restore", "--env", "dev", str(_export(tmp_path, lost)), BUCKET])
    assert capsys.readouterr().out.startswith("1 records written back, 0 as new or newer kept, 0 objects changed")
    [(key, found)] = _stored(environment, "checksums").items()
    assert ("letter.txt", lost) == (key, unmarked(found))


def test_nothing_is_written_from_an_export_that_is_not_whole(
    environment: tool.Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing items, damaged and missing files, and folders without an export are each one clear line."""
    good = item("letter.txt", put(environment, "letter.txt"))

    def refused(folder: Path) -> str:
        assert 1 == main(["restore", "--env", "dev", str(folder), BUCKET])
        assert {} == _stored(environment, "checksums")
        said = capsys.readouterr().err
        assert 1 == said.count("\n")
        return said

    assert "the export's manifest says 2" in refused(_export(tmp_path / "short", good, count=2))
    damaged = _export(tmp_path / "damaged", good)
    content = (damaged / "export" / DATA).read_bytes()
    (damaged / "export" / DATA).write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    assert "is damaged" in refused(damaged)
    (damaged / "export" / DATA).unlink()
    assert "is missing" in refused(damaged)
    (tmp_path / "none").mkdir()
    assert "got 0 exports" in refused(tmp_path / "none")
    assert "got 2 exports" in refused(tmp_path)
    assert "not a fixity record" in refused(_export(tmp_path / "other", {"BucketName": {"S": BUCKET}}))


@pytest.mark.parametrize("lacking", ["LastOutcome", "LastChecksumDate"], ids=["no record", "not to be judged"])
def test_l68_a_record_that_cannot_be_read_is_passed_over_and_named(
    environment: tool.Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str], lacking: str
) -> None:
    """Neither one of the export nor one of the table keeps the others from coming back; no look is asked for either.

    The date of the last check is read by the sweep alone: without it a record is whole, and cannot be judged.
    """
    lost, standing, sound = (item(key, put(environment, key)) for key in ("lost.txt", "standing.txt", "sound.txt"))
    environment.dynamodb.put_item(
        TableName=environment.records, Item={name: value for name, value in standing.items() if name != "Sequencer"}
    )
    del lost[lacking]

    assert 1 == main(["restore", "--env", "dev", str(_export(tmp_path, lost, standing, sound)), BUCKET])
    assert [
        f"passed over 'lost.txt' in {BUCKET}: the attribute {lacking} is missing",
        f"passed over 'standing.txt' in {BUCKET}: the attribute Sequencer is missing",
    ] == capsys.readouterr().err.splitlines()
    assert {"standing.txt", "sound.txt"} == set(_stored(environment, environment.records))
    assert [] == asked(environment)


def test_arguments_that_are_not_understood_are_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The line says what is missing and where to read how to call it."""
    assert 2 == main(["restore", "--env", "dev", "."])
    assert "Missing argument 'BUCKET...'; see 'duracloud restore --help'\n" == capsys.readouterr().err
