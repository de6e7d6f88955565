"""Deposits uploaded objects: handler of the object-created queue."""

from typing import Any

from runtime import bootstrap
from runtime.events.eventbridge_s3 import parse
from runtime.events.invocation import LambdaContext
from runtime.events.object_batch import process_objects
from runtime.fixity.context import Attempt, Care, Finding
from runtime.fixity.deposit import deposit, deposit_marker, deposit_unrecorded
from runtime.fixity.sequencer import BEFORE_ALL_EVENTS
from runtime.observability import with_request_id


def handle(event: dict[str, Any], context: LambdaContext, care: Care) -> dict[str, Any]:
    """Deposit the objects of `Object Created` events from S3 and the sweep; return the partial batch response."""

    def act(body: str, attempt: Attempt) -> Finding:
        message = parse(body)
        if message.ref.is_folder_marker(message.size):
            return deposit_marker(care, message.ref, message.sequencer, attempt)
        if message.sequencer == BEFORE_ALL_EVENTS:
            return deposit_unrecorded(care, message.ref, attempt)
        return deposit(care, message.ref, message.sequencer, attempt)

    return process_objects(event, context, care, act)


@with_request_id
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(event, context, bootstrap.deposit())
