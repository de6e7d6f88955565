"""The audit events of a bucket request."""

from runtime.audit.events import AuditEvent, Kind
from runtime.fixity.records import Agent
from runtime.provisioning.request_result import BucketRequest, NameResult, RequestResult
from runtime.shared.object_ref import ObjectRef
from runtime.shared.timestamps import timestamp


def events_of_result(result: RequestResult, agent: Agent) -> list[AuditEvent]:
    """Return the events of a bucket request, one per name. A later attempt at the same request is another result."""
    return [_provisioning(result, name, agent) for name in result.names]


def _provisioning(result: RequestResult, name: NameResult, agent: Agent) -> AuditEvent:
    finished = timestamp(result.finished_at)
    left = f"; left behind: {', '.join(name.left_behind)}" if name.left_behind else ""
    reason = f": {name.reason}" if name.reason else ""
    repaired = f"; corrected: {'; '.join(name.corrected)}" if name.corrected else ""
    differs = f"; differs, left as it is: {'; '.join(name.differs)}" if name.differs else ""
    return AuditEvent(
        source_id=f"{result.request.event_id}/{name.bucket}/{finished}",
        kind=Kind.PROVISIONING,
        date_time=finished,
        ref=ObjectRef(name.bucket, ""),
        outcome=name.verdict.value,
        detail=f"{name.verdict}{reason}{left}{repaired}{differs}; replica {name.replica}; {_asked(result.request)}",
        agent=agent,
    )


def _asked(request: BucketRequest) -> str:
    return f"asked for by {request.requester or 'somebody not known'} in s3://{request.bucket}/{request.key}"
