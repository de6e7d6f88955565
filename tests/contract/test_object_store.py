import base64
import hashlib
from collections.abc import Iterator
from typing import Any, Protocol, cast

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from runtime.adapters.clients import client
from runtime.adapters.s3_objects import S3Objects
from runtime.fixity.errors import ReadRefusedError, UnreadableError
from runtime.fixity.objects import Encryption
from runtime.fixity.ports import ObjectStore
from runtime.shared.errors import ObjectAbsentError, RefusedError, ThrottledError, TransientError
from runtime.shared.object_ref import ObjectRef
from tests.contract.buckets import with_buckets
from tests.support.fakes import FakeStore

BUCKET = "acme-test-letters"
PART = 5 * 1024 * 1024


class Bucket(Protocol):
    """What a test does to a bucket besides reading it."""

    store: ObjectStore

    def put(self, ref: ObjectRef, body: bytes, storage_class: str = "STANDARD") -> str: ...
    def put_parts(self, ref: ObjectRef, body: bytes, parts: tuple[int, ...], numbers: tuple[int, ...] = ()) -> str: ...
    def delete(self, ref: ObjectRef) -> None: ...
    def delete_version(self, ref: ObjectRef, version_id: str) -> None: ...


class _FakeBucket:
    def __init__(self, *, versioned: bool = True) -> None:
        self.fake = FakeStore()
        self.fake.versioned = versioned
        self.store: ObjectStore = self.fake

    def put(self, ref: ObjectRef, body: bytes, storage_class: str = "STANDARD") -> str:
        return self.fake.put(ref, body, storage_class=storage_class).version_id

    def put_parts(self, ref: ObjectRef, body: bytes, parts: tuple[int, ...], numbers: tuple[int, ...] = ()) -> str:
        return self.fake.put(ref, body, parts=parts, numbers=numbers).version_id

    def delete(self, ref: ObjectRef) -> None:
        self.fake.delete(ref)

    def delete_version(self, ref: ObjectRef, version_id: str) -> None:
        ids = [version.version_id for version in self.fake.versions[ref]]
        self.fake.delete_version(ref, ids.index(version_id))


class _S3Bucket:
    def __init__(self, *, versioned: bool = True) -> None:
        self.s3 = with_buckets(BUCKET, versioned=versioned)
        self.store: ObjectStore = S3Objects(lambda: client("s3"))

    def put(self, ref: ObjectRef, body: bytes, storage_class: str = "STANDARD") -> str:
        stored: Any = {"ChecksumAlgorithm": "CRC64NVME", "StorageClass": storage_class}
        answer = self.s3.put_object(Bucket=ref.bucket, Key=ref.key, Body=body, **stored)
        return str(answer.get("VersionId", "null"))

    def put_parts(self, ref: ObjectRef, body: bytes, parts: tuple[int, ...], numbers: tuple[int, ...] = ()) -> str:
        names: dict[str, Any] = {"Bucket": ref.bucket, "Key": ref.key}
        upload = self.s3.create_multipart_upload(**names)["UploadId"]
        done: list[Any] = []
        start = 0
        for number, size in zip(numbers or range(1, len(parts) + 1), parts, strict=True):
            answer = self.s3.upload_part(**names, UploadId=upload, PartNumber=number, Body=body[start : start + size])
            done.append({"PartNumber": number, "ETag": answer["ETag"]})
            start += size
        return str(
            self.s3.complete_multipart_upload(**names, UploadId=upload, MultipartUpload={"Parts": done})["VersionId"]
        )

    def delete(self, ref: ObjectRef) -> None:
        self.s3.delete_object(Bucket=ref.bucket, Key=ref.key)

    def delete_version(self, ref: ObjectRef, version_id: str) -> None:
        self.s3.delete_object(Bucket=ref.bucket, Key=ref.key, VersionId=version_id)


@pytest.fixture
def bucket(*, real: bool) -> Bucket:
    return _S3Bucket() if real else _FakeBucket()


@pytest.fixture
def unversioned(*, real: bool) -> Bucket:
    return _S3Bucket(versioned=False) if real else _FakeBucket(versioned=False)


REF = ObjectRef(BUCKET, "box 1/ä+%20\"'.txt")
ETAG = hashlib.md5(b"letter", usedforsecurity=False).hexdigest()


def test_facts_and_bytes_come_from_one_answer(bucket: Bucket) -> None:
    """Opening an object tells version, size, ETag and stored checksum, and yields the bytes."""
    version = bucket.put(REF, b"letter")

    with bucket.store.open(REF) as opened:
        body = b"".join(opened.chunks())

    assert b"letter" == body
    assert (version, 6, ETAG, Encryption.S3_MANAGED) == (
        opened.facts.version_id,
        opened.facts.size,
        opened.facts.etag,
        opened.facts.encryption,
    )
    assert ["crc64nvme"] == list(opened.facts.checksums)


def test_l05_a_version_is_read_although_another_is_current(bucket: Bucket) -> None:
    """A read that is pinned to a version gets that version, on a fresh connection too."""
    first = bucket.put(REF, b"first")
    bucket.put(REF, b"second")

    for fresh in (False, True):
        with bucket.store.open(REF, first, fresh=fresh) as opened:
            assert (first, b"first") == (opened.facts.version_id, b"".join(opened.chunks()))


def test_l30_a_missing_object_is_absent_without_marker(bucket: Bucket) -> None:
    """GET and HEAD of a key that never was say absent, and that there is no delete marker."""
    for act in (lambda: bucket.store.open(REF).__enter__(), lambda: bucket.store.current_version(REF)):
        with pytest.raises(ObjectAbsentError) as caught:
            act()
        assert not caught.value.delete_marker


def test_l30_a_deleted_object_is_absent_with_its_marker(bucket: Bucket) -> None:
    """HEAD of a key under a delete marker says absent, and that there is a marker."""
    bucket.put(REF, b"letter")
    bucket.delete(REF)

    with pytest.raises(ObjectAbsentError) as caught:
        bucket.store.current_version(REF)
    assert caught.value.delete_marker
    with pytest.raises(ObjectAbsentError):
        bucket.store.open(REF).__enter__()


def test_a_version_that_is_gone_is_absent(bucket: Bucket) -> None:
    """A read that is pinned to a removed version says absent."""
    first = bucket.put(REF, b"first")
    second = bucket.put(REF, b"second")
    bucket.delete_version(REF, first)

    with pytest.raises(ObjectAbsentError):
        bucket.store.open(REF, first).__enter__()
    assert second == bucket.store.current_version(REF).id


def test_l09_part_sizes_of_a_multipart_upload(bucket: Bucket) -> None:
    """The sizes of as many parts as asked for come back in order."""
    body = bytes(PART + 1000)
    version = bucket.put_parts(REF, body, (PART, 1000))

    assert (PART,) == bucket.store.part_sizes(REF, version, 1)
    assert (PART, 1000) == bucket.store.part_sizes(REF, version, 2)
    with bucket.store.open(REF) as opened:
        assert opened.facts.etag.endswith("-2")


@pytest.mark.parametrize(("numbers", "known"), [((2, 5), ()), ((1, 3), (PART,))])
def test_l42_part_numbers_with_gaps(bucket: Bucket, numbers: tuple[int, ...], known: tuple[int, ...]) -> None:
    """S3 has no part of a missing number; the sizes before it are all that is known, and that is no error."""
    version = bucket.put_parts(REF, bytes(PART + 1000), (PART, 1000), numbers)

    assert known == bucket.store.part_sizes(REF, version, 2)


@pytest.mark.parametrize("status", [400, 416])
def test_l42_a_missing_part_is_no_error(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """HEAD of the number of a part that S3 does not have is answered without a code."""
    assert () == _s3_answering(monkeypatch, status, str(status)).part_sizes(REF, "v1", 2)


@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_l42_parts_that_s3_does_not_tell_now_may_be_told_later(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """A throttled or refused HEAD does not say that the sizes cannot be had."""
    with pytest.raises((UnreadableError, ThrottledError), match="for part 1"):
        _s3_answering(monkeypatch, status, str(status)).part_sizes(REF, "v1", 2)


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_l38_an_object_in_an_archive_class_is_refused_and_listed(bucket: Bucket, storage_class: str) -> None:
    """S3 does not return its bytes, and tells its version, size, ETag and class."""
    version = bucket.put(REF, b"letter", storage_class)

    for asked in (None, version):
        with pytest.raises(ReadRefusedError) as caught:
            bucket.store.open(REF, asked).__enter__()
        assert caught.value.lasting
    facts = bucket.store.listed(REF)
    assert (version, 6, ETAG, storage_class) == (facts.version_id, facts.size, facts.etag, facts.storage_class)
    assert facts.version == bucket.store.current_version(REF)


def test_l38_what_is_listed_is_the_current_version_of_exactly_this_key(bucket: Bucket) -> None:
    """Neither an older version, nor a longer key, nor what a delete marker hides."""
    bucket.put(ObjectRef(BUCKET, f"{REF.key}.bak"), b"longer key")
    with pytest.raises(ObjectAbsentError) as missing:
        bucket.store.listed(REF)
    bucket.put(REF, b"first")
    second = bucket.put(REF, b"second")
    assert (second, {}) == (bucket.store.listed(REF).version_id, dict(bucket.store.listed(REF).checksums))
    bucket.delete(REF)
    with pytest.raises(ObjectAbsentError) as deleted:
        bucket.store.listed(REF)

    assert (False, True) == (missing.value.delete_marker, deleted.value.delete_marker)


@pytest.mark.parametrize(
    ("status", "code", "message", "lasting"),
    [
        (403, "InvalidObjectState", "The operation is not valid for the object's storage class", True),
        (400, "InvalidRequest", "The object was stored using a form of Server Side Encryption. The correct ...", True),
        (403, "AccessDenied", "User: u is not authorized to perform: kms:Decrypt on the resource associated ...", True),
        (400, "KMS.DisabledException", "arn:aws:kms:eu-west-1:111111111111:key/1 is disabled.", True),
        (400, "KMS.KMSInvalidStateException", "arn:aws:kms:eu-west-1:111111111111:key/1 is pending deletion.", True),
        (403, "AccessDenied", "Access Denied", False),
    ],
)
def test_l38_refusals_of_one_object_are_told_from_those_that_may_pass(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, message: str, *, lasting: bool
) -> None:
    """What S3 answers says whether the object is the reason."""
    with pytest.raises(ReadRefusedError, match=f"S3 answered {code}: ") as caught:
        _s3_answering(monkeypatch, status, code, message).open(REF).__enter__()
    assert lasting is caught.value.lasting


@pytest.mark.parametrize(("status", "code"), [(400, "RequestTimeout"), (400, "InvalidRequest"), (503, "SlowDown")])
def test_l38_any_other_answer_is_no_refusal_of_the_object(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    """What may be different the next time is only unreadable now."""
    with pytest.raises((UnreadableError, ThrottledError), match=code) as caught:
        _s3_answering(monkeypatch, status, code).open(REF).__enter__()
    assert not isinstance(caught.value, ReadRefusedError)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("status", [400, 403])
def test_l38_what_is_current_is_listed_where_head_is_refused(status: int) -> None:
    """HEAD needs the depositor's key under SSE-C, and its answer has no code; the list tells the version."""
    store = _S3Bucket()
    version = store.put(REF, b"letter")
    reader = client("s3")
    answer = AWSResponse("https://s3", status, HTTPHeaders(), _Raw(b""))
    reader.meta.events.register("before-send.s3.HeadObject", cast("Any", lambda **_: answer))

    assert version == S3Objects(lambda: reader).current_version(REF).id
    store.delete(REF)
    with pytest.raises(ObjectAbsentError) as caught:
        S3Objects(lambda: reader).current_version(REF)
    assert caught.value.delete_marker


def _s3_answering(monkeypatch: pytest.MonkeyPatch, status: int, code: str, message: str = "m") -> ObjectStore:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")

    def factory() -> Any:  # noqa: ANN401 (boto3 builds classes at run time)
        made = client("s3", region="eu-west-1")

        def answer(**_: object) -> AWSResponse:
            raw = _Raw(f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())
            return AWSResponse("https://s3", status, HTTPHeaders(), raw)

        made.meta.events.register("before-send.s3", cast("Any", answer))
        return made

    return S3Objects(factory)


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (403, "InvalidObjectState")])
def test_l03_a_refused_read_is_unreadable(monkeypatch: pytest.MonkeyPatch, status: int, code: str) -> None:
    """Whatever S3 answers to a GET but 404 is an object that could not be read, never an absent or damaged one."""
    with pytest.raises(UnreadableError, match=code):
        _s3_answering(monkeypatch, status, code).open(REF).__enter__()


def test_l22_a_refused_look_is_told_from_an_absent_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """HEAD answered 403 is refused, not absent."""
    with pytest.raises(RefusedError):
        _s3_answering(monkeypatch, 403, "AccessDenied").current_version(REF)


def test_l03_throttling_of_a_look_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    """HEAD answered 429 may succeed later."""
    with pytest.raises(TransientError):
        _s3_answering(monkeypatch, 429, "TooManyRequests").current_version(REF)


@pytest.mark.usefixtures("aws")
def test_l35_bytes_that_contradict_the_stored_checksum_are_handed_out_whole() -> None:
    """The SDK does not raise in mid-stream: damaged bytes arrive together with the checksum that they contradict."""
    store = _S3Bucket()
    wrong = base64.b64encode(bytes(8)).decode()
    store.put(REF, b"letter")
    reader = client("s3")
    reader.meta.events.register(
        "before-parse.s3.GetObject",
        lambda response_dict, **_: response_dict["headers"].__setitem__("x-amz-checksum-crc64nvme", wrong),
    )

    with S3Objects(lambda: reader).open(REF) as opened:
        assert b"letter" == b"".join(opened.chunks())
    assert {"crc64nvme": wrong} == dict(opened.facts.checksums)


@pytest.mark.usefixtures("aws")
def test_depositors_digests_are_read_from_metadata() -> None:
    """Digests in user metadata, whatever the case of their names, are handed on as given."""
    store = _S3Bucket()
    store.s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", Metadata={"SHA256": "AB", "title": "t"})

    with store.store.open(ObjectRef(BUCKET, "k")) as opened:
        assert {"sha256": "AB"} == dict(opened.facts.depositor_digests)


@pytest.mark.usefixtures("aws")
def test_l08_kms_encryption_is_told() -> None:
    """An object under SSE-KMS says so."""
    store = _S3Bucket()
    store.s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", ServerSideEncryption="aws:kms")

    with store.store.open(ObjectRef(BUCKET, "k")) as opened:
        assert Encryption.KMS is opened.facts.encryption


def test_facts_are_those_of_a_read_without_its_bytes(bucket: Bucket) -> None:
    """What S3 says of a version by itself is what it says with the bytes."""
    version_id = bucket.put(REF, b"12345")
    bucket.put(REF, b"newer")

    with bucket.store.open(REF, version_id) as opened:
        assert opened.facts == bucket.store.facts(REF, version_id)


def test_facts_without_a_version_are_those_of_the_current_one(bucket: Bucket) -> None:
    """What is current answers by one request, and a delete marker says that it is one."""
    bucket.put(REF, b"12345")
    newer = bucket.put(REF, b"newer")

    assert newer == bucket.store.facts(REF, None).version_id
    bucket.delete(REF)
    with pytest.raises(ObjectAbsentError) as raised:
        bucket.store.facts(REF, None)
    assert raised.value.delete_marker


def test_facts_of_a_version_that_is_gone_are_absent(bucket: Bucket) -> None:
    """A version that there is not is said to be absent, as on reading."""
    bucket.put(REF, b"12345")

    with pytest.raises(ObjectAbsentError):
        bucket.store.facts(REF, "00000000-0000-0000-0000-000000000000")


def test_l39_an_overwrite_without_versions_is_another_version_of_the_id_null(unversioned: Bucket) -> None:
    """Where a bucket has no versions the id is `null`; ETag, size and date say which content is current."""
    unversioned.put(REF, b"letter")
    first = unversioned.store.current_version(REF)
    unversioned.put(REF, b"letters")
    second = unversioned.store.current_version(REF)

    assert ("null", "null") == (first.id, second.id)
    assert (ETAG, 6, 7) == (first.etag, first.size, second.size)
    assert first.etag != second.etag
    assert first.modified <= second.modified
    with unversioned.store.open(REF, "null") as opened:
        assert (second, b"letters") == (opened.facts.version, b"".join(opened.chunks()))
