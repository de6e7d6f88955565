import hashlib
from typing import Any

import pytest

from duracloud.local.service import Service
from duracloud.local.watching import eventually

pytestmark = pytest.mark.system
KEYS = ("plain.txt", "box 1/a letter.txt", "ä+%20 \"quoted\" 'name'.txt", "日本/資料.txt", "empty.txt")


def _outcomes(service: Service, bucket: str) -> dict[str, str]:
    return {key: record["LastOutcome"]["S"] for key, record in service.records(bucket).items()}


def _checked(service: Service, bucket: str) -> dict[str, str]:
    return {key: record["LastChecksumDate"]["S"] for key, record in service.records(bucket).items()}


def _body(key: str) -> bytes:
    return b"" if key == "empty.txt" else f"the content of {key}".encode()


def test_from_request_to_caught_bit_flip(service: Service) -> None:
    """A request gives a bucket; uploads get records; damage on the disk is found, told, and its recovery too."""
    result = service.request(
        "a request+ä.txt", "# our first buckets\r\n\r\n Story \r\nstory\r\nmanaged\r\nnot_allowed\r\n"
    )
    assert "partial" == result["status"]
    assert ["created", "rejected", "rejected"] == [entry["verdict"] for entry in result["buckets"]]
    bucket = result["buckets"][0]["bucket"]

    for key in KEYS:
        service.s3.put_object(Bucket=bucket, Key=key, Body=_body(key))
    records = eventually(lambda: service.records(bucket), lambda found: set(KEYS) <= set(found))
    assert {key: hashlib.sha256(_body(key)).hexdigest() for key in KEYS} == {
        key: record["Checksum"]["S"] for key, record in records.items()
    }
    assert {key: record["NextChecksumDate"]["S"] for key, record in records.items()} == {
        key: row["NextChecksumDate"]["S"] for key, row in service.schedule(bucket).items()
    }

    before = _checked(service, bucket)
    service.make_due(bucket)
    eventually(lambda: _checked(service, bucket), lambda now: all(now[key] > before[key] for key in KEYS))
    assert {"match"} == set(_outcomes(service, bucket).values())

    file, good = service.file_on_disk(bucket, KEYS[1]), _body(KEYS[1])
    known = service.s3.head_object(Bucket=bucket, Key=KEYS[1])
    file.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    same = service.s3.head_object(Bucket=bucket, Key=KEYS[1])
    assert (known["ETag"], known["VersionId"]) == (same["ETag"], same["VersionId"])
    service.make_due(bucket, KEYS[1])
    eventually(lambda: _outcomes(service, bucket), lambda now: now[KEYS[1]] == "mismatch")
    record = service.records(bucket)[KEYS[1]]
    assert {"N": "2"} == record["LastCheck"]["M"]["Reads"]
    assert hashlib.sha256(good).hexdigest() == record["Checksum"]["S"]
    alert = service.email("failed the check", about=f'"{KEYS[1]}"')
    assert "damaged" in alert.body

    file.write_bytes(good)
    service.make_due(bucket, KEYS[1])
    eventually(lambda: _outcomes(service, bucket), lambda now: now[KEYS[1]] == "match")
    assert service.email("recovered", about=f'"{KEYS[1]}"')

    service.s3.delete_object(Bucket=bucket, Key=KEYS[0])
    eventually(lambda: set(service.records(bucket)) | set(service.schedule(bucket)), lambda now: KEYS[0] not in now)
    assert set(KEYS) - {KEYS[0]} == set(service.schedule(bucket))


def test_bucket_is_configured_as_documented(service: Service) -> None:
    """A new bucket has versions, events, lifecycle, replication and a TLS-only policy, and is closed to the public."""
    [bucket] = service.new_buckets("configured")
    s3: Any = service.s3

    assert "Enabled" == s3.get_bucket_versioning(Bucket=bucket)["Status"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert {"tidy", "storage-class"} == {rule["ID"] for rule in rules}
    assert {"EventBridgeConfiguration": {}}.items() <= s3.get_bucket_notification_configuration(Bucket=bucket).items()
    replication = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]
    assert service.parameters["storage/replication-role-arn"] == replication["Role"]
    assert f"arn:aws:s3:::{bucket}-repl" == replication["Rules"][0]["Destination"]["Bucket"]
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert "aws:SecureTransport" in policy
    assert "NoUploadsYet" not in policy
    assert "Enabled" == s3.get_bucket_versioning(Bucket=f"{bucket}-repl")["Status"]


def test_l19_same_file_again_is_already_provisioned(service: Service) -> None:
    """Dropping the same request again repairs and reports, and makes nothing new."""
    service.new_buckets("again")
    result = service.request("again-2.txt", "again")

    assert ("completed", "already provisioned") == (result["status"], result["buckets"][0]["verdict"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no names"),
        (b"\xff\xfe", "UTF-16"),
        (b"x" * (64 * 1024 + 1), "larger than 64 KiB"),
        (b"a1\nb1\nc1\nd1\ne1\nf1\n", "6 names"),
    ],
    ids=["empty", "no text", "too large", "too many"],
)
def test_rejected_request_has_a_result_with_the_reason(service: Service, content: bytes, reason: str) -> None:
    """A file that cannot be worked on leaves a result that says why, and no bucket."""
    key = f"rejected-{hashlib.md5(content, usedforsecurity=False).hexdigest()}.txt"
    result = service.request(key, content)

    assert "rejected" == result["status"]
    assert reason in result["reason"]
    assert [] == result["buckets"]
