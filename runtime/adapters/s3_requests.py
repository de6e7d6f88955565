"""Adapter of RequestFiles and RequestRecords: request files, results and claims in S3."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import attrs
from botocore.exceptions import ClientError
from typing_extensions import override

from runtime.adapters.errors import http_status, translated
from runtime.adapters.s3_files import BEING_WRITTEN, STANDS, read_file, write_once
from runtime.contract import ManagedPrefix
from runtime.provisioning.claims import Claim, Collection
from runtime.provisioning.ownership import collection_key
from runtime.provisioning.ports import CurrentFile, RequestFiles, RequestRecords
from runtime.shared.errors import ObjectAbsentError, TransientError
from runtime.shared.timestamps import moment_of, timestamp

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MEDIA_TYPES: Final = {".json": "application/json", ".txt": "text/plain; charset=utf-8"}


@attrs.frozen
class S3Requests(RequestFiles, RequestRecords):
    """The request bucket, and what the managed bucket keeps of requests."""

    _client: S3Client
    _managed: str

    @override
    def read(self, bucket: str, key: str, version_id: str, most: int) -> bytes:
        request: dict[str, Any] = {"Bucket": bucket, "Key": key}
        if version_id:
            request["VersionId"] = version_id
        body = read_file("reading the request file", self._client, most, **request)
        if body is None:
            raise ObjectAbsentError(f"there is no {key!r} in {bucket}")
        return body

    @override
    def current(self, bucket: str, key: str, most: int) -> CurrentFile | None:
        with translated("looking for the request file"):
            try:
                answer = self._client.get_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if http_status(error) == HTTPStatus.NOT_FOUND:
                    return None
                raise
            with answer["Body"] as body:
                return CurrentFile(answer.get("VersionId", ""), bytes(body.read(most)))

    @override
    def write(self, key: str, text: str) -> None:
        media_type = next(value for ending, value in _MEDIA_TYPES.items() if key.endswith(ending))
        with translated(f"writing {key}"):
            self._client.put_object(Bucket=self._managed, Key=key, Body=text.encode(), ContentType=media_type)

    @override
    def claim(self, bucket: str, claim: Claim) -> Claim:
        request = {**self._claim_object(bucket), "Body": _content(claim)}
        if write_once("claiming the name", self._client, standing=(STANDS, BEING_WRITTEN), **request):
            return claim
        standing = self.standing_claim(bucket)
        if standing is None:
            raise TransientError(f"the claim on {bucket} ended while it was looked at")
        return standing

    @override
    def standing_claim(self, bucket: str) -> Claim | None:
        body = read_file("reading the claim", self._client, **self._claim_object(bucket))
        if body is None:
            return None
        content = json.loads(body)
        configured = content.get("configured")
        return Claim(
            content["event_id"],
            moment_of(content["since"]),
            content["creating"],
            configured and moment_of(configured),
            tuple(content.get("corrected", ())),
        )

    @override
    def replace_claim(self, bucket: str, claim: Claim) -> None:
        with translated("claiming the name"):
            self._client.put_object(**self._claim_object(bucket), Body=_content(claim))

    @override
    def release(self, bucket: str) -> None:
        with translated("ending the claim"):
            self._client.delete_object(**self._claim_object(bucket))

    @override
    def collection(self, bucket: str) -> Collection | None:
        body = read_file(
            "reading the record of the bucket", self._client, Bucket=self._managed, Key=collection_key(bucket)
        )
        try:
            content = json.loads(body or b"{}")
            values = {name: content[name] for name in ("bucket", "replica", "environment", "type", "event_id")}
            return Collection(**values, recorded_at=moment_of(content["recorded_at"]))
        except (KeyError, TypeError, ValueError):
            # No record, or one that somebody changed: it proves nothing.
            return None

    @override
    def write_collection(self, collection: Collection) -> None:
        content = {**attrs.asdict(collection), "recorded_at": timestamp(collection.recorded_at, "seconds")}
        self.write(collection_key(collection.bucket), json.dumps(content, indent=2) + "\n")

    def _claim_object(self, bucket: str) -> dict[str, Any]:
        return {"Bucket": self._managed, "Key": f"{ManagedPrefix.IN_PROGRESS}{bucket}.json"}


def _content(claim: Claim) -> bytes:
    values = {
        "event_id": claim.event_id,
        "since": timestamp(claim.since, "auto"),
        "creating": claim.creating,
        "configured": claim.configured and timestamp(claim.configured, "auto"),
        "corrected": claim.corrected,
    }
    return json.dumps(values).encode()
