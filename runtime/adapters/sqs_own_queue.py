"""The queue that a function works on: the adapter of the port OwnQueue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
from typing_extensions import override

from runtime.adapters.errors import translated
from runtime.shared.ports import OwnQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@attrs.frozen
class SqsOwnQueue(OwnQueue):
    """Sends messages anew, one by one: only what was throttled, or waits."""

    _client: SQSClient
    _queue_url: str

    @override
    def send_again(self, body: str, attributes: Mapping[str, int], delay_seconds: int) -> None:
        with translated("sending a message anew"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=body,
                DelaySeconds=delay_seconds,
                MessageAttributes={
                    name: {"DataType": "Number", "StringValue": str(value)} for name, value in attributes.items()
                },
            )
