"""Request files, results and claims in S3: the adapter of the ports RequestFiles and RequestRecords."""

import json
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code, http_status, translated
from runtime.contract import ManagedPrefix
from runtime.provisioning.claims import Claim
from runtime.shared.errors import ObjectAbsentError, TransientError

_NOT_FOUND: Final = 404
_MEDIA_TYPES: Final = {".json": "application/json", ".txt": "text/plain; charset=utf-8"}


class S3Requests:
    """The request bucket, and what the managed bucket keeps of requests."""

    def __init__(self, client: Any, managed_bucket: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the managed bucket.

        Args:
            client: an S3 client.
            managed_bucket: takes results and claims.
        """
        self._client = client
        self._managed = managed_bucket

    def read(self, bucket: str, key: str, version_id: str, most: int) -> bytes:
        """Return the file's first bytes. See `ports.RequestFiles.read`."""
        request = {"Bucket": bucket, "Key": key}
        if version_id:
            request["VersionId"] = version_id
        with translated("reading the request file"):
            try:
                body = self._client.get_object(**request)["Body"]
            except ClientError as error:
                if http_status(error) == _NOT_FOUND:
                    raise ObjectAbsentError(f"there is no {key!r} in {bucket}") from error
                raise
            with body:
                return bytes(body.read(most))

    def write(self, key: str, text: str) -> None:
        """Write a result. See `ports.RequestRecords.write`."""
        media_type = next(value for ending, value in _MEDIA_TYPES.items() if key.endswith(ending))
        with translated("writing the result"):
            self._client.put_object(Bucket=self._managed, Key=key, Body=text.encode(), ContentType=media_type)

    def claim(self, bucket: str, claim: Claim) -> Claim:
        """Claim a name unless it is claimed. See `ports.RequestRecords.claim`."""
        with translated("claiming the name"):
            try:
                # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
                self._client.put_object(**self._claim_object(bucket), Body=_content(claim), IfNoneMatch="*")
            except ClientError as error:
                if error_code(error) not in {"PreconditionFailed", "ConditionalRequestConflict"}:
                    raise
            else:
                return claim
        standing = self.standing_claim(bucket)
        if standing is None:
            raise TransientError(f"the claim on {bucket} ended while it was looked at")
        return standing

    def standing_claim(self, bucket: str) -> Claim | None:
        """Return the claim on a name. See `ports.RequestRecords.standing_claim`."""
        with translated("reading the claim"):
            try:
                body = self._client.get_object(**self._claim_object(bucket))["Body"]
            except ClientError as error:
                if http_status(error) == _NOT_FOUND:
                    return None
                raise
            with body:
                content = json.loads(body.read())
        configured = content.get("configured")
        return Claim(
            content["event_id"],
            datetime.fromisoformat(content["since"]),
            content["creating"],
            configured and datetime.fromisoformat(configured),
        )

    def replace_claim(self, bucket: str, claim: Claim) -> None:
        """Put a claim in the place of another. See `ports.RequestRecords.replace_claim`."""
        with translated("claiming the name"):
            self._client.put_object(**self._claim_object(bucket), Body=_content(claim))

    def release(self, bucket: str) -> None:
        """End a claim. See `ports.RequestRecords.release`."""
        with translated("ending the claim"):
            self._client.delete_object(**self._claim_object(bucket))

    def _claim_object(self, bucket: str) -> dict[str, str]:
        return {"Bucket": self._managed, "Key": f"{ManagedPrefix.IN_PROGRESS}{bucket}.json"}


def _content(claim: Claim) -> bytes:
    values = {
        "event_id": claim.event_id,
        "since": claim.since.isoformat(),
        "creating": claim.creating,
        "configured": claim.configured and claim.configured.isoformat(),
    }
    return json.dumps(values).encode()
