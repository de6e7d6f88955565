"""Adapters of RecordPages and SchedulePages: the tables in order, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from runtime.adapters.errors import translated
from runtime.contract import Attribute
from runtime.fixity.ports import RecordPages, SchedulePages
from runtime.fixity.record_codec import decode
from runtime.fixity.records import FixityRecord
from runtime.fixity.schedule import ScheduleRow
from runtime.fixity.table_items import decode_row, key_of
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed, Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")


class DynamoDbRecordPages(RecordPages):
    """The checksum table in order. `most` rows make a page, else as many as DynamoDB returns at once (1 MiB)."""

    def __init__(self, client: DynamoDBClient, table: str, most: int | None = None) -> None:
        self._pages = Pages(client, table, most)

    @override
    def page(self, bucket: str, after: str | None = None) -> Page[FixityRecord | Malformed]:
        return self._pages.page(bucket, after, decode)


class DynamoDbSchedulePages(SchedulePages):
    """The scheduler table in order; arguments as in `DynamoDbRecordPages`."""

    def __init__(self, client: DynamoDBClient, table: str, most: int | None = None) -> None:
        self._pages = Pages(client, table, most)

    @override
    def page(self, bucket: str, after: str | None = None) -> Page[ScheduleRow | Malformed]:
        return self._pages.page(bucket, after, decode_row)


class Pages:
    """Pages of one table, with items of any kind.

    Only the named attributes are returned; a dot separates an attribute from one inside it. That costs the same and
    takes less time.
    """

    def __init__(self, client: DynamoDBClient, table: str, most: int | None, attributes: Sequence[str] = ()) -> None:
        self._client = client
        self._table = table
        self._request: dict[str, Any] = {} if most is None else {"Limit": most}
        if attributes:
            # By number: DynamoDB reserves some of the names.
            numbers = {name: f"#{number}" for number, name in enumerate(sorted({*".".join(attributes).split(".")}))}
            self._request |= {
                "ProjectionExpression": ", ".join(
                    ".".join(numbers[name] for name in attribute.split(".")) for attribute in attributes
                ),
                "ExpressionAttributeNames": {number: name for name, number in numbers.items()},
            }

    def page(self, bucket: str, after: str | None, decoded: Callable[[Mapping[str, Any]], T]) -> Page[T]:
        """Return the decoded next items."""
        start: dict[str, Any] = {} if after is None else {"ExclusiveStartKey": key_of(ObjectRef(bucket, after))}
        with translated(f"reading the table {self._table}"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression=f"{Attribute.BUCKET_NAME} = :bucket",
                ExpressionAttributeValues={":bucket": {"S": bucket}},
                **start,
                **self._request,
            )
        last = answer.get("LastEvaluatedKey")
        return Page(
            rows=[decoded(item) for item in answer["Items"]],
            next_after=last[Attribute.OBJECT_KEY]["S"] if last else None,
        )
