import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from runtime.adapters.clients import client
from runtime.adapters.kms_signer import KmsSigner
from runtime.adapters.s3_audit_files import S3AuditFiles
from runtime.adapters.s3_audit_folder import AT_ONCE, S3AuditFolder
from runtime.audit.ports import AuditFiles, AuditFolder, ManifestSigner
from runtime.contract import OBJECT_LOCKS
from runtime.shared.errors import ObjectAbsentError, RefusedError, TransientError
from tests.support.audit_fakes import FakeAuditFiles, FakeSigner
from tests.support.fakes import FakeClock

BUCKET = "acme-test-managed"
RETENTION = timedelta(days=3650)
# moto holds retentions against the true clock.
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def s3(aws: None) -> Any:  # noqa: ANN401 (boto3 builds classes at run time)
    assert aws is None
    found = client("s3")
    found.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}, ObjectLockEnabledForBucket=True
    )
    return found


@pytest.fixture
def files(request: pytest.FixtureRequest, *, real: bool) -> tuple[AuditFiles, AuditFolder]:
    if not real:
        fake = FakeAuditFiles()
        return fake, fake
    s3 = request.getfixturevalue("s3")
    found = S3AuditFiles(s3, BUCKET, FakeClock(NOW), "none", RETENTION)
    return found, S3AuditFolder(s3, BUCKET, found)


def test_a_file_is_written_once(files: tuple[AuditFiles, AuditFolder]) -> None:
    """Of two writes under a key the first stands."""
    port, _ = files

    assert port.create("audit/events/a", b"one")
    assert not port.create("audit/events/a", b"two")
    assert b"one" == port.read("audit/events/a")


def test_a_missing_file_is_absent(files: tuple[AuditFiles, AuditFolder]) -> None:
    """What is not there is told from what cannot be read."""
    with pytest.raises(ObjectAbsentError):
        files[0].read("audit/events/a")


def test_keys_come_in_order_and_only_those_of_the_prefix(files: tuple[AuditFiles, AuditFolder]) -> None:
    """Neighbours of a folder are not in it."""
    port, folder = files
    for key in ("audit/events/2/b", "audit/events/2/a", "audit/events/20/a", "audit/events/1/z"):
        port.create(key, key.encode())

    assert ["audit/events/2/a", "audit/events/2/b"] == list(folder.keys("audit/events/2/"))
    assert [] == list(folder.keys("audit/manifests/"))


def test_files_are_read_in_the_order_of_their_keys(files: tuple[AuditFiles, AuditFolder]) -> None:
    """However many are read ahead, each key comes with its own bytes, in its place."""
    port, folder = files
    keys = [f"audit/events/{number:03}" for number in range(3 * AT_ONCE + 1)]
    for key in keys:
        port.create(key, key.encode())

    assert [(key, key.encode()) for key in keys] == list(folder.read_each(keys))
    with pytest.raises(ObjectAbsentError):
        list(folder.read_each([*keys, "audit/events/none"]))


def test_l55_long_listings_are_read_to_their_end(s3: Any) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
    """S3 hands out a thousand keys at once; the rest is asked for."""
    keys = [f"audit/events/{number:04}" for number in range(1_001)]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")

    assert keys == list(S3AuditFolder(s3, BUCKET, FakeAuditFiles()).keys("audit/events/"))


@pytest.mark.parametrize("lock", OBJECT_LOCKS)
def test_l23_files_are_locked_as_the_settings_say(s3: Any, lock: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
    """A locked file cannot be deleted before evidence may be; without a lock there is no retention."""
    S3AuditFiles(s3, BUCKET, FakeClock(NOW), lock, RETENTION).create("audit/events/a", b"one")
    head = s3.head_object(Bucket=BUCKET, Key="audit/events/a")

    if lock == "none":
        assert "ObjectLockMode" not in head
        return
    assert (lock.upper(), NOW + RETENTION) == (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"])
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=BUCKET, Key="audit/events/a", VersionId=head["VersionId"])


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ConditionalRequestConflict", 409, TransientError),
        ("SlowDown", 503, TransientError),
        ("AccessDenied", 403, RefusedError),
    ],
)
def test_what_s3_answers_is_told_apart(aws: None, code: str, status: int, error: type[Exception]) -> None:
    """Two writers at the same moment, or a throttled one, try again; who may not write is told."""
    assert aws is None
    found = client("s3")
    stubber = Stubber(found)
    for _ in range(4):
        stubber.add_client_error("put_object", code, http_status_code=status)
    with stubber, pytest.raises(error):
        S3AuditFiles(found, BUCKET, FakeClock(NOW), "none", RETENTION).create("audit/events/a", b"one")


@pytest.fixture
def signer(*, real: bool) -> ManifestSigner:
    if not real:
        return FakeSigner()
    kms = boto3.client("kms", region_name="eu-west-1")
    arn = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    return KmsSigner(client("kms"), arn)


def test_a_signature_is_of_one_file_and_one_key(signer: ManifestSigner) -> None:
    """A signature is accepted for its digest only, and junk for none."""
    digest, other = hashlib.sha256(b"one").digest(), hashlib.sha256(b"two").digest()
    signature = signer.sign(digest)

    assert signer.verify(digest, signature)
    assert not signer.verify(other, signature)
    assert not signer.verify(digest, signer.sign(other))


def test_the_public_key_is_written_as_openssl_writes_it(signer: ManifestSigner) -> None:
    """The key is PEM with lines of 64 characters, so that its digest is the same whoever fetched it."""
    key = signer.key()
    lines = key.public_key.decode().splitlines()

    assert load_pem_public_key(key.public_key)
    assert ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----") == (lines[0], lines[-1])
    assert {64} == {len(line) for line in lines[1:-2]}
    assert key.public_key.endswith(b"\n")
    assert hashlib.sha256(key.public_key).hexdigest() == key.fingerprint


def test_the_digest_is_signed_and_not_hashed_again(aws: None) -> None:
    """KMS is told that it gets a digest: only then does OpenSSL accept the signature over the file."""
    assert aws is None
    found, digest = client("kms"), hashlib.sha256(b"one").digest()
    how = {"KeyId": "arn", "Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    stubber = Stubber(found)
    stubber.add_response("sign", {"Signature": b"s"}, how)
    stubber.add_response("verify", {"SignatureValid": True}, {**how, "Signature": b"s"})
    stubber.add_client_error("verify", "KMSInvalidSignatureException")
    with stubber:
        signer = KmsSigner(found, "arn")
        assert b"s" == signer.sign(digest)
        assert signer.verify(digest, b"s")
        assert not signer.verify(digest, b"s")
