"""Due dates in DynamoDB: the adapter of the port VerificationSchedule."""

from typing import Any

from botocore.exceptions import ClientError

from runtime.adapters.dynamodb_items import key_of, refused, schedule_item_of
from runtime.adapters.errors import translated
from runtime.fixity.schedule import ScheduleRow
from runtime.shared.object_ref import ObjectRef


class DynamoDbSchedule:
    """The scheduler table."""

    def __init__(self, client: Any, table: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the table.

        Args:
            client: a DynamoDB client.
            table: name of the table.
        """
        self._client = client
        self._table = table

    def put(self, row: ScheduleRow) -> None:
        """Write a row. See `ports.VerificationSchedule.put`."""
        self._put(
            row,
            ConditionExpression="attribute_not_exists(Sequencer) OR Sequencer <= :sequencer",
            ExpressionAttributeValues={":sequencer": {"S": row.sequencer}},
        )

    def put_if_absent(self, row: ScheduleRow) -> None:
        """Write a row where there is none. See `ports.VerificationSchedule.put_if_absent`."""
        self._put(row, ConditionExpression="attribute_not_exists(BucketName)")

    def _put(self, row: ScheduleRow, **condition: Any) -> None:  # noqa: ANN401 (passed on to boto3)
        with translated("writing the schedule row"):
            try:
                self._client.put_item(TableName=self._table, Item=schedule_item_of(row), **condition)
            except ClientError as error:
                if not refused(error):
                    raise

    def remove(self, ref: ObjectRef, sequencer: str) -> None:
        """Remove a row. See `ports.VerificationSchedule.remove`."""
        with translated("removing the schedule row"):
            try:
                self._client.delete_item(
                    TableName=self._table,
                    Key=key_of(ref),
                    ConditionExpression="attribute_not_exists(Sequencer) OR Sequencer <= :sequencer",
                    ExpressionAttributeValues={":sequencer": {"S": sequencer}},
                )
            except ClientError as error:
                if not refused(error):
                    raise
