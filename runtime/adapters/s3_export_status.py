"""Status files of exports in the managed bucket: the adapter of the port ExportStatusFiles."""

import json
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code, translated

_STANDS: Final = "PreconditionFailed"
_IDENTITY: Final = "export_arn"


class S3ExportStatus:
    """Writes status files, each once per export."""

    def __init__(self, client: Any, bucket: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the bucket.

        Args:
            client: an S3 client.
            bucket: name of the managed bucket.
        """
        self._client = client
        self._bucket = bucket

    def write(self, key: str, document: Mapping[str, Any]) -> bool:
        """Write a status file. See `ports.ExportStatusFiles.write`."""
        with translated("writing the status file of the export"):
            if self._put(key, document, IfNoneMatch="*"):
                return True
            # The day was exported again after a failure: the newer end takes the place of the older.
            standing = json.loads(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())
            return standing.get(_IDENTITY) != document[_IDENTITY] and self._put(key, document)

    def _put(self, key: str, document: Mapping[str, Any], **condition: str) -> bool:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=(json.dumps(document, indent=2) + "\n").encode(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error_code(error) == _STANDS:
                return False
            raise
        return True
