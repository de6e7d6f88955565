"""The result of a bucket request: JSON for programs, text for people."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import attrs

from runtime.contract import ManagedPrefix
from runtime.shared.timestamps import timestamp
from runtime.shared.wording import visible

_LONGEST_KEY: Final = 900
# What programs that copy files to a disk take for a border between folders.
_BORDERS: Final = re.compile(r"[/\\]")
_INSTEAD: Final = "_"


class NameVerdict(StrEnum):
    """Result of one name."""

    CREATED = "created"
    ALREADY_PROVISIONED = "already provisioned"
    REJECTED = "rejected"
    FAILED = "failed"


class RequestStatus(StrEnum):
    """Result of a request as a whole."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    REJECTED = "rejected"


@attrs.frozen(kw_only=True)
class BucketRequest:
    """A request as its event describes it."""

    bucket: str
    key: str  # of the request file
    version_id: str
    requester: str
    received_at: datetime  # UTC
    event_id: str  # the same in all deliveries of the event


@attrs.frozen(kw_only=True)
class NameResult:
    """Result of one name."""

    line: int  # in the file, from 1
    name: str
    bucket: str  # full name
    replica: str  # full name
    verdict: NameVerdict
    reason: str = ""  # empty if there is nothing to say
    left_behind: Sequence[str] = ()  # buckets that this request made and could not remove again
    corrected: Sequence[str] = ()  # what differed on existing buckets and was corrected
    differs: Sequence[str] = ()  # what differs and was left as it is


@attrs.frozen(kw_only=True)
class RequestResult:
    """Result of a request."""

    request: BucketRequest
    reason: str  # why the whole request was rejected; else empty
    names: Sequence[NameResult]
    finished_at: datetime  # UTC

    @property
    def status(self) -> RequestStatus:
        """The status of the request: a request without names was rejected as a whole."""
        good = [name.verdict in {NameVerdict.CREATED, NameVerdict.ALREADY_PROVISIONED} for name in self.names]
        if good and all(good):
            return RequestStatus.COMPLETED
        return RequestStatus.PARTIAL if any(good) else RequestStatus.REJECTED

    @property
    def key(self) -> str:
        """Key of the result in the managed bucket, without its ending; the same for every delivery of the event."""
        day = self.request.received_at.astimezone(UTC).date().isoformat()
        # S3 allows keys of 1,024 bytes; the event's id keeps changed and shortened keys unique.
        key = _within_folder(self.request.key).encode()[:_LONGEST_KEY].decode(errors="ignore")
        return f"{ManagedPrefix.REQUESTS}{day}/{key}.{self.request.event_id}"


def _within_folder(key: str) -> str:
    """Return a key as the end of another one, which leads out of no folder where its files are copied to a disk.

    S3 takes `..` for a name like any other; programs that copy folders do not:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    printable = "".join(one if one.isprintable() else _INSTEAD for one in key)
    # Windows drops dots and blanks at the end of a name.
    return "/".join(_INSTEAD if not part.strip(". ") else part for part in _BORDERS.split(printable))


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
        "buckets": [attrs.asdict(name) for name in result.names],
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
        lines += [f"  corrected: {text}" for text in name.corrected]
        lines += [f"  differs, left as it is: {text}" for text in name.differs]
    # Names, keys and error texts may hold line ends; escaped, they cannot forge a line of the result.
    return "\n".join(map(visible, lines)) + "\n"
