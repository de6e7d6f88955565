"""What people are told of a batch of changed fixity records: new failures and recoveries, nothing twice."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import attrs

from runtime.domain.digests import same_bytes
from runtime.domain.objects import ObjectRef
from runtime.domain.records import CheckReport, FixityRecord
from runtime.domain.replica import only_replica_fails


@attrs.frozen(kw_only=True)
class RecordState:
    """A fixity record before or after a change, as far as people are told of it.

    Attributes:
        version_id: the version under care.
        success: whether the object is as it should be; None where that was not judged, which is no failure.
        outcome: the outcome of the last check, as in `Outcome`.
        message: the last check in one line.
        last_good_date: when the version was last found as it should be, ISO 8601 UTC; empty if never.
        next_check: when it is read next, ISO 8601 UTC; empty if that is not known.
        digests: digests of the deposit, by algorithm.
    """

    version_id: str
    success: bool | None
    outcome: str
    message: str = ""
    last_good_date: str = ""
    next_check: str = ""
    digests: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def failing(self) -> bool:
        """Whether the last check was judged a failure."""
        return self.success is False

    @property
    def only_replica_fails(self) -> bool:
        """Whether the last check found nothing wrong but with the replica."""
        return self.failing and only_replica_fails(self.message)


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
        return None if _same_failure(before, now) else Kind.FAILURE
    if not now.success:
        return None
    return Kind.RECOVERY if _same_content(before, now) else Kind.REPLACEMENT


def _same_content(before: RecordState, now: RecordState) -> bool:
    return before.version_id == now.version_id or same_bytes(before.digests, now.digests)


def _same_failure(before: RecordState, now: RecordState) -> bool:
    def what(state: RecordState) -> tuple[str, str, bool]:
        return state.outcome, state.version_id, state.only_replica_fails

    return what(before) == what(now)


def fails_as_before(record: FixityRecord | None, report: CheckReport, version_id: str) -> bool:
    """Tell whether a check found the failure again that its object's record shows already.

    Args:
        record: the record before the check; None where there was none.
        report: the check.
        version_id: the version that was checked.
    """
    if record is None or not record.failing or report.success is not False:
        return False
    return _same_failure(_state(record.version_id, record.last_check), _state(version_id, report))


def _state(version_id: str, report: CheckReport) -> RecordState:
    return RecordState(
        version_id=version_id, success=report.success, outcome=report.outcome.value, message=report.message
    )
