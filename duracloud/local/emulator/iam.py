"""What IAM knows of actions and conditions and the emulator does not."""

from collections.abc import Callable
from typing import Any, Final

from ministack.core import iam_actions
from ministack.services import s3

from duracloud.local.emulator.common import Row

_KEY: Final = "x-amz-server-side-encryption-aws-kms-key-id"
_OF_WRITES: Final = ("if-none-match", "x-amz-storage-class", "x-amz-server-side-encryption-customer-algorithm", _KEY)


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
    """S3 hands what a write asks for to policies; of these keys the emulator knows the kind of encryption only.

    A part of an upload has the key of the request that began the upload, and no storage class.
    """
    context_of = iam_actions._s3_object_context

    def with_condition(action: str, query: Row, path: str, headers: Row) -> Row:
        context: Row = context_of(action, query, path, headers)
        if action != "s3:PutObject":
            return context
        sent = {f"s3:{name}": headers[name] for name in _OF_WRITES if headers.get(name)}
        upload = s3._multipart_uploads.get(iam_actions._query_param(query, "uploadId") or "") or {}
        key = (upload.get("preserved_headers") or {}).get(_KEY)
        return {**context, **({f"s3:{_KEY}": key} if key else {}), **sent}

    iam_actions._s3_object_context = with_condition
