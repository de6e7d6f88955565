"""What the handlers of managed objects share: the attempt, the log line and the metrics of a finding."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from runtime.contract import Metric
from runtime.events.invocation import LambdaContext, agent_of, deadline
from runtime.events.redelivery import sent_at
from runtime.events.sqs_batch import BackToQueueError, process_queue, receive_count
from runtime.fixity.context import Attempt, Care, Finding
from runtime.fixity.outcome import Outcome
from runtime.observability import logger, publish

_METRICS: Final = {
    Outcome.MATCH: Metric.OUTCOME_MATCH,
    Outcome.MISMATCH: Metric.OUTCOME_MISMATCH,
    Outcome.UNREADABLE: Metric.OUTCOME_UNREADABLE,
    Outcome.ABSENT: Metric.OUTCOME_ABSENT,
    Outcome.SUPERSEDED: Metric.OUTCOME_SUPERSEDED,
    Outcome.NO_BASELINE: Metric.OUTCOME_NO_BASELINE,
    Outcome.DEFERRED: Metric.OUTCOME_DEFERRED,
}


def process_objects(
    event: dict[str, Any], context: LambdaContext, care: Care, act: Callable[[str, Attempt], Finding]
) -> dict[str, Any]:
    """Work on a batch of queue messages, one object each; return the partial batch response.

    `act` gets the body of a message and the attempt; an exception sends the message back to its queue, and a
    ThrottledError sends it anew.
    """
    settings = care.settings
    until = deadline(context, care.clock.now())

    def work(record: dict[str, Any]) -> Finding:
        receives = receive_count(record)
        attempt = Attempt(
            agent=agent_of(context, settings),
            deadline=until,
            receives=receives,
            last_receive=receives >= settings.max_receive_count,
            asked=sent_at(record),
        )
        finding = act(record["body"], attempt)
        _log(finding)
        if finding.back_to_queue:
            raise BackToQueueError(finding.message, finding)
        return finding

    response, findings = process_queue(event, work, concurrency=settings.batch_concurrency, queue=care.queue)
    publish(settings, _metrics(findings))
    return response


def _log(finding: Finding) -> None:
    # A warning where a person may want to look.
    unusual = finding.success is False or finding.outcome in {Outcome.UNREADABLE, Outcome.DEFERRED}
    log = logger.warning if unusual else logger.info
    log(
        finding.action,
        extra={
            "bucket": finding.ref.bucket,
            "key": finding.ref.key,
            "version_id": finding.version_id,
            "outcome": finding.outcome,
            "detail": finding.message,
            "bytes_read": finding.bytes_read,
        },
    )


def _metrics(findings: Iterable[Finding]) -> dict[str, float]:
    # Published as 0 too: the alarm on failed checks has data as long as checks are made.
    values: dict[str, float] = {Metric.FAILED_CHECKS: 0}
    for finding in findings:
        if finding.outcome is not None:
            name = _METRICS[finding.outcome]
            values[name] = values.get(name, 0) + 1
        # A known failure counts once here; the sweep counts objects that still fail, and those that only contradict the
        # digest of their depositor.
        if finding.success is False and not (finding.known or finding.disputed):
            values[Metric.FAILED_CHECKS] += 1
        if finding.bytes_read:
            values[Metric.BYTES_VERIFIED] = values.get(Metric.BYTES_VERIFIED, 0) + finding.bytes_read
    return values
