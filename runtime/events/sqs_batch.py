"""Work on a batch of queue messages concurrently; each message fails for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, EventType, async_process_partial_response

from runtime.events.redelivery import send_again
from runtime.observability import logger
from runtime.shared.errors import ThrottledError
from runtime.shared.ports import OwnQueue

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

T = TypeVar("T")


class BackToQueueError(Exception):
    """A message has a result, and must still go back to its queue."""

    def __init__(self, message: str, result: object) -> None:
        super().__init__(message)
        self.result = result


def process_queue(
    event: dict[str, Any], work: Callable[[dict[str, Any]], T], *, concurrency: int, queue: OwnQueue | None = None
) -> tuple[dict[str, Any], list[T]]:
    """Work on every message of an SQS batch in threads; `work` gets the raw record.

    An exception sends the message back to its queue. Return the partial batch response, and the results of the others:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    A ThrottledError sends the message anew to `queue`, the function's own, and is no failure; without a queue it is.
    """
    results: list[T] = []

    def attempt(raw: dict[str, Any]) -> None:
        try:
            results.append(work(raw))
        except ThrottledError as error:
            if queue is None:
                raise
            send_again(queue, raw, error)

    processor = AsyncBatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    with ThreadPoolExecutor(max_workers=concurrency) as pool:

        async def one(record: SQSRecord) -> None:
            raw: dict[str, Any] = record.raw_event
            try:
                await asyncio.get_running_loop().run_in_executor(pool, attempt, raw)
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
    """Work on a message; if the last attempt fails, call `give_up` before the message goes to the dead-letter queue.

    `most` is the receive count of the last attempt. What `give_up` returns counts as the message's result.

    Raises:
        BackToQueueError: the last attempt failed.
        ThrottledError: the message is sent anew, so this attempt is not the last.
        Exception: an earlier attempt failed.
    """
    try:
        return work()
    except ThrottledError:
        raise
    except Exception as error:
        if receive_count(record) < most:
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise BackToQueueError(reason, give_up(reason)) from error


def receive_count(record: dict[str, Any]) -> int:
    """Return the receive count, this attempt included."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
