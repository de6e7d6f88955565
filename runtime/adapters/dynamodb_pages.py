"""Adapters of RecordPages and SchedulePages: the tables in order, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from runtime.adapters.partitions import Partitions
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


class Pages(Generic[T]):
    """A table in order. `most` rows make a page, else as many as DynamoDB returns at once (1 MiB)."""

    _decoded: Callable[[Mapping[str, Any]], T]
    # Only these are returned, which costs the same and takes less time; empty for all. A dot separates an attribute
    # from one inside it.
    _attributes: Sequence[str] = ()

    def __init__(self, client: DynamoDBClient, table: str, most: int | None = None) -> None:
        self._client = client
        self._table = table
        self._partitions = Partitions()
        self._request: dict[str, Any] = {} if most is None else {"Limit": most}
        if self._attributes:
            # By number: DynamoDB reserves some of the names.
            names = sorted({*".".join(self._attributes).split(".")})
            numbers = {name: f"#{number}" for number, name in enumerate(names)}
            self._request |= {
                "ProjectionExpression": ", ".join(
                    ".".join(numbers[name] for name in attribute.split(".")) for attribute in self._attributes
                ),
                "ExpressionAttributeNames": {number: name for name, number in numbers.items()},
            }

    def page(self, bucket: str, after: str | None = None) -> Page[T]:
        """Return the next items of a bucket after a key, or from the start."""
        start: dict[str, Any] = {} if after is None else {"ExclusiveStartKey": key_of(ObjectRef(bucket, after))}
        answer = self._partitions.read(
            bucket,
            f"reading the table {self._table}",
            self._client.query,
            TableName=self._table,
            KeyConditionExpression=f"{Attribute.BUCKET_NAME} = :bucket",
            ExpressionAttributeValues={":bucket": {"S": bucket}},
            **start,
            **self._request,
        )
        last = answer.get("LastEvaluatedKey")
        return Page(
            rows=list(map(self._decoded, answer["Items"])),
            next_after=last[Attribute.OBJECT_KEY]["S"] if last else None,
        )


class DynamoDbRecordPages(Pages[FixityRecord | Malformed], RecordPages):
    """The checksum table in order."""

    _decoded = staticmethod(decode)


class DynamoDbSchedulePages(Pages[ScheduleRow | Malformed], SchedulePages):
    """The scheduler table in order."""

    _decoded = staticmethod(decode_row)
