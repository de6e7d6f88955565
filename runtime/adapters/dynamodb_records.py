"""Fixity records in DynamoDB, every write conditional: the adapter of the port FixityRecords."""

from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from runtime.adapters.dynamodb_items import check_values, item_of, key_of, read, record_of, refused
from runtime.adapters.errors import translated
from runtime.contract import Attribute
from runtime.fixity.records import FixityRecord
from runtime.shared.errors import RefusedError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import instant


class DynamoDbRecords:
    """The checksum table."""

    def __init__(self, client: Any, table: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the table.

        Args:
            client: a DynamoDB client.
            table: name of the table.
        """
        self._client = client
        self._table = table

    def get(self, ref: ObjectRef) -> FixityRecord | None:
        """Return the record. See `ports.FixityRecords.get`."""
        with translated("reading the fixity record"):
            answer = self._client.get_item(TableName=self._table, Key=key_of(ref), ConsistentRead=True)
        if "Item" not in answer:
            return None
        found = read(answer["Item"], record_of)
        if isinstance(found, Malformed):
            raise RefusedError(f"the fixity record of {ref.key!r} in {ref.bucket} cannot be read: {found.problem}")
        return found

    def deposit(self, record: FixityRecord, *, again: bool = False) -> bool:
        """Write the record of a deposit. See `ports.FixityRecords.deposit`."""
        if again:
            condition = (
                "attribute_exists(BucketName) AND Sequencer <= :sequencer"
                " AND (VersionId <> :version OR attribute_not_exists(LastGoodDate))"
            )
        else:
            condition = "attribute_not_exists(BucketName) OR (Sequencer <= :sequencer AND VersionId <> :version)"
        return self._written(
            "writing the fixity record",
            self._client.put_item,
            Item=item_of(record),
            ConditionExpression=condition,
            ExpressionAttributeValues={
                ":sequencer": {"S": record.sequencer},
                ":version": {"S": record.version_id},
            },
        )

    def advance(self, ref: ObjectRef, version_id: str, sequencer: str) -> None:
        """Note a newer event for the same version. See `ports.FixityRecords.advance`."""
        self._written(
            "writing the sequencer",
            self._client.update_item,
            Key=key_of(ref),
            UpdateExpression="SET Sequencer = :sequencer",
            ConditionExpression="VersionId = :version AND Sequencer < :sequencer",
            ExpressionAttributeValues={":sequencer": {"S": sequencer}, ":version": {"S": version_id}},
        )

    def record_check(self, record: FixityRecord) -> bool:
        """Write what a check changed. See `ports.FixityRecords.record_check`."""
        return self._update("writing the check", record.ref, record.version_id, check_values(record))

    def postpone(self, ref: ObjectRef, version_id: str, due: datetime) -> bool:
        """Write a new due date only. See `ports.FixityRecords.postpone`."""
        values = {Attribute.NEXT_CHECKSUM_DATE: {"S": instant(due)}}
        return self._update("writing the due date", ref, version_id, values)

    def remove(self, ref: ObjectRef, sequencer: str) -> bool:
        """Remove the record. See `ports.FixityRecords.remove`."""
        return self._written(
            "removing the fixity record",
            self._client.delete_item,
            Key=key_of(ref),
            ConditionExpression="attribute_not_exists(Sequencer) OR Sequencer <= :sequencer",
            ExpressionAttributeValues={":sequencer": {"S": sequencer}},
        )

    def _update(self, action: str, ref: ObjectRef, version_id: str, values: dict[str, Any]) -> bool:
        names = list(values)
        return self._written(
            action,
            self._client.update_item,
            Key=key_of(ref),
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in names),
            ConditionExpression="VersionId = :version",
            ExpressionAttributeValues={
                **{f":{name}": values[name] for name in names},
                ":version": {"S": version_id},
            },
        )

    def _written(self, action: str, call: Any, **request: Any) -> bool:  # noqa: ANN401 (passed on to boto3)
        with translated(action):
            try:
                call(TableName=self._table, **request)
            except ClientError as error:
                if refused(error):
                    return False
                raise
        return True
