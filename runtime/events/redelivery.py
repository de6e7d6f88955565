"""Throttled messages: sent anew with a delay, so that throttling costs no receive and no visibility timeout.

The receive count is SQS's and leads to the dead-letter queue; it counts failures only. What happened to a message
before it was sent anew stands in its message attributes. The body stays as it is.
"""

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, Final
from zlib import crc32

from runtime.observability import logger
from runtime.shared.errors import ThrottledError
from runtime.shared.ports import OwnQueue

_THROTTLED: Final = "Throttled"
_FIRST_SENT: Final = "FirstSent"
# A message comes back after half of it to all of it, the first time a quarter of that, then half.
_LONGEST_DELAY_SECONDS: Final = 60
_DOUBLINGS: Final = 2
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_LONGEST_OF_SQS_SECONDS: Final = 900


def send_later(queue: OwnQueue, record: dict[str, Any], delay: timedelta, reason: str) -> None:
    """Send the message of a record anew, to be delivered after a delay or the longest that SQS allows.

    Otherwise as `send_again`.
    """
    # Rounded up: a message that came too early would only be sent once more.
    queue.send_again(record["body"], {}, min(ceil(delay.total_seconds()), _LONGEST_OF_SQS_SECONDS))
    logger.info("the message waits", extra={"message_id": record["messageId"], "reason": reason})


def send_again(queue: OwnQueue, record: dict[str, Any], error: ThrottledError) -> None:
    """Send the message of a record anew. The function must then take the record as done, so that Lambda deletes it.

    If the function ends before that, the message is delivered twice, which SQS may do at any time.

    Raises:
        TransientError: the queue did not answer.
        RefusedError: it refused.
    """
    throttled = throttles(record) + 1
    delay = _delay_seconds(throttled, record["messageId"])
    attributes = {_THROTTLED: throttled}
    if sent := record.get("attributes", {}).get("SentTimestamp"):
        attributes[_FIRST_SENT] = _number(record, _FIRST_SENT) or int(sent)
    queue.send_again(record["body"], attributes, delay)
    logger.warning(
        "throttled: the message was sent anew with a delay",
        extra={
            "message_id": record["messageId"],
            "reason": str(error),
            "throttled": throttled,
            "delay_seconds": delay,
        },
    )


def throttles(record: dict[str, Any]) -> int:
    """Return how often a message was throttled before."""
    return _number(record, _THROTTLED)


def sent_at(record: dict[str, Any]) -> datetime | None:
    """Return when the message was sent first, UTC; None if SQS does not say."""
    milliseconds = _number(record, _FIRST_SENT) or int(record.get("attributes", {}).get("SentTimestamp", 0))
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def _delay_seconds(throttled: int, message_id: str) -> int:
    longest = _LONGEST_DELAY_SECONDS >> max(0, _DOUBLINGS + 1 - throttled)
    # What was throttled together comes back apart.
    return longest - crc32(message_id.encode()) % (longest // 2 + 1)


def _number(record: dict[str, Any], name: str) -> int:
    value = record.get("messageAttributes", {}).get(name, {}).get("stringValue", "0")
    return int(value) if value.isdecimal() else 0
