"""Adapter of FixityRecords: fixity records in DynamoDB; every write is conditional."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs
from typing_extensions import override

from runtime.adapters.partitions import Partitions
from runtime.contract import Attribute
from runtime.fixity.ports import FixityRecords
from runtime.fixity.record_codec import decode, encode, encode_check
from runtime.fixity.records import FixityRecord
from runtime.fixity.table_items import key_of
from runtime.shared.errors import RefusedError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import timestamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@attrs.frozen
class DynamoDbRecords(FixityRecords):
    """The checksum table."""

    _client: DynamoDBClient
    _table: str
    _partitions: Partitions = attrs.field(factory=Partitions)

    @override
    def get(self, ref: ObjectRef) -> FixityRecord | None:
        answer = self._partitions.read(
            ref.bucket,
            "reading the fixity record",
            self._client.get_item,
            TableName=self._table,
            Key=key_of(ref),
            ConsistentRead=True,
        )
        if "Item" not in answer:
            return None
        found = decode(answer["Item"])
        if isinstance(found, Malformed):
            raise RefusedError(f"the fixity record of {ref.key!r} in {ref.bucket} cannot be read: {found.problem}")
        return found

    @override
    def deposit(self, record: FixityRecord, *, again: bool = False) -> bool:
        if again:
            condition = (
                "attribute_exists(BucketName) AND Sequencer <= :sequencer"
                " AND (VersionId <> :version OR attribute_not_exists(LastGoodDate))"
            )
        else:
            condition = "attribute_not_exists(BucketName) OR (Sequencer <= :sequencer AND VersionId <> :version)"
        return self._partitions.write_if(
            record.ref.bucket,
            "writing the fixity record",
            self._client.put_item,
            TableName=self._table,
            Item=encode(record),
            ConditionExpression=condition,
            ExpressionAttributeValues={":sequencer": {"S": record.sequencer}, ":version": {"S": record.version_id}},
        )

    @override
    def advance(self, ref: ObjectRef, version_id: str, sequencer: str) -> None:
        self._partitions.write_if(
            ref.bucket,
            "writing the sequencer",
            self._client.update_item,
            TableName=self._table,
            Key=key_of(ref),
            UpdateExpression="SET Sequencer = :sequencer",
            ConditionExpression="VersionId = :version AND Sequencer < :sequencer",
            ExpressionAttributeValues={":sequencer": {"S": sequencer}, ":version": {"S": version_id}},
        )

    @override
    def record_check(self, record: FixityRecord) -> bool:
        return self._update("writing the check", record.ref, record.version_id, encode_check(record))

    @override
    def postpone(self, ref: ObjectRef, version_id: str, due: datetime) -> bool:
        values = {Attribute.NEXT_CHECKSUM_DATE: {"S": timestamp(due)}}
        return self._update("writing the due date", ref, version_id, values)

    @override
    def remove(self, ref: ObjectRef, sequencer: str) -> bool:
        return self._partitions.write_if(
            ref.bucket,
            "removing the fixity record",
            self._client.delete_item,
            TableName=self._table,
            Key=key_of(ref),
            ConditionExpression="attribute_not_exists(Sequencer) OR Sequencer <= :sequencer",
            ExpressionAttributeValues={":sequencer": {"S": sequencer}},
        )

    def _update(self, action: str, ref: ObjectRef, version_id: str, values: dict[str, Any]) -> bool:
        names = list(values)
        return self._partitions.write_if(
            ref.bucket,
            action,
            self._client.update_item,
            TableName=self._table,
            Key=key_of(ref),
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in names),
            ConditionExpression="VersionId = :version",
            ExpressionAttributeValues={**{f":{name}": values[name] for name in names}, ":version": {"S": version_id}},
        )
