"""What the sweep needs of fixity records, in order: the adapter of the port RecordSummaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from runtime.adapters.dynamodb_items import key_of, ref_of, replication_of
from runtime.adapters.dynamodb_pages import Pages
from runtime.adapters.errors import translated
from runtime.contract import Attribute, CheckAttribute
from runtime.fixity.outcome import Outcome
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed, Page
from runtime.shared.timestamps import moment_of
from runtime.sweep.judge import RecordSummary
from runtime.sweep.ports import RecordSummaries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTRIBUTES: Final = (
    Attribute.BUCKET_NAME,
    Attribute.OBJECT_KEY,
    Attribute.VERSION_ID,
    Attribute.SEQUENCER,
    Attribute.SIZE,
    Attribute.ETAG,
    Attribute.DEPOSIT_DATE,
    Attribute.LAST_GOOD_DATE,
    Attribute.NEXT_CHECKSUM_DATE,
    Attribute.LAST_OUTCOME,
    Attribute.LAST_CHECKSUM_SUCCESS,
    Attribute.LAST_CHECKSUM_DATE,
    f"{Attribute.LAST_CHECK}.{CheckAttribute.REPLICATION_STATUS}",
)


class DynamoDbRecordSummaries(RecordSummaries):
    """The checksum table, read in order and in part."""

    def __init__(self, client: DynamoDBClient, table: str, most: int | None = None) -> None:
        """Take the client and the table. Arguments as of `DynamoDbRecordPages`."""
        self._client = client
        self._table = table
        self._pages = Pages(client, table, most, _ATTRIBUTES)

    @override
    def page(self, bucket: str, after: str | None = None) -> Page[RecordSummary | Malformed]:
        return self._pages.page(bucket, after, _summary_of)

    @override
    def exists(self, ref: ObjectRef) -> bool:
        with translated("looking for the fixity record"):
            answer = self._client.get_item(
                TableName=self._table,
                Key=key_of(ref),
                ConsistentRead=True,
                ProjectionExpression=Attribute.BUCKET_NAME,
            )
        return "Item" in answer


def _summary_of(item: Mapping[str, Any]) -> RecordSummary:
    return RecordSummary(
        ref=ref_of(item),
        version_id=item[Attribute.VERSION_ID]["S"],
        sequencer=item[Attribute.SEQUENCER]["S"],
        size=int(item[Attribute.SIZE]["N"]),
        etag=item[Attribute.ETAG]["S"],
        deposit_date=moment_of(item[Attribute.DEPOSIT_DATE]["S"]),
        last_good_date=moment_of(item[Attribute.LAST_GOOD_DATE]["S"]) if Attribute.LAST_GOOD_DATE in item else None,
        next_check=moment_of(item[Attribute.NEXT_CHECKSUM_DATE]["S"]),
        failing=Attribute.LAST_CHECKSUM_SUCCESS in item and not item[Attribute.LAST_CHECKSUM_SUCCESS]["BOOL"],
        checked=moment_of(item[Attribute.LAST_CHECKSUM_DATE]["S"]),
        replication=replication_of(item),
        deferred=Outcome(item[Attribute.LAST_OUTCOME]["S"]) is Outcome.DEFERRED,
    )
