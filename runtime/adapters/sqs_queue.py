"""A queue in SQS: the adapter of the port Queue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import attrs
from typing_extensions import override

from runtime.adapters.errors import translated
from runtime.shared.errors import RefusedError, TransientError
from runtime.shared.ports import Message, Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef, SendMessageBatchRequestEntryTypeDef

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html allows 1 MiB; a
# quarter of it is taken everywhere.
_MOST_ENTRIES: Final = 10
_MOST_BYTES: Final = 262_144
_ATTEMPTS: Final = 3


@attrs.frozen
class SqsQueue(Queue[Message]):
    """Sends messages in batches; `action` is the subject of its errors, for example "queueing checks"."""

    _client: SQSClient
    _queue_url: str
    _action: str

    @override
    def send(self, messages: Sequence[Message]) -> None:
        # ASCII JSON: SQS does not take every character that a key may hold.
        for bodies in _batches(json.dumps(one.message) for one in messages):
            self._send_batch(bodies)

    def _send_batch(self, bodies: Sequence[str]) -> None:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)
        ]
        failed: list[BatchResultErrorEntryTypeDef] = []
        for _ in range(_ATTEMPTS):
            with translated(self._action):
                answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            failed = answer.get("Failed", [])
            if not failed:
                return
            refused = [_reason(entry) for entry in failed if entry.get("SenderFault")]
            if refused:
                raise RefusedError(f"{self._action}: {len(refused)} refused, the first with {refused[0]}")
            left = {entry["Id"] for entry in failed}
            entries = [entry for entry in entries if entry["Id"] in left]
        raise TransientError(f"{self._action}: {len(failed)} not taken, the first with {_reason(failed[0])}")


def _reason(entry: BatchResultErrorEntryTypeDef) -> str:
    return f"{entry.get('Code', '')} {entry.get('Message', '')}".strip()


def _batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in bodies:
        if batch and (len(batch) == _MOST_ENTRIES or size + len(body) > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += len(body)
    if batch:
        yield batch
