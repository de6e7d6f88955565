"""The audit events of changed fixity records."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from runtime.audit.canonical_json import canonical
from runtime.audit.events import NO_EXPECTATION, OUTCOMES, AuditEvent, Kind, evidence_values
from runtime.fixity.digests import same_bytes
from runtime.fixity.evidence import Comparison, Source, Verdict
from runtime.fixity.objects import NULL_VERSION
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import MalformedRecord, RecordChange, RecordImage, readable
from runtime.shared.timestamps import timestamp

Values = Mapping[str, Any]
# A repeated deposit ends with one of these; a check of a record without a baseline never does.
_ENDS_OF_DEPOSITS: Final = frozenset({Outcome.MATCH, Outcome.MISMATCH, Outcome.DEFERRED})

# Names in the trail.
_CHECK: Final = "check"
_DOUBT: Final = "not_understood"


def events_of_changes(changes: Iterable[RecordChange]) -> Iterator[AuditEvent]:
    """Yield the events of changes of the checksum table, at most one per change, in their order.

    A change of only the sequencer or the due date is no event. A change that no deposit and no check made is an event
    dated by the change.
    """
    for change in changes:
        before, after = readable(change.before), readable(change.after)
        if after is not None:
            yield from _event_of(change, before, after)
        elif before is not None:
            yield _deletion(change, before)


def _event_of(change: RecordChange, before: RecordImage | None, after: RecordImage) -> Iterator[AuditEvent]:
    old, new = _told(before, change.before), _told(after, change.after)
    doubt = _doubt(change.after)
    if old == new:
        return
    if before is None and not (after.deposit_date and after.last_check.outcome):
        doubt = doubt or "it does not say when it was deposited, or how that ended"
    altered = before is not None and _altered(before, after, old, new)
    if doubt and (before is None or altered):
        yield _unknown(change, doubt)
    elif _restored(before, after):
        if before is not None and _contradicts(before, after):
            yield _alteration(change, before, after, old, new)
        else:
            yield _restoration(change, before, after)
    elif before is None:
        yield _examined(change, Kind.DEPOSIT, before, after)
    elif altered:
        yield _alteration(change, before, after, old, new)
    else:
        yield _examined(change, _kind(before, after), before, after)


def _restored(before: RecordImage | None, after: RecordImage) -> bool:
    """Tell whether a record was restored; its newest check read nothing then."""
    if before is not None:
        return bool(after.restored_date) and before.restored_date != after.restored_date
    # The service creates a record only with a deposit, which is its newest check.
    return bool(after.restored_date) or after.deposit_date != after.last_check.ended


def _altered(before: RecordImage, after: RecordImage, old: Values, new: Values) -> bool:
    """Tell whether a record was changed in a way that no check changes it."""
    spoiled = old[_DOUBT] or new[_DOUBT]
    # If a check cannot be compared as a whole, only a later one counts as new.
    if old[_CHECK] == new[_CHECK] or (spoiled and after.last_check.ended <= before.last_check.ended):
        return True
    # The service replaces the data of a deposit only for another version, or without a trusted baseline.
    return _same_version(before, after) and before.has_baseline and _deposit(before) != _deposit(after)


def _same_version(before: RecordImage, after: RecordImage) -> bool:
    """Tell whether a deposit or check left a record of the same version; one of the id `null` also has its date."""
    return before.identity == after.identity and (
        before.version_id != NULL_VERSION or before.deposit_date == after.deposit_date
    )


def _contradicts(before: RecordImage, after: RecordImage) -> bool:
    """Tell whether a restored record contradicts the record that it replaced about the same version's bytes.

    A new deposit after the loss of a table has another date than the restored record, and perhaps other algorithms, but
    the same bytes.
    """
    if before.identity != after.identity or not before.has_baseline:
        return False
    same = same_bytes(before.digests, after.digests)
    return not same or (before.size, before.etag) != (after.size, after.etag)


def _kind(before: RecordImage, after: RecordImage) -> Kind:
    if not _same_version(before, after):
        return Kind.REPAIR if _repairs(before, after) else Kind.DEPOSIT
    if not before.has_baseline and after.last_check.outcome in _ENDS_OF_DEPOSITS:
        return Kind.DEPOSIT
    return Kind.RECOVERY if before.failing and after.last_check.success else Kind.CHECK


def _repairs(before: RecordImage, after: RecordImage) -> bool:
    """Tell whether a new version has the bytes that the failing version before it should have had."""
    same = same_bytes(before.digests, after.digests)
    return before.failing and before.has_baseline and after.last_check.success is True and same


def _examined(change: RecordChange, kind: Kind, before: RecordImage | None, after: RecordImage) -> AuditEvent:
    check = after.last_check
    # A repair is compared with the baseline of the version that it replaces, a check with its own.
    baseline = before.digests if kind is Kind.REPAIR and before is not None else after.digests
    against_evidence = kind is Kind.DEPOSIT
    detail = check.message
    if before is not None and not _same_version(before, after):
        detail += f"; in the place of version {before.version_id}"
        detail += f" with the ETag {before.etag}" if before.version_id == after.version_id else ""
    detail += _doubts(change)
    return AuditEvent(
        source_id=change.event_id,
        kind=kind,
        date_time=check.ended,
        ref=change.ref,
        version_id=after.version_id,
        size=after.size,
        expected=_expected_by_evidence(check.comparisons) if against_evidence else baseline,
        computed=check.computed,
        expectation_source=_sources(check.comparisons) if against_evidence else Source.BASELINE.value,
        evidence=check.comparisons,
        outcome=check.outcome,
        detail=detail,
        agent=check.agent,
        bytes_read=check.bytes_read,
        reads=check.reads,
        storage_class=check.storage_class,
    )


def _compared(comparisons: Sequence[Comparison]) -> list[Comparison]:
    return [item for item in comparisons if item.verdict != Verdict.NOT_COMPARED]


def _expected_by_evidence(comparisons: Sequence[Comparison]) -> dict[str, str]:
    whole = [item for item in _compared(comparisons) if not item.evidence.parts]
    # Of two that disagree the mismatch is named: it explains the outcome.
    whole.sort(key=lambda item: item.verdict == Verdict.MISMATCH)
    return {item.evidence.algorithm: item.evidence.expected for item in whole}


def _sources(comparisons: Sequence[Comparison]) -> str:
    return ", ".join(sorted({item.evidence.source for item in _compared(comparisons)})) or NO_EXPECTATION


def _deletion(change: RecordChange, before: RecordImage) -> AuditEvent:
    return _of_record(
        change,
        Kind.DELETION,
        before,
        expected=before.digests,
        detail=f"out of care: the record was removed; its last check ended {_told_check(before)}" + _doubts(change),
    )


def _restoration(change: RecordChange, before: RecordImage | None, after: RecordImage) -> AuditEvent:
    instead = ""
    if before is not None:
        instead = f"; in the place of a record of version {before.version_id} with {_text(before.digests)},"
        instead += f" checked {before.last_check.ended}"
    check = f"its newest check ended {_told_check(after)}"
    return _of_record(
        change,
        Kind.RESTORATION,
        after,
        expected=after.digests,
        detail=f"the record was written back; the deposit is of {after.deposit_date}, {check}{instead}",
    )


def _told_check(record: RecordImage) -> str:
    return f"{record.last_check.ended}: {record.last_check.message}"


def _alteration(change: RecordChange, before: RecordImage, after: RecordImage, old: Values, new: Values) -> AuditEvent:
    told = [f"{name} was {_text(old[name])}, is {_text(new[name])}" for name in old if old[name] != new[name]]
    return _of_record(
        change,
        Kind.ALTERATION,
        after,
        expected=before.digests,
        detail=f"the record was changed by no check: {'; '.join(told)}",
    )


def _told(record: RecordImage | None, image: RecordImage | MalformedRecord | None) -> Values:
    """Return everything in a record that makes a change of it an event, by its names in the trail."""
    if record is None:
        return {}
    check = record.last_check
    return {
        "version_id": record.version_id,
        "size": record.size,
        "etag": record.etag,
        "checksum": record.checksum,
        "checksum_algorithm": record.primary_algorithm,
        "digests": record.digests,
        "success": check.success,
        "outcome": check.outcome,
        "message": check.message,
        "deposit_date": record.deposit_date,
        "last_good_date": record.last_good_date or "",
        "restored_date": record.restored_date,
        _CHECK: {
            "computed": check.computed,
            "evidence": evidence_values(check.comparisons),
            "bytes_read": check.bytes_read,
            "reads": check.reads,
            "storage_class": check.storage_class,
            "started": check.started,
            "ended": check.ended,
            "agent": attrs.asdict(check.agent),
        },
        _DOUBT: _doubt(image),
    }


def _deposit(record: RecordImage) -> tuple[object, ...]:
    """Return what the deposit of a version fixes."""
    return (record.digests, record.checksum, record.primary_algorithm, record.etag, record.size, record.deposit_date)


def _text(value: object) -> str:
    return canonical(value).decode()


def _of_record(
    change: RecordChange, kind: Kind, image: RecordImage, expected: Mapping[str, str], detail: str
) -> AuditEvent:
    """Return the event of a change in which nothing was read."""
    return AuditEvent(
        source_id=change.event_id,
        kind=kind,
        date_time=timestamp(change.at),
        ref=change.ref,
        version_id=image.version_id,
        size=image.size,
        expected=expected,
        expectation_source=Source.BASELINE.value,
        outcome=OUTCOMES[kind],
        detail=detail,
        # The stream does not say who changed the record.
        agent=None,
        storage_class=image.last_check.storage_class,
    )


def _unknown(change: RecordChange, doubt: str) -> AuditEvent:
    happened = "written" if change.before is None else "changed"
    return AuditEvent(
        source_id=change.event_id,
        kind=Kind.UNKNOWN,
        date_time=timestamp(change.at),
        ref=change.ref,
        outcome=OUTCOMES[Kind.UNKNOWN],
        detail=f"change not understood: the record was {happened}; {doubt}",
        agent=None,
    )


def _doubt(image: RecordImage | MalformedRecord | None) -> str:
    return image.problem if isinstance(image, MalformedRecord) else ""


def _doubts(change: RecordChange) -> str:
    found = dict.fromkeys(doubt for doubt in (_doubt(change.before), _doubt(change.after)) if doubt)
    return f"; of the record this was not understood: {'; '.join(found)}" if found else ""
