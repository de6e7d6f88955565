"""Checks objects that are due: handler of the verification queue."""

import json
from typing import Any

from runtime import bootstrap
from runtime.events.invocation import LambdaContext
from runtime.events.object_batch import process_objects
from runtime.fixity.check_replica import Checking
from runtime.fixity.context import Attempt, Finding
from runtime.fixity.due_check import DueCheck
from runtime.fixity.verify import verify
from runtime.observability import with_request_id
from runtime.shared.errors import MalformedMessageError
from runtime.shared.object_ref import ObjectRef


def handle(event: dict[str, Any], context: LambdaContext, checking: Checking) -> dict[str, Any]:
    """Check the objects of a batch of messages of `DueCheck`; return the partial batch response."""

    def act(body: str, attempt: Attempt) -> Finding:
        return verify(checking.care, checking.replicas, _parse(body), attempt)

    return process_objects(event, context, checking.care, act)


@with_request_id
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(event, context, bootstrap.verification())


def _parse(body: str) -> DueCheck:
    allowed = 'allowed: {"bucket": text, "key": text, "version_id": text or left out, "outdated": true or left out}'
    try:
        message: Any = json.loads(body)
    except ValueError as error:
        raise MalformedMessageError(f"got a message that is not JSON ({error}); {allowed}") from error
    if not isinstance(message, dict):
        raise MalformedMessageError(f"got {type(message).__name__}; {allowed}")
    bucket, key, version_id = message.get("bucket"), message.get("key"), message.get("version_id")
    if not (isinstance(bucket, str) and bucket and isinstance(key, str) and key):
        raise MalformedMessageError(f"got bucket {bucket!r} and key {key!r}; {allowed}")
    if not (version_id is None or isinstance(version_id, str)):
        raise MalformedMessageError(f"got version_id {version_id!r}; {allowed}")
    outdated = message.get("outdated", False)
    if not isinstance(outdated, bool):
        raise MalformedMessageError(f"got outdated {outdated!r}; {allowed}")
    return DueCheck(ObjectRef(bucket, key), version_id or "", outdated=outdated)
