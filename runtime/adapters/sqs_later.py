"""Adapter of Later: messages that arrive after a while."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

import attrs
from typing_extensions import override

from runtime.adapters.errors import translated
from runtime.provisioning.ports import Later

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_LONGEST_SECONDS: Final = 900


@attrs.frozen
class SqsLater(Later):
    """A queue that takes a message as it was received."""

    _client: SQSClient
    _queue_url: str

    @override
    def send(self, body: str, delay: timedelta) -> None:
        # Rounded up: a message that came too early would only be sent once more.
        seconds = max(0, min(ceil(delay.total_seconds()), _LONGEST_SECONDS))
        with translated("sending the request again"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body, DelaySeconds=seconds)
