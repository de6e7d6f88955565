"""News in a batch of changed fixity records: new failures and recoveries, each once."""

from collections.abc import Iterable
from enum import StrEnum

import attrs

from runtime.fixity.digests import same_bytes
from runtime.fixity.failures import failure_of
from runtime.fixity.records import RecordChange, RecordImage, readable
from runtime.shared.object_ref import ObjectRef


class Kind(StrEnum):
    """Kind of news about an object."""

    FAILURE = "failure"
    RECOVERY = "recovery"
    # Other content, which is good, replaced the content that failed; this is no recovery.
    REPLACEMENT = "replacement"


@attrs.frozen(kw_only=True)
class Announcement:
    """News about one object."""

    kind: Kind
    ref: ObjectRef
    before: RecordImage | None  # None if there was none
    now: RecordImage


def to_announce(changes: Iterable[RecordChange]) -> tuple[Announcement, ...]:
    """Return the news of a batch, in the order of the stream (lesson L13): failures first, each kind by bucket and key.

    Several changes of one object count as their net effect. A failure is news if the same version was not failing with
    the same outcome before, for the object or for its replica. A recovery is the change from failing to good, of the
    same version or of one with the same digests; a version with other content is a replacement. Where only the
    depositor's digest differed, any good version is the recovery. A removed record is neither; records after a removal
    begin anew.
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
        return None if failure_of(before) == failure_of(now) else Kind.FAILURE
    if not now.last_check.success:
        return None
    same_content = before.identity == now.identity or same_bytes(before.digests, now.digests)
    # Nothing was lost where only the depositor's digest differed: uploading the file again is what was asked for.
    return Kind.RECOVERY if same_content or before.disputed else Kind.REPLACEMENT
