"""Versions, replicas and inventory configurations.

The current version of each object is a plain file. Demo and system tests flip a bit in it: version and ETag stay, the
bytes differ. Older versions are in memory and cannot be damaged this way.
"""

import contextvars
import json
from http import HTTPStatus
from typing import Any, Final

from ministack.services import eventbridge, s3

from duracloud.local.emulator.common import Row

_VERSION_ID: Final[contextvars.ContextVar[str | None]] = contextvars.ContextVar("version_id", default=None)
_REPLICATED_AS: Final[contextvars.ContextVar[str | None]] = contextvars.ContextVar("replicated_as", default=None)
_ENCODING: Final[contextvars.ContextVar[bool]] = contextvars.ContextVar("encoding", default=False)
_ENCODED: Final = frozenset({"Key", "Prefix", "Delimiter", "KeyMarker", "NextKeyMarker"})


def name_versions_in_events() -> None:
    """EventBridge's S3 events name the version, and say neither size nor ETag of a deletion."""
    fire, dispatch = s3._fire_s3_event, eventbridge._dispatch_event

    def fire_with_version(*args: Any, **kwargs: Any) -> None:
        token = _VERSION_ID.set(kwargs.get("version_id"))
        try:
            fire(*args, **kwargs)
        finally:
            _VERSION_ID.reset(token)

    def dispatch_with_version(event: Row, *args: Any, **kwargs: Any) -> Any:
        if event.get("Source") == "aws.s3":
            detail = json.loads(event["Detail"])
            if version_id := _VERSION_ID.get():
                detail["object"]["version-id"] = version_id
            if event["DetailType"] == "Object Deleted":
                detail["object"].pop("size", None)
                detail["object"].pop("etag", None)
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, *args, **kwargs)

    s3._fire_s3_event = fire_with_version
    eventbridge._dispatch_event = dispatch_with_version


def read_versions_from_disk() -> None:
    """S3 reads every version from its disks; the emulator reads a version that is asked for by its id from memory.

    The current version is always read from disk, so that a bit flipped there is visible.
    HeadObject with a part number tells the size of that part, and answers 416 if an upload in parts has none of that
    number; the emulator's tells it for GetObject only.
    """
    head, get = s3._head_object, s3._get_object

    def without_current(bucket: str, key: str, query: Row | None) -> Row:
        found = dict(query or {})
        current = (s3._buckets.get(bucket) or {}).get("objects", {}).get(key) or {}
        if s3._qp(found, "versionId", "") == current.get("version_id"):
            found.pop("versionId", None)
        return found

    def get_from_disk(bucket: str, key: str, headers: Row, query_params: Row | None = None) -> Any:
        return get(bucket, key, headers, without_current(bucket, key, query_params))

    def head_from_disk(bucket: str, key: str, headers: Row | None = None, query_params: Row | None = None) -> Any:
        query = without_current(bucket, key, query_params)
        answer = head(bucket, key, headers, query)
        if answer[0] != HTTPStatus.OK or not query.get("partNumber"):
            return answer
        status, part_headers, _ = get(bucket, key, headers or {}, query)
        if status != HTTPStatus.PARTIAL_CONTENT and "-" in str(answer[1].get("ETag", "")):
            return HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE.value, {}, b""
        return (status, part_headers, b"") if status == HTTPStatus.PARTIAL_CONTENT else answer

    s3._get_object = get_from_disk
    s3._head_object = head_from_disk


def give_replicas_the_version_of_their_source() -> None:
    """S3 gives a replica the version id of its source; the emulator makes one of its own for each.

    The emulator writes the replica first, so the source takes the id that the replica was given.
    """
    record, new_id = s3._record_object_version, s3.new_uuid

    def record_like_replica(bucket: str, key: str, prior: Row | None, written: Row, data: Any) -> Any:
        replica = written.get("_replica")
        token = _REPLICATED_AS.set(replica[1] if replica else None)
        try:
            return record(bucket, key, prior, written, data)
        finally:
            _REPLICATED_AS.reset(token)

    s3._record_object_version = record_like_replica
    s3.new_uuid = lambda: _REPLICATED_AS.get() or new_id()


def keep_inventory_configurations() -> None:
    """S3 keeps a bucket's inventory configurations; the emulator mistakes the call for another one and ignores it."""
    dispatch = s3._dispatch
    kept = s3._PERSISTED_BUCKET_DICTS.setdefault("duracloud_inventories", s3.AccountScopedDict())

    def dispatch_inventory(method: str, bucket: str, key: str, *rest: Any) -> Any:
        _, body, query_params = rest
        if bucket not in s3._buckets:
            # A new bucket has nothing of an old one of that name.
            kept.pop(bucket, None)
        if key or "inventory" not in query_params or bucket not in s3._buckets:
            return dispatch(method, bucket, key, *rest)
        inventories = kept.setdefault(bucket, {})
        name = s3._qp(query_params, "id", "")
        if method in ("PUT", "DELETE"):
            inventories.pop(name, None)
            if method == "PUT":
                inventories[name] = body.decode()
            return HTTPStatus.NO_CONTENT.value, {}, b""
        if not name:
            found = "".join(inventories.values())
            answer = f"<ListInventoryConfigurationsResult>{found}</ListInventoryConfigurationsResult>"
            return HTTPStatus.OK.value, {"Content-Type": "application/xml"}, answer.encode()
        if name not in inventories:
            return s3._error("NoSuchConfiguration", "The specified configuration does not exist.", 404, f"/{bucket}")
        return HTTPStatus.OK.value, {"Content-Type": "application/xml"}, inventories[name].encode()

    s3._dispatch = dispatch_inventory


def encode_keys_in_lists_of_versions() -> None:
    """ListObjectVersions encodes keys where it is asked to; the emulator does so in its other lists only.

    XML 1.0 has no form for control characters, which keys may hold.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
    """
    list_versions, write = s3._list_object_versions, s3._xml_body

    def list_and_encode(bucket: str, query_params: Row) -> Any:
        token = _ENCODING.set(s3._qp(query_params, "encoding-type", "") == "url")
        try:
            return list_versions(bucket, query_params)
        finally:
            _ENCODING.reset(token)

    def write_encoded(root: Any) -> Any:
        if _ENCODING.get():
            for element in root.iter():
                if element.tag in _ENCODED and element.text:
                    element.text = s3._url_encode(element.text)
            s3.SubElement(root, "EncodingType").text = "url"
        return write(root)

    s3._list_object_versions, s3._xml_body = list_and_encode, write_encoded


def keep_replication_status() -> None:
    """S3 keeps an object's replication status; the emulator reads it from its files for older versions only."""
    for (account, (bucket, key)), versions in s3._object_versions._data.items():
        current = s3._buckets._data.get((account, bucket), {}).get("objects", {}).get(key)
        for version in versions:
            if current and version.get("is_latest") and version.get("replication_status"):
                current["replication_status"] = version["replication_status"]
