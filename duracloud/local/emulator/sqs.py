"""Redrive of dead-letter queues."""

import time

from ministack.services import sqs

from duracloud.local.emulator.common import Row


def move_messages_back() -> None:
    """SQS moves dead letters back to their queue (redrive); the emulator does not know the call."""

    def move(data: Row, _url: str) -> Row:
        with sqs._queues_lock:
            source = sqs._queue_by_arn(data["SourceArn"])
            if source is None:
                raise sqs._Err("ResourceNotFoundException", "The resource that you specified does not exist.", 404)
            messages, source["messages"] = source["messages"], []
            for message in messages:
                came_from = message["sys"].pop("DeadLetterQueueSourceArn", "")
                target = sqs._queue_by_arn(data.get("DestinationArn") or came_from)
                target["messages"].append(
                    {**message, "receipt_handle": None, "receive_count": 0, "visible_at": time.time()}
                )
        sqs.esm_wake.set()
        return {"TaskHandle": "moved"}

    sqs._HANDLERS["StartMessageMoveTask"] = move
