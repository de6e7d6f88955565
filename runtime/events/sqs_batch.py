"""How a batch of queue messages is worked on: concurrently, each message failing for itself."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, EventType, async_process_partial_response

from runtime.observability import logger

T = TypeVar("T")


class BackToQueueError(Exception):
    """A message was worked on with a result, and must be handed out again all the same.

    Attributes:
        result: what the work found.
    """

    def __init__(self, message: str, result: object) -> None:
        """Say why the message must come again, and what was found."""
        super().__init__(message)
        self.result = result


def process_queue(
    event: dict[str, Any], work: Callable[[dict[str, Any]], T], *, concurrency: int
) -> tuple[dict[str, Any], list[T]]:
    """Work on every message of an SQS batch.

    Args:
        event: the Lambda event with SQS records.
        work: called with each raw record, in a thread; an exception sends the message back to its queue.
        concurrency: messages worked on at the same time.

    Returns:
        The partial batch response that names the failed messages, and what `work` found for the others. See
        https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    results: list[T] = []
    processor = AsyncBatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    with ThreadPoolExecutor(max_workers=concurrency) as pool:

        async def one(record: Any) -> None:  # noqa: ANN401 (Powertools hands over its own record class)
            raw: dict[str, Any] = record.raw_event
            try:
                results.append(await asyncio.get_running_loop().run_in_executor(pool, work, raw))
            except Exception as error:
                if isinstance(error, BackToQueueError):
                    results.append(cast("T", error.result))
                logger.warning(
                    "the message goes back to its queue",
                    extra={"message_id": raw.get("messageId"), "reason": f"{type(error).__name__}: {error}"},
                )
                raise

        response = async_process_partial_response(event=event, record_handler=one, processor=processor)
    return dict(response), results


def or_given_up(record: dict[str, Any], most: int, work: Callable[[], T], give_up: Callable[[str], object]) -> T:
    """Work on a message; where that fails on its last receive, say so before the message is set aside.

    Args:
        record: the raw record.
        most: receives after which the queue sets the message aside.
        work: works on it.
        give_up: notes that it failed for good, and why; what it returns counts as found.

    Raises:
        BackToQueueError: it failed on its last receive.
        Exception: it failed, and is to be tried again.
    """
    try:
        return work()
    except Exception as error:
        if receive_count(record) < most:
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise BackToQueueError(reason, give_up(reason)) from error


def receive_count(record: dict[str, Any]) -> int:
    """Return how often SQS has handed out this message, this time included."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))


def sent_at(record: dict[str, Any]) -> datetime | None:
    """Return when the message was put into its queue, UTC; None where SQS did not say."""
    milliseconds = record.get("attributes", {}).get("SentTimestamp")
    return None if milliseconds is None else datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
