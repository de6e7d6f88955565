"""Adapter of FixityRecords: fixity records in DynamoDB; every write is conditional."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs
from typing_extensions import override

from runtime.adapters.partitions import Partitions
from runtime.contract import Attribute
from runtime.fixity.objects import NULL_VERSION
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
    def deposit(self, record: FixityRecord, *, modified: datetime | None = None, again: bool = False) -> bool:
        item = encode(record)
        values: dict[str, Any] = {
            ":sequencer": item[Attribute.SEQUENCER],
            ":version": item[Attribute.VERSION_ID],
        }
        another, names = "VersionId <> :version", {}
        if record.version_id == NULL_VERSION:
            # `size` is a reserved word of DynamoDB.
            another += " OR ETag <> :etag OR #size <> :size OR DepositDate < :modified"
            names = {"ExpressionAttributeNames": {"#size": Attribute.SIZE}}
            values |= {
                ":etag": item[Attribute.ETAG],
                ":size": item[Attribute.SIZE],
                ":modified": {"S": "" if modified is None else timestamp(modified)},
            }
        if again:
            may = f"{another} OR attribute_not_exists(LastGoodDate)"
            condition = f"attribute_exists(BucketName) AND Sequencer <= :sequencer AND ({may})"
        else:
            condition = f"attribute_not_exists(BucketName) OR (Sequencer <= :sequencer AND ({another}))"
        return self._partitions.write_if(
            record.ref.bucket,
            "writing the fixity record",
            self._client.put_item,
            TableName=self._table,
            Item=item,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            **names,
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
        return self._update("writing the check", record, encode_check(record))

    @override
    def postpone(self, record: FixityRecord, due: datetime) -> bool:
        return self._update("writing the due date", record, {Attribute.NEXT_CHECKSUM_DATE: {"S": timestamp(due)}})

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

    def _update(self, action: str, record: FixityRecord, values: dict[str, Any]) -> bool:
        names = list(values)
        # The id `null` does not say which version it is; the ETag does (lesson L39).
        same = {":version": {"S": record.version_id}, ":etag": {"S": record.etag}}
        return self._partitions.write_if(
            record.ref.bucket,
            action,
            self._client.update_item,
            TableName=self._table,
            Key=key_of(record.ref),
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in names),
            ConditionExpression="VersionId = :version AND ETag = :etag",
            ExpressionAttributeValues={**{f":{name}": values[name] for name in names}, **same},
        )
