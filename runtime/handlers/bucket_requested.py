"""Makes the buckets that depositors ask for: handler of the bucket-requests queue."""

from collections import Counter
from typing import Any, Final

from runtime import bootstrap
from runtime.contract import Metric
from runtime.events.bucket_request import bucket_request
from runtime.events.eventbridge_s3 import parse
from runtime.events.invocation import LambdaContext, agent_of, deadline
from runtime.events.redelivery import send_later
from runtime.events.sqs_batch import process_queue, receive_count
from runtime.observability import logger, publish, with_request_id
from runtime.provisioning.context import Provisioning
from runtime.provisioning.errors import SettlingError
from runtime.provisioning.outdated import is_outdated
from runtime.provisioning.provision import provision
from runtime.provisioning.request_result import RequestResult, RequestStatus

_METRICS: Final = {
    RequestStatus.COMPLETED: Metric.REQUESTS_COMPLETED,
    RequestStatus.PARTIAL: Metric.REQUESTS_PARTIAL,
    RequestStatus.REJECTED: Metric.REQUESTS_REJECTED,
}


def handle(event: dict[str, Any], context: LambdaContext, provisioning: Provisioning) -> dict[str, Any]:
    """Work on the request files of a batch of `Object Created` events; return the partial batch response."""
    settings = provisioning.settings

    def work(record: dict[str, Any]) -> RequestResult | None:
        message, now, agent = parse(record["body"]), provisioning.clock.now(), agent_of(context, settings)
        last, request = receive_count(record) >= settings.max_receive_count, bucket_request(message)
        try:
            if message.ref.is_folder_marker(message.size) or is_outdated(provisioning, request):
                logger.info("folder marker, or renamed, replaced or withdrawn: ignored", extra={"key": message.key})
                return None
            result = provision(provisioning, request, agent, until=deadline(context, now), last_receive=last)
        except SettlingError as error:
            send_later(provisioning.queue, record, error.until - now, str(error))
            return None
        _log(result)
        return result

    # One at a time: two requests at once would only wait for each other's claims.
    response, results = process_queue(event, work, concurrency=1, queue=provisioning.queue)
    counts = Counter(result.status for result in results if result is not None)
    publish(settings, {metric: counts[status] for status, metric in _METRICS.items()})
    return response


@with_request_id
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(event, context, bootstrap.provisioning())


def _log(result: RequestResult) -> None:
    log = logger.info if result.status is RequestStatus.COMPLETED else logger.warning
    names = {name.bucket: f"{name.verdict} {name.reason}".strip() for name in result.names}
    log(f"request {result.status}", extra={"reason": result.reason, "result": f"{result.key}.txt", "names": names})
