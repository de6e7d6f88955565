"""What people are told of a batch of changed fixity records: new failures and recoveries, nothing twice."""

from collections.abc import Iterable
from enum import StrEnum

import attrs

from runtime.fixity.digests import same_bytes
from runtime.fixity.failures import RecordState, same_failure
from runtime.shared.object_ref import ObjectRef


@attrs.frozen(kw_only=True)
class RecordChange:
    """One change of a record, in the order of the table's stream.

    Attributes:
        ref: the object.
        before: the record before, None where there was none.
        after: the record after, None where it was removed.
    """

    ref: ObjectRef
    before: RecordState | None
    after: RecordState | None


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
    before: RecordState | None
    now: RecordState


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
    first: dict[ObjectRef, RecordState | None] = {}
    last: dict[ObjectRef, RecordState | None] = {}
    for change in changes:
        if change.after is None:
            first[change.ref] = None
        else:
            first.setdefault(change.ref, change.before)
        last[change.ref] = change.after
    found = [
        Announcement(kind=kind, ref=ref, before=first[ref], now=now)
        for ref, now in last.items()
        if now is not None and (kind := _kind(first[ref], now)) is not None
    ]
    return tuple(sorted(found, key=lambda item: (item.kind is not Kind.FAILURE, item.ref)))


def _kind(before: RecordState | None, now: RecordState) -> Kind | None:
    if before is None or not before.failing:
        return Kind.FAILURE if now.failing else None
    if now.failing:
        return None if same_failure(before, now) else Kind.FAILURE
    if not now.success:
        return None
    return Kind.RECOVERY if _same_content(before, now) else Kind.REPLACEMENT


def _same_content(before: RecordState, now: RecordState) -> bool:
    return before.version_id == now.version_id or same_bytes(before.digests, now.digests)
