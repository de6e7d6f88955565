"""Updates the tables after deletions: handler of the object-deleted queue."""

from typing import Any

from runtime import bootstrap
from runtime.events.eventbridge_s3 import parse
from runtime.events.invocation import LambdaContext
from runtime.events.object_batch import process_objects
from runtime.fixity.context import Attempt, Care, Finding
from runtime.fixity.follow_deletion import after_deletion
from runtime.observability import with_request_id


def handle(event: dict[str, Any], context: LambdaContext, care: Care) -> dict[str, Any]:
    """Follow a batch of `Object Deleted` events; return the partial batch response."""

    def act(body: str, attempt: Attempt) -> Finding:
        message = parse(body)
        return after_deletion(care, message.ref, message.sequencer, attempt)

    return process_objects(event, context, care, act)


@with_request_id
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(event, context, bootstrap.removal())
