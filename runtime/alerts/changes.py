"""What people are told of a batch of changed fixity records: new failures and recoveries, nothing twice."""

from collections.abc import Iterable
from enum import StrEnum

import attrs

from runtime.fixity.digests import same_bytes
from runtime.fixity.failures import failure_of
from runtime.fixity.records import RecordChange, RecordImage, readable
from runtime.shared.object_ref import ObjectRef


class Kind(StrEnum):
    """What people are told of an object."""

    FAILURE = "failure"
    RECOVERY = "recovery"
    # Another content is good in the place of the one that failed, which is no recovery of that.
    REPLACEMENT = "replacement"


@attrs.frozen(kw_only=True)
class Announcement:
    """One object that people are told of.

    Attributes:
        kind: failure, recovery or replacement.
        ref: the object.
        before: the record before, None where there was none.
        now: the record as it is now.
    """

    kind: Kind
    ref: ObjectRef
    before: RecordImage | None
    now: RecordImage


def to_announce(changes: Iterable[RecordChange]) -> tuple[Announcement, ...]:
    """Choose what people are told of a batch (lesson L13).

    Several changes of one object count as their net effect. A failure is news where the same version was not failing
    with the same outcome before, of the object or of its replica. A recovery is the change from failing to good, of
    the same version or by one with the same digests; another version with other content is a replacement. A removed
    record is neither, and what is recorded after a removal begins anew.

    Args:
        changes: the batch in the order of the stream.

    Returns:
        Failures first, each kind in the order of bucket and key.
    """
    first: dict[ObjectRef, RecordImage | None] = {}
    last: dict[ObjectRef, RecordImage | None] = {}
    for change in changes:
        if change.after is None:
            first[change.ref] = None
        else:
            first.setdefault(change.ref, readable(change.before))
        last[change.ref] = readable(change.after)
    found = [
        Announcement(kind=kind, ref=ref, before=first[ref], now=now)
        for ref, now in last.items()
        if now is not None and (kind := _kind(first[ref], now)) is not None
    ]
    return tuple(sorted(found, key=lambda item: (item.kind is not Kind.FAILURE, item.ref)))


def _kind(before: RecordImage | None, now: RecordImage) -> Kind | None:
    if before is None or not before.failing:
        return Kind.FAILURE if now.failing else None
    if now.failing:
        return None if _failure(before) == _failure(now) else Kind.FAILURE
    if not now.last_check.success:
        return None
    return Kind.RECOVERY if _same_content(before, now) else Kind.REPLACEMENT


def _failure(record: RecordImage) -> tuple[str, str, bool]:
    return failure_of(record.version_id, record.last_check)


def _same_content(before: RecordImage, now: RecordImage) -> bool:
    return before.version_id == now.version_id or same_bytes(before.digests, now.digests)
