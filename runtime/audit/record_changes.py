"""The audit events of changed fixity records."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from runtime.audit.canonical_json import canonical
from runtime.audit.events import NO_EXPECTATION, OUTCOMES, AuditEvent, ComparedEvidence, Kind
from runtime.fixity.digests import same_bytes
from runtime.fixity.evidence import Source, Verdict
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import Agent
from runtime.shared.object_ref import ObjectRef
from runtime.shared.timestamps import instant

# A deposit that is made again ends with one of these; a check of a record without a baseline never does.
_ENDS_OF_DEPOSITS: Final = frozenset({Outcome.MATCH, Outcome.MISMATCH, Outcome.DEFERRED})


@attrs.frozen(kw_only=True)
class CheckFacts:
    """The facts of the newest check of a record.

    Attributes:
        computed: digests of the bytes read, by algorithm.
        evidence: everything that was compared, or could not be.
        bytes_read: bytes of the last read.
        reads: how often the object was read from its start to its end.
        storage_class: S3's storage class.
        started: when the check began, ISO 8601 UTC.
        ended: when it ended, ISO 8601 UTC.
        agent: who made it.
    """

    computed: Mapping[str, str]
    evidence: Sequence[ComparedEvidence]
    bytes_read: int
    reads: int
    storage_class: str
    started: str
    ended: str
    agent: Agent


@attrs.frozen(kw_only=True)
class RecordImage:
    """A fixity record before or after a change, as far as events are made of it.

    Attributes:
        version_id: the version under care.
        size: bytes.
        digests: digests of the deposit, by algorithm.
        success: whether the object is as it should be; None where that was not judged.
        outcome: the outcome of the newest check.
        message: the newest check in one line.
        deposit_date: when the version was taken under care, ISO 8601 UTC.
        last_good_date: when the version was last found good, ISO 8601 UTC; empty if never.
        restored_date: when the record was last written back from an export, ISO 8601 UTC; empty if never.
        check: the newest check.
        not_understood: what of it is not of its type, in one line; empty where all is. Those attributes are empty here.
    """

    version_id: str
    size: int
    etag: str
    checksum: str
    checksum_algorithm: str
    digests: Mapping[str, str]
    success: bool | None
    outcome: str
    message: str
    deposit_date: str
    last_good_date: str
    restored_date: str
    check: CheckFacts
    not_understood: str = ""

    @property
    def failing(self) -> bool:
        """Whether the newest check was judged a failure."""
        return self.success is False

    @property
    def has_baseline(self) -> bool:
        """Whether the digests can be trusted, see `FixityRecord.has_baseline`."""
        return bool(self.digests) and bool(self.last_good_date)

    @property
    def deposit(self) -> tuple[Mapping[str, str], str, str, str, int, str]:
        """What the deposit of a version says once and for all: digests, ETag, bytes, date."""
        return self.digests, self.checksum, self.checksum_algorithm, self.etag, self.size, self.deposit_date


@attrs.frozen(kw_only=True)
class ImageChange:
    """One record of the table's stream.

    Attributes:
        event_id: the stream's id of the change, the same in all its deliveries.
        at: when the table changed, UTC.
        ref: the object.
        before: the fixity record before, None where there was none.
        after: the fixity record after, None where it was removed.
    """

    event_id: str
    at: datetime
    ref: ObjectRef
    before: RecordImage | None
    after: RecordImage | None


def events_of_changes(changes: Iterable[ImageChange]) -> Iterator[AuditEvent]:
    """Yield the events of changes of the checksum table, in their order.

    Args:
        changes: records of the table's stream.

    Yields:
        At most one event per change. A change of the order of events or of a due date alone is none; any other that no
        deposit or check made is told as what it is, dated by the change.
    """
    for change in changes:
        if change.after is not None:
            yield from _event_of(change, change.before, change.after)
        elif change.before is not None:
            yield _deletion(change, change.before)


def _event_of(change: ImageChange, before: RecordImage | None, after: RecordImage) -> Iterator[AuditEvent]:
    if before == after:
        return
    if before is None and not (after.deposit_date and after.outcome):
        missing = after.not_understood or "it does not say when it was deposited, or how that ended"
        after = attrs.evolve(after, not_understood=missing)
    if after.not_understood and (before is None or _altered(before, after)):
        yield _unknown(change, after)
    elif _restored(before, after):
        if before is not None and _contradicts(before, after):
            yield _alteration(change, before, after)
        else:
            yield _restoration(change, after)
    elif before is None:
        yield _examined(change, Kind.DEPOSIT, after)
    elif _altered(before, after):
        yield _alteration(change, before, after)
    else:
        yield _examined(change, _kind(before, after), after)


def _restored(before: RecordImage | None, after: RecordImage) -> bool:
    """Tell whether a record was written back: nothing was read then, whatever its newest check says."""
    if before is not None:
        return bool(after.restored_date) and before.restored_date != after.restored_date
    # Where there was no record the service writes one only with a deposit, which is its newest check.
    return bool(after.restored_date) or after.deposit_date != after.check.ended


def _altered(before: RecordImage, after: RecordImage) -> bool:
    """Tell whether a record was changed as no check changes it."""
    spoiled = before.not_understood or after.not_understood
    # Where a check cannot be compared as a whole, only a later one is a new one.
    if before.check == after.check or (spoiled and after.check.ended <= before.check.ended):
        return True
    # The service replaces what a deposit said only with another version, or where it cannot be trusted.
    return before.version_id == after.version_id and before.has_baseline and before.deposit != after.deposit


def _contradicts(before: RecordImage, after: RecordImage) -> bool:
    """Tell whether a record was written back that says other things of the same version's bytes than the one there.

    What was deposited anew after a table was lost has another date than the record that comes back, and perhaps other
    algorithms, but never other bytes.
    """
    if before.version_id != after.version_id or not before.has_baseline:
        return False
    same = same_bytes(before.digests, after.digests)
    return not same or (before.size, before.etag) != (after.size, after.etag)


def _kind(before: RecordImage, after: RecordImage) -> Kind:
    if before.version_id != after.version_id:
        return Kind.REPAIR if _repairs(before, after) else Kind.DEPOSIT
    if not before.has_baseline and after.outcome in _ENDS_OF_DEPOSITS:
        return Kind.DEPOSIT
    return Kind.RECOVERY if before.failing and after.success else Kind.CHECK


def _repairs(before: RecordImage, after: RecordImage) -> bool:
    """Tell whether a new version has the very bytes that the failing one before it should have had."""
    same = same_bytes(before.digests, after.digests)
    return before.failing and before.has_baseline and after.success is True and same


def _examined(change: ImageChange, kind: Kind, after: RecordImage) -> AuditEvent:
    check, before = after.check, change.before
    # A repair is held against the baseline of the version that it takes the place of, a check against its own.
    baseline = before.digests if kind is Kind.REPAIR and before is not None else after.digests
    against_evidence = kind is Kind.DEPOSIT
    detail = after.message
    if before is not None and before.version_id != after.version_id:
        detail += f"; in the place of version {before.version_id}"
    detail += _doubts(before, after)
    return AuditEvent(
        source_id=change.event_id,
        kind=kind,
        date_time=check.ended,
        ref=change.ref,
        version_id=after.version_id,
        size=after.size,
        expected=_expected_by_evidence(check.evidence) if against_evidence else baseline,
        computed=check.computed,
        expectation_source=_sources(check.evidence) if against_evidence else Source.BASELINE.value,
        evidence=check.evidence,
        outcome=after.outcome,
        detail=detail,
        agent=check.agent,
        bytes_read=check.bytes_read,
        reads=check.reads,
        storage_class=check.storage_class,
    )


def _compared(evidence: Sequence[ComparedEvidence]) -> list[ComparedEvidence]:
    return [item for item in evidence if item.verdict != Verdict.NOT_COMPARED]


def _expected_by_evidence(evidence: Sequence[ComparedEvidence]) -> dict[str, str]:
    whole = [item for item in _compared(evidence) if not item.parts]
    # Of two that say different things the contradicted one is told: it explains the outcome.
    whole.sort(key=lambda item: item.verdict == Verdict.MISMATCH)
    return {item.algorithm: item.expected for item in whole}


def _sources(evidence: Sequence[ComparedEvidence]) -> str:
    return ", ".join(sorted({item.source for item in _compared(evidence)})) or NO_EXPECTATION


def _deletion(change: ImageChange, before: RecordImage) -> AuditEvent:
    return _of_record(
        change,
        Kind.DELETION,
        before,
        expected=before.digests,
        detail=f"out of care: the record was removed; its last check ended {before.check.ended}: {before.message}"
        + _doubts(before),
    )


def _restoration(change: ImageChange, after: RecordImage) -> AuditEvent:
    check = f"its newest check ended {after.check.ended}: {after.message}"
    instead = f"; in the place of {_told(change.before)}" if change.before is not None else ""
    return _of_record(
        change,
        Kind.RESTORATION,
        after,
        expected=after.digests,
        detail=f"the record was written back; the deposit is of {after.deposit_date}, {check}{instead}",
    )


def _told(before: RecordImage) -> str:
    return f"a record of version {before.version_id} with {_text(before.digests)}, checked {before.check.ended}"


def _alteration(change: ImageChange, before: RecordImage, after: RecordImage) -> AuditEvent:
    old, new = (attrs.asdict(image) for image in (before, after))
    told = [f"{name} was {_text(old[name])}, is {_text(new[name])}" for name in old if old[name] != new[name]]
    return _of_record(
        change,
        Kind.ALTERATION,
        after,
        expected=before.digests,
        detail=f"the record was changed by no check: {'; '.join(told)}",
    )


def _text(value: object) -> str:
    return canonical(value).decode()


def _of_record(
    change: ImageChange, kind: Kind, image: RecordImage, expected: Mapping[str, str], detail: str
) -> AuditEvent:
    """Return the event of a change in which nothing was read."""
    return AuditEvent(
        source_id=change.event_id,
        kind=kind,
        date_time=instant(change.at),
        ref=change.ref,
        version_id=image.version_id,
        size=image.size,
        expected=expected,
        expectation_source=Source.BASELINE.value,
        outcome=OUTCOMES[kind],
        detail=detail,
        # The stream does not tell who changed the record.
        agent=None,
        storage_class=image.check.storage_class,
    )


def _unknown(change: ImageChange, after: RecordImage) -> AuditEvent:
    happened = "written" if change.before is None else "changed"
    return AuditEvent(
        source_id=change.event_id,
        kind=Kind.UNKNOWN,
        date_time=instant(change.at),
        ref=change.ref,
        outcome=OUTCOMES[Kind.UNKNOWN],
        detail=f"change not understood: the record was {happened}; {after.not_understood}",
        agent=None,
    )


def _doubts(*images: RecordImage | None) -> str:
    found = dict.fromkeys(image.not_understood for image in images if image is not None and image.not_understood)
    return f"; of the record this was not understood: {'; '.join(found)}" if found else ""
