"""Adapter of VerificationSchedule: due dates in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from typing_extensions import override

from runtime.adapters.errors import write_if
from runtime.fixity.ports import VerificationSchedule
from runtime.fixity.schedule import ScheduleRow
from runtime.fixity.table_items import encode_row, key_of
from runtime.shared.object_ref import ObjectRef

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@attrs.frozen
class DynamoDbSchedule(VerificationSchedule):
    """The scheduler table."""

    _client: DynamoDBClient
    _table: str

    @override
    def put(self, row: ScheduleRow) -> None:
        write_if(
            "writing the schedule row",
            self._client.put_item,
            TableName=self._table,
            Item=encode_row(row),
            ConditionExpression="attribute_not_exists(Sequencer) OR Sequencer <= :sequencer",
            ExpressionAttributeValues={":sequencer": {"S": row.sequencer}},
        )

    @override
    def put_if_absent(self, row: ScheduleRow) -> None:
        write_if(
            "writing the schedule row",
            self._client.put_item,
            TableName=self._table,
            Item=encode_row(row),
            ConditionExpression="attribute_not_exists(BucketName)",
        )

    @override
    def remove(self, ref: ObjectRef, sequencer: str) -> None:
        write_if(
            "removing the schedule row",
            self._client.delete_item,
            TableName=self._table,
            Key=key_of(ref),
            ConditionExpression="attribute_not_exists(Sequencer) OR Sequencer <= :sequencer",
            ExpressionAttributeValues={":sequencer": {"S": sequencer}},
        )
