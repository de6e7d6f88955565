import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest

from duracloud.local.service import Service, text_of
from duracloud.local.watching import eventually
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import s3_event
from tests.support.captured import captured, form
from tests.support.fakes import Happening

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def bucket(service: Service) -> str:
    """A deposit bucket for the tests of this module; each uses keys of its own."""
    return service.new_buckets("events")[0]


def _settled(service: Service, bucket: str, key: str, version: str = "") -> None:
    """Wait until record and row of a key name a version, or are not there."""

    def seen() -> list[str]:
        tables = service.records(bucket), service.schedule(bucket)
        return [text_of(rows.get(key, {}), "VersionId") for rows in tables]

    eventually(seen, lambda now: now == [version, version])


def test_l30_captured_events_have_the_form_of_those_that_arrive(service: Service, bucket: str) -> None:
    """What handlers are tested with is what the deployed queues hand over, for uploads and both kinds of deletion."""
    key = "captured.txt"
    with service.paused("file-uploaded", "file-deleted"):
        version = service.s3.put_object(Bucket=bucket, Key=key, Body=b"one")["VersionId"]
        service.s3.delete_object(Bucket=bucket, Key=key)
        service.s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
        arrived = {**_arrived(service, "object-created", 1), **_arrived(service, "object-deleted", 2)}
    names = {"PutObject": "object_created", "Delete Marker Created": "object_hidden"}
    names["Permanently Deleted"] = "object_deleted"

    assert set(names) == set(arrived)
    assert {what: form(captured(name)) for what, name in names.items()} == {
        what: form(event) for what, event in arrived.items()
    }
    _settled(service, bucket, key)


def _arrived(service: Service, queue: str, number: int) -> dict[str, Any]:
    """Return the events of a bucket in a queue by what they are of, and leave them there."""
    found: dict[str, Any] = {}

    def look() -> int:
        answer = service.sqs.receive_message(
            QueueUrl=service.queue(queue), MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=1
        )
        for message in answer.get("Messages", []):
            event = json.loads(message["Body"])
            found[event["detail"].get("deletion-type") or event["detail"]["reason"]] = event
        return len(found)

    eventually(look, lambda seen: seen == number)
    return found


def test_two_hundred_objects_at_once(service: Service) -> None:
    """Within a minute, 200 objects put at once have 200 correct records and schedule rows."""
    [bucket] = service.new_buckets("many")
    bodies = {f"folder/object {number}.bin": f"body {number}".encode() * number for number in range(200)}

    def put(item: tuple[str, bytes]) -> None:
        service.s3.put_object(Bucket=bucket, Key=item[0], Body=item[1])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, bodies.items()))

    records = eventually(lambda: service.records(bucket), lambda found: len(found) == 200, 60)
    assert {key: sha256(body).hexdigest() for key, body in bodies.items()} == {
        key: record["Checksum"]["S"] for key, record in records.items()
    }
    rows = eventually(lambda: service.schedule(bucket), lambda found: len(found) == 200, 10)
    assert {key: record["VersionId"]["S"] for key, record in records.items()} == {
        key: row["VersionId"]["S"] for key, row in rows.items()
    }


def test_overwrite_delete_undelete_and_delete_old_versions(service: Service, bucket: str) -> None:
    """After every kind of change the tables name the version that is current, or nothing."""
    key = "changing ä.txt"
    first = service.s3.put_object(Bucket=bucket, Key=key, Body=b"one")["VersionId"]
    _settled(service, bucket, key, first)
    second = service.s3.put_object(Bucket=bucket, Key=key, Body=b"two")["VersionId"]
    _settled(service, bucket, key, second)
    marker = service.s3.delete_object(Bucket=bucket, Key=key)["VersionId"]
    _settled(service, bucket, key)
    service.s3.delete_object(Bucket=bucket, Key=key, VersionId=marker)
    _settled(service, bucket, key, second)
    third = service.s3.put_object(Bucket=bucket, Key=key, Body=b"three")["VersionId"]
    _settled(service, bucket, key, third)
    service.s3.delete_object(Bucket=bucket, Key=key, VersionId=first)
    service.s3.delete_object(Bucket=bucket, Key=key, VersionId=third)
    _settled(service, bucket, key, second)


def test_changes_without_a_pause(service: Service, bucket: str) -> None:
    """Changes that follow each other at once end in tables that tell the truth."""
    for number in range(10):
        key = f"quick {number}"
        service.s3.put_object(Bucket=bucket, Key=key, Body=b"one")
        last = service.s3.put_object(Bucket=bucket, Key=key, Body=b"two")["VersionId"]
        if number % 2:
            service.s3.delete_object(Bucket=bucket, Key=key)
        if number % 3 == 0:
            last = service.s3.put_object(Bucket=bucket, Key=key, Body=b"three")["VersionId"]
        current = "" if number % 2 and number % 3 else last
        _settled(service, bucket, key, current)


def _event(service: Service, bucket: str, key: str) -> str:
    record = service.records(bucket)[key]
    version, sequencer, etag = (text_of(record, name) for name in ("VersionId", "Sequencer", "ETag"))
    happening = Happening("created", ObjectRef(bucket, key), version, sequencer)
    return s3_event(happening, size=int(record["Size"]["N"]), etag=etag)


def test_l07_same_event_ten_times_changes_nothing(service: Service, bucket: str) -> None:
    """Ten deliveries of an event leave record and row as the first one left them."""
    key = "once.txt"
    service.s3.put_object(Bucket=bucket, Key=key, Body=b"one")
    eventually(lambda: service.schedule(bucket), lambda found: key in found)
    before = (service.records(bucket)[key], service.schedule(bucket)[key])
    event = _event(service, bucket, key)
    for _ in range(10):
        service.send("object-created", event)

    service.drained("object-created")
    assert before == (service.records(bucket)[key], service.schedule(bucket)[key])


def test_row_deleted_by_hand_leads_to_no_check(service: Service, bucket: str) -> None:
    """The expiry of a row asks for a check, its deletion by a person does not."""
    service.put(bucket, "by hand", "expired")
    before = eventually(lambda: service.records(bucket), lambda found: {"by hand", "expired"} <= set(found))
    eventually(lambda: service.schedule(bucket), lambda found: {"by hand", "expired"} <= set(found))
    service.forget(bucket, "by hand", "scheduler")
    service.make_due(bucket, "expired")

    # The stream keeps the order, so what was deleted first would have been checked first.
    def checked(key: str) -> str:
        return str(service.records(bucket)[key]["LastChecksumDate"]["S"])

    eventually(lambda: checked("expired"), lambda date: date > before["expired"]["LastChecksumDate"]["S"], 15)
    service.drained("verification")
    assert before["by hand"]["LastChecksumDate"]["S"] == checked("by hand")


def test_check_can_be_asked_for_at_once(service: Service, bucket: str) -> None:
    """A message in the documented form has an object checked; its row then names the new date."""
    key = "asked for.txt"
    service.s3.put_object(Bucket=bucket, Key=key, Body=b"one")
    before = eventually(lambda: service.schedule(bucket), lambda found: key in found)[key]
    service.send("verification", {"bucket": bucket, "key": key})

    after = eventually(
        lambda: service.schedule(bucket)[key], lambda row: row["NextChecksumDate"] != before["NextChecksumDate"]
    )
    assert service.records(bucket)[key]["NextChecksumDate"] == after["NextChecksumDate"]


def test_multipart_upload_is_compared_with_its_etag(service: Service, bucket: str) -> None:
    """The ETag of a multipart upload is recomputed from its parts and recorded as a match."""
    key, size = "multi part.bin", 5 * 1024 * 1024
    names = {"Bucket": bucket, "Key": key}
    upload = service.s3.create_multipart_upload(**names)["UploadId"]
    parts: list[dict[str, Any]] = []
    for number, body in enumerate([b"a" * size, b"b" * size, b"c" * 1000], 1):
        answer = service.s3.upload_part(**names, UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    service.s3.complete_multipart_upload(**names, UploadId=upload, MultipartUpload={"Parts": parts})

    record = eventually(lambda: service.records(bucket), lambda found: key in found)[key]
    evidence = {entry["M"]["Source"]["S"]: entry["M"] for entry in record["LastCheck"]["M"]["Evidence"]["L"]}
    assert ("match", "3") == (evidence["S3 ETag"]["Verdict"]["S"], evidence["S3 ETag"]["Parts"]["N"])


def test_folder_markers_and_fixed_buckets_are_left_alone(service: Service, bucket: str) -> None:
    """Neither a folder marker nor anything in the fixed buckets and replicas gets a record."""
    service.s3.put_object(Bucket=bucket, Key="a folder/")
    for fixed in ("managed", "logs"):
        service.s3.put_object(Bucket=service.parameters[f"storage/{fixed}-bucket"], Key="scratch/x", Body=b"x")
    service.s3.put_object(Bucket=f"{bucket}-repl", Key="x", Body=b"x")
    service.s3.put_object(Bucket=bucket, Key="a folder/file", Body=b"x")

    eventually(lambda: service.records(bucket), lambda found: "a folder/file" in found)
    service.drained("object-created")
    assert "a folder/" not in service.records(bucket)
    assert {} == service.records(f"{bucket}-repl")
    assert {} == service.records(service.parameters["storage/managed-bucket"])


def test_poison_message_ends_in_the_dead_letter_queue_and_alarms(service: Service, bucket: str) -> None:
    """A message that can never be worked on is set aside, an alarm speaks, and other work goes on."""
    dead = service.queue("object-deleted-dlq")
    with service.quick_retry("object-deleted", 1):
        service.send("object-deleted", "poison")
        service.s3.put_object(Bucket=bucket, Key="beside poison", Body=b"x")

        service.await_messages(dead, 1)
    eventually(lambda: service.records(bucket), lambda found: "beside poison" in found)
    eventually(lambda: service.alarms("ALARM"), lambda names: any("set-aside-object-deleted" in name for name in names))
    service.sqs.purge_queue(QueueUrl=dead)


def test_unreadable_object_is_recorded_and_alarms(service: Service, bucket: str) -> None:
    """An object that cannot be read is tried again, then recorded as unreadable with its baseline intact."""
    key = "unreadable.txt"
    service.s3.put_object(Bucket=bucket, Key=key, Body=b"one")
    before = eventually(lambda: service.records(bucket), lambda found: key in found)[key]
    # A shorter file than S3 announces: the stream ends early, time and again.
    service.file_on_disk(bucket, key).write_bytes(b"o")
    with service.quick_retry("verification", 1):
        service.make_due(bucket, key)
        after = eventually(
            lambda: service.records(bucket)[key], lambda record: record["LastOutcome"]["S"] == "unreadable", 90
        )
    assert before["Digests"] == after["Digests"]
    assert {"BOOL": False} == after["LastChecksumSuccess"]
    assert "unreadable" in service.email("failed the check", about=key).body
    row = eventually(lambda: service.schedule(bucket), lambda found: key in found)[key]
    assert after["NextChecksumDate"] == row["NextChecksumDate"]
    service.sqs.purge_queue(QueueUrl=service.queue("verification-dlq"))


def test_l25_damaged_and_lost_replicas_fail_the_check(service: Service, bucket: str) -> None:
    """A bit flipped in the replica is found by reading it, its loss by looking, while the main copy stays good."""
    key = "copied.txt"
    version = service.s3.put_object(Bucket=bucket, Key=key, Body=b"one")["VersionId"]
    eventually(lambda: service.schedule(bucket), lambda found: key in found)

    def checked(outcome: str) -> str:
        service.make_due(bucket, key)
        seen = eventually(lambda: service.records(bucket)[key], lambda record: record["LastOutcome"]["S"] == outcome)
        return str(seen["LastChecksumMessage"]["S"])

    service.file_on_disk(f"{bucket}-repl", key).write_bytes(b"onf")
    assert "replica as read, sha256: expected" in checked("mismatch")
    service.file_on_disk(f"{bucket}-repl", key).write_bytes(b"one")
    assert "ok" == checked("match")
    service.s3.delete_object(Bucket=f"{bucket}-repl", Key=key, VersionId=version)
    assert "the replica is gone" in checked("absent")
