"""Adapter of RecordStates: the part of fixity records that the sweep needs, in order."""

from __future__ import annotations

from typing_extensions import override

from runtime.adapters.dynamodb_pages import Pages
from runtime.contract import Attribute
from runtime.fixity.record_codec import STATE_ATTRIBUTES, decode_state
from runtime.fixity.records import RecordState
from runtime.fixity.table_items import key_of
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.sweep.ports import RecordStates


class DynamoDbRecordStates(Pages[RecordState | Malformed], RecordStates):
    """The checksum table in order and in part."""

    _decoded = staticmethod(decode_state)
    _attributes = STATE_ATTRIBUTES

    @override
    def exists(self, ref: ObjectRef) -> bool:
        answer = self._partitions.read(
            ref.bucket,
            "looking for the fixity record",
            self._client.get_item,
            TableName=self._table,
            Key=key_of(ref),
            ConsistentRead=True,
            ProjectionExpression=Attribute.BUCKET_NAME,
        )
        return "Item" in answer
