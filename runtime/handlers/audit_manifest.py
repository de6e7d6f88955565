"""Signs the days of the audit trail: handler of a schedule."""

from typing import Any, Final

from runtime import bootstrap
from runtime.audit.errors import BrokenTrailError
from runtime.audit.sign import SignedDay, Signing, sign_days
from runtime.contract import Metric
from runtime.events.timestamps import moment
from runtime.observability import logger, publish, with_request_id

_ALLOWED: Final = 'allowed: {"time": a moment of the day after the last one to be signed, in ISO 8601 with its zone}'


def handle(event: dict[str, Any], signing: Signing) -> list[SignedDay]:
    """Sign every unsigned day before the one that the event, `{"time": ...}`, names; return the days signed now.

    Raises:
        MalformedMessageError: the event is something else, or names a day that is too far ahead.
        BrokenTrailError: the trail has problems. Days are still signed unless the problem is in the newest manifest or
        the public key; the alarm on problems fires.
        TransientError: a service did not answer; Lambda calls the function again.
        RefusedError: a service refused.
    """
    signed = []
    try:
        for day in sign_days(signing, moment(event.get("time"), _ALLOWED)):
            # A copy outside of the bucket, for as long as logs are kept.
            signed_now = {"manifest": day.key, "sha256": day.sha256, "events": day.events, "segments": day.segments}
            logger.info("day signed", extra=signed_now)
            values = {Metric.AUDIT_EVENTS: day.events, Metric.AUDIT_MANIFESTS: 1}
            # Published at once, with its day: a second attempt finds the day signed and sees no problem.
            publish(signing.settings, {**values, Metric.AUDIT_PROBLEMS: len(day.problems)})
            signed.append(day)
    except BrokenTrailError:
        publish(signing.settings, {Metric.AUDIT_PROBLEMS: 1})
        raise
    problems = [problem for day in signed for problem in day.problems]
    for problem in problems:
        logger.error("the audit trail is broken", extra={"problem": problem.text})
    if problems:
        raise BrokenTrailError(f"{len(problems)} problems in the audit trail; the first: {problems[0].text}")
    return signed


@with_request_id
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    handle(event, bootstrap.audit_manifest())
