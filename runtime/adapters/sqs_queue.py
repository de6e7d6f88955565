"""Queues in SQS: the adapters of the ports VerificationQueue, DepositQueue, SweepQueue and ReportQueue."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from runtime.adapters.errors import translated
from runtime.fixity.due_check import DueCheck
from runtime.report.model import ReportSlice
from runtime.shared.errors import RefusedError, TransientError
from runtime.sweep.judge import Unrecorded
from runtime.sweep.totals import Slice

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html allows 1 MiB; a
# quarter of it is taken everywhere.
_MOST_ENTRIES: Final = 10
_MOST_BYTES: Final = 262_144
_ATTEMPTS: Final = 3


class SqsVerificationQueue:
    """Sends checks in batches."""

    def __init__(self, client: Any, queue_url: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the queue.

        Args:
            client: an SQS client.
            queue_url: URL of the queue.
        """
        self._messages = _Messages(client, queue_url, "queueing checks")

    def send(self, checks: Sequence[DueCheck]) -> None:
        """Put checks into the queue. See `ports.VerificationQueue.send`."""
        self._messages.send(check.message for check in checks)


class SqsDepositQueue:
    """Sends objects without a record in batches."""

    def __init__(self, client: Any, queue_url: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the queue. Arguments as of `SqsVerificationQueue`."""
        self._messages = _Messages(client, queue_url, "queueing objects without a record")

    def send(self, found: Sequence[Unrecorded]) -> None:
        """Put objects into the queue. See `ports.DepositQueue.send`."""
        self._messages.send(one.message for one in found)


class SqsSweepQueue:
    """Sends slices in batches."""

    def __init__(self, client: Any, queue_url: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the queue. Arguments as of `SqsVerificationQueue`."""
        self._messages = _Messages(client, queue_url, "queueing slices")

    def send(self, slices: Sequence[Slice]) -> None:
        """Put slices into the queue. See `ports.SweepQueue.send`."""
        self._messages.send(slice_.message for slice_ in slices)


class SqsReportQueue:
    """Sends slices of reports in batches."""

    def __init__(self, client: Any, queue_url: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the queue. Arguments as of `SqsVerificationQueue`."""
        self._messages = _Messages(client, queue_url, "queueing slices")

    def send(self, slices: Sequence[ReportSlice]) -> None:
        """Put slices into the queue. See `ports.ReportQueue.send`."""
        self._messages.send(slice_.message for slice_ in slices)


class _Messages:
    """JSON messages for one queue."""

    def __init__(self, client: Any, queue_url: str, action: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        self._client = client
        self._queue_url = queue_url
        self._action = action

    def send(self, messages: Iterable[Mapping[str, Any]]) -> None:
        # ASCII JSON: SQS does not take every character that a key may hold.
        for bodies in _batches(json.dumps(message) for message in messages):
            self._send_batch(bodies)

    def _send_batch(self, bodies: Sequence[str]) -> None:
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        failed: list[dict[str, Any]] = []
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


def _reason(entry: dict[str, Any]) -> str:
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
