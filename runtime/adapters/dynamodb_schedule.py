"""Adapter of VerificationSchedule: due dates in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from typing_extensions import override

from runtime.adapters.partitions import Partitions
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
    _partitions: Partitions = attrs.field(factory=Partitions)

    @override
    def put(self, row: ScheduleRow) -> None:
        self._partitions.write_if(
            row.ref.bucket,
            "writing the schedule row",
            self._client.put_item,
            TableName=self._table,
            Item=encode_row(row),
            ConditionExpression="attribute_not_exists(Sequencer) OR Sequencer <= :sequencer",
            ExpressionAttributeValues={":sequencer": {"S": row.sequencer}},
        )

    @override
    def put_if_absent(self, row: ScheduleRow) -> None:
        self._partitions.write_if(
            row.ref.bucket,
            "writing the schedule row",
            self._client.put_item,
            TableName=self._table,
            Item=encode_row(row),
            ConditionExpression="attribute_not_exists(BucketName)",
        )

    @override
    def remove(self, ref: ObjectRef, sequencer: str) -> None:
        self._partitions.write_if(
            ref.bucket,
            "removing the schedule row",
            self._client.delete_item,
            TableName=self._table,
            Key=key_of(ref),
            ConditionExpression="attribute_not_exists(Sequencer) OR Sequencer <= :sequencer",
            ExpressionAttributeValues={":sequencer": {"S": sequencer}},
        )
