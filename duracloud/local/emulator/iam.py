"""What IAM knows of actions and conditions and the emulator does not."""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions

from duracloud.local.emulator.common import Row


def authorize_batches_of_messages() -> None:
    """IAM knows no batch actions of SQS: whoever may send a message may send ten; the emulator asks for the batch."""
    batches = {f"{name}Batch": name for name in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")}
    for reader in ("_action_from_target", "_action_from_query"):
        read = getattr(iam_actions, reader)

        def without_batch(*args: Any, read: Callable[..., str | None] = read) -> str | None:
            action = read(*args)
            return batches.get(action, action) if action else action

        setattr(iam_actions, reader, without_batch)


def give_policies_the_condition_of_writes() -> None:
    """S3 hands the condition of a write to policies as `s3:if-none-match`; the emulator does not know this key."""
    context_of = iam_actions._s3_object_context

    def with_condition(action: str, query: Row, path: str, headers: Row) -> Row:
        context = context_of(action, query, path, headers)
        condition = headers.get("if-none-match")
        return {**context, "s3:if-none-match": condition} if condition and action == "s3:PutObject" else context

    iam_actions._s3_object_context = with_condition
