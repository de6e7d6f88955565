"""Adapter of ObjectStore: managed objects in S3, read as raw bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from typing_extensions import override

from runtime.adapters.errors import error_code, http_status, is_throttled, translated
from runtime.fixity.depositor_digests import names_digest
from runtime.fixity.errors import ReadRefusedError, UnreadableError
from runtime.fixity.objects import NULL_VERSION, Encryption, ObjectFacts, Replication, Version
from runtime.fixity.ports import ObjectStore, OpenObject
from runtime.shared.errors import ObjectAbsentError, ThrottledError
from runtime.shared.object_ref import ObjectRef

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_CHUNK_BYTES: Final = 1024 * 1024
# S3 answers 416 for the number of a missing part, and other implementations 400 (lesson L42):
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
_NO_SUCH_PART: Final = frozenset({400, 416})
# HEAD is refused without a body that says why.
_REFUSED: Final = frozenset({400, 403})
_CHECKSUM_HEADER: Final = "x-amz-checksum-"


@attrs.frozen
class _OpenS3Object(OpenObject):
    """One answer of GetObject."""

    _facts: ObjectFacts
    _body: StreamingBody

    @property
    @override
    def facts(self) -> ObjectFacts:
        return self._facts

    @override
    def chunks(self) -> Iterator[bytes]:
        try:
            while chunk := self._body.read(_CHUNK_BYTES):
                yield chunk
        except (BotoCoreError, HTTPClientError, OSError) as error:
            raise UnreadableError(f"the stream broke off: {type(error).__name__}: {error}") from error


class S3Objects(ObjectStore):
    """Reads objects; the factory's client must not validate response checksums itself (lesson L35).

    The factory is called once at the start, and once for every read on a new connection.
    """

    def __init__(self, client_factory: Callable[[], S3Client]) -> None:
        self._client_factory = client_factory
        self._client = _asking_for_checksums(client_factory())

    @override
    @contextmanager
    def open(self, ref: ObjectRef, version_id: str | None = None, *, fresh: bool = False) -> Iterator[_OpenS3Object]:
        client = _asking_for_checksums(self._client_factory()) if fresh else self._client
        version: dict[str, Any] = {} if version_id is None else {"VersionId": version_id}
        try:
            with _unreadable(ref), _refused():
                answer = client.get_object(Bucket=ref.bucket, Key=ref.key, **version)
            with closing(answer["Body"]) as body:
                yield _OpenS3Object(_facts(ref, answer), body)
        finally:
            if fresh:
                client.close()

    @override
    def current_version(self, ref: ObjectRef) -> Version:
        with translated("looking at what is current"), _absent(ref):
            try:
                answer = self._client.head_object(Bucket=ref.bucket, Key=ref.key)
            except ClientError as error:
                # HEAD needs the key of an object under SSE-C; the list does not.
                if http_status(error) not in _REFUSED:
                    raise
                return self.listed(ref).version
        return _facts(ref, answer).version

    @override
    def listed(self, ref: ObjectRef) -> ObjectFacts:
        with translated("listing the versions of an object"):
            # The key comes before all longer ones, and its newest version before the older ones.
            answer = self._client.list_object_versions(Bucket=ref.bucket, Prefix=ref.key, MaxKeys=1)
        marker = any(entry["Key"] == ref.key for entry in answer.get("DeleteMarkers", []))
        found = [entry for entry in answer.get("Versions", []) if entry["Key"] == ref.key]
        if marker or not found:
            raise ObjectAbsentError(f"there is no {ref.key!r} in {ref.bucket}", delete_marker=marker)
        return ObjectFacts(
            ref=ref,
            version_id=found[0]["VersionId"],
            size=found[0]["Size"],
            etag=found[0]["ETag"].strip('"'),
            modified=found[0]["LastModified"],
            storage_class=found[0].get("StorageClass", "STANDARD"),
        )

    @override
    def facts(self, ref: ObjectRef, version_id: str | None) -> ObjectFacts:
        version: dict[str, Any] = {} if version_id is None else {"VersionId": version_id}
        with _unreadable(ref):
            answer = self._client.head_object(Bucket=ref.bucket, Key=ref.key, ChecksumMode="ENABLED", **version)
        return _facts(ref, answer)

    @override
    def part_sizes(self, ref: ObjectRef, version_id: str, parts: int) -> tuple[int, ...]:
        sizes: list[int] = []
        for number in range(1, parts + 1):
            with _readable(f" for part {number}"):
                try:
                    answer = self._client.head_object(
                        Bucket=ref.bucket, Key=ref.key, VersionId=version_id, PartNumber=number
                    )
                except ClientError as error:
                    if http_status(error) in _NO_SUCH_PART:
                        break
                    raise
            if "PartsCount" not in answer:
                break
            sizes.append(int(answer["ContentLength"]))
        return tuple(sizes)


@contextmanager
def _absent(ref: ObjectRef) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if http_status(error) != 404:
            raise
        deleted = error.response["ResponseMetadata"].get("HTTPHeaders", {}).get("x-amz-delete-marker") == "true"
        raise ObjectAbsentError(f"there is no {ref.key!r} in {ref.bucket}", delete_marker=deleted) from error


@contextmanager
def _refused() -> Iterator[None]:
    """Recognise GetObject's refusals of single objects (lesson L38).

    Archive classes: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html ; keys of SSE-C:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html ; keys of KMS:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    try:
        yield
    except ClientError as error:
        code, said = error_code(error), str(error.response.get("Error", {}).get("Message", ""))
        answered = f"S3 answered {code}: {said}"
        if code == "InvalidObjectState":
            raise ReadRefusedError(f"it lies in an archive class; {answered}", lasting=True) from error
        if code == "InvalidRequest" and "server side encryption" in said.lower():
            raise ReadRefusedError(f"only its depositor has the key (SSE-C); {answered}", lasting=True) from error
        if code.startswith("KMS.") or (code == "AccessDenied" and "kms:" in said):
            raise ReadRefusedError(f"the service cannot use its KMS key; {answered}", lasting=True) from error
        if code == "AccessDenied":
            raise ReadRefusedError(answered, lasting=False) from error
        raise


@contextmanager
def _unreadable(ref: ObjectRef) -> Iterator[None]:
    with _readable(), _absent(ref):
        yield


@contextmanager
def _readable(what: str = "") -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        text = f"S3 answered {error_code(error)}{what}: {error}"
        raise (ThrottledError if is_throttled(error) else UnreadableError)(text) from error
    except BotoCoreError as error:
        raise UnreadableError(f"S3 did not answer{what}: {type(error).__name__}: {error}") from error


def _asking_for_checksums(client: S3Client) -> S3Client:
    # The header makes S3 send its checksums. The parameter ChecksumMode would also make botocore validate the stream,
    # and raise in the middle of it (lesson L35).
    client.meta.events.register("before-call.s3.GetObject", _ask_for_checksums)
    return client


def _ask_for_checksums(params: dict[str, Any], **_: object) -> None:
    params["headers"]["x-amz-checksum-mode"] = "ENABLED"


def _facts(ref: ObjectRef, answer: Mapping[str, Any]) -> ObjectFacts:
    headers: Mapping[str, str] = answer["ResponseMetadata"]["HTTPHeaders"]
    metadata = {name.lower(): value for name, value in answer.get("Metadata", {}).items()}
    return ObjectFacts(
        ref=ref,
        version_id=answer.get("VersionId", NULL_VERSION),
        size=int(answer["ContentLength"]),
        etag=answer["ETag"].strip('"'),
        modified=answer["LastModified"],
        encryption=_encryption(answer),
        checksums={
            name.removeprefix(_CHECKSUM_HEADER): value
            for name, value in headers.items()
            if name.startswith(_CHECKSUM_HEADER) and name != f"{_CHECKSUM_HEADER}type"
        },
        depositor_digests={name: value for name, value in metadata.items() if names_digest(name)},
        storage_class=answer.get("StorageClass", "STANDARD"),
        replication=_replication(answer),
    )


def _replication(answer: Mapping[str, Any]) -> Replication:
    said = answer.get("ReplicationStatus", "")
    # S3's API description has both spellings.
    return Replication.COMPLETED if said == "COMPLETE" else Replication(said)


def _encryption(answer: Mapping[str, Any]) -> Encryption:
    if answer.get("SSECustomerAlgorithm"):
        return Encryption.CUSTOMER_PROVIDED
    return (
        Encryption.KMS if str(answer.get("ServerSideEncryption", "")).startswith("aws:kms") else Encryption.S3_MANAGED
    )
