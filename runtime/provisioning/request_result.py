"""What became of a request: for programs as JSON, for people as text."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import attrs

from runtime.contract import ManagedPrefix
from runtime.shared.timestamps import timestamp
from runtime.shared.wording import visible

_LONGEST_KEY: Final = 900


class NameVerdict(StrEnum):
    """What became of one name."""

    CREATED = "created"
    ALREADY_PROVISIONED = "already provisioned"
    REJECTED = "rejected"
    FAILED = "failed"


class RequestStatus(StrEnum):
    """What became of a request as a whole."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    REJECTED = "rejected"


@attrs.frozen(kw_only=True)
class BucketRequest:
    """A request as the event tells it.

    Attributes:
        bucket: the request bucket.
        key: the file's key.
        version_id: the file's version.
        requester: who put it there.
        received_at: when, UTC.
        event_id: the event's id, the same in all its deliveries.
    """

    bucket: str
    key: str
    version_id: str
    requester: str
    received_at: datetime
    event_id: str


@attrs.frozen(kw_only=True)
class NameResult:
    """What became of one name.

    Attributes:
        line: number of its line in the file.
        name: the name as requested.
        bucket: full name of the main bucket.
        replica: full name of the replica.
        verdict: what became of it.
        reason: why; empty where there is nothing to say.
        left_behind: buckets that this request made and could not remove again.
    """

    line: int
    name: str
    bucket: str
    replica: str
    verdict: NameVerdict
    reason: str = ""
    left_behind: Sequence[str] = ()


@attrs.frozen(kw_only=True)
class RequestResult:
    """What became of a request.

    Attributes:
        request: the request.
        status: as a whole.
        reason: why the whole request was rejected; empty otherwise.
        names: one result per name.
        finished_at: when the work ended, UTC.
    """

    request: BucketRequest
    status: RequestStatus
    reason: str
    names: Sequence[NameResult]
    finished_at: datetime

    @property
    def key(self) -> str:
        """Key of the result in the managed bucket, without its ending: the same for every delivery of the event."""
        day = self.request.received_at.astimezone(UTC).date().isoformat()
        # S3 takes keys of 1,024 bytes; the event's id keeps shortened ones apart.
        key = self.request.key.encode()[:_LONGEST_KEY].decode(errors="ignore")
        return f"{ManagedPrefix.REQUESTS}{day}/{key}.{self.request.event_id}"


def status_of(names: Sequence[NameResult]) -> RequestStatus:
    """Return the status of a request from what became of its names."""
    good = [name.verdict in {NameVerdict.CREATED, NameVerdict.ALREADY_PROVISIONED} for name in names]
    if all(good):
        return RequestStatus.COMPLETED
    return RequestStatus.PARTIAL if any(good) else RequestStatus.REJECTED


def as_json(result: RequestResult) -> str:
    """Return the result for programs."""
    document: dict[str, Any] = {
        "request": {
            "bucket": result.request.bucket,
            "key": result.request.key,
            "version_id": result.request.version_id,
            "requester": result.request.requester,
            "received_at": timestamp(result.request.received_at, "seconds"),
        },
        "status": result.status.value,
        "reason": result.reason,
        "buckets": [
            {
                "line": name.line,
                "name": name.name,
                "bucket": name.bucket,
                "replica": name.replica,
                "verdict": name.verdict.value,
                "reason": name.reason,
                "left_behind": list(name.left_behind),
            }
            for name in result.names
        ],
        "finished_at": timestamp(result.finished_at, "seconds"),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_text(result: RequestResult) -> str:
    """Return the result for people."""
    lines = [
        f"Bucket request {result.request.key}",
        "",
        f"Status:    {result.status}",
        *([f"Reason:    {result.reason}"] if result.reason else []),
        f"File:      s3://{result.request.bucket}/{result.request.key} (version {result.request.version_id or 'none'})",
        f"Requester: {result.request.requester or 'not known'}",
        f"Received:  {timestamp(result.request.received_at, 'seconds')}",
        f"Finished:  {timestamp(result.finished_at, 'seconds')}",
    ]
    for name in result.names:
        lines += ["", f"Line {name.line}: {name.name}: {name.verdict}"]
        if name.verdict in {NameVerdict.CREATED, NameVerdict.ALREADY_PROVISIONED}:
            lines += [f"  bucket:  {name.bucket}", f"  replica: {name.replica}"]
        if name.reason:
            lines.append(f"  reason:  {name.reason}")
        if name.left_behind:
            lines.append(f"  left behind: {', '.join(name.left_behind)}; drop the same file again to finish the work")
    # Names, keys and what services say of them may hold line ends, which would pretend to be lines of ours.
    return "\n".join(map(visible, lines)) + "\n"
