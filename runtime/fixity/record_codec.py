"""Fixity records as items of the checksum table: the one way to write and read them, whole or in part.

Items are in DynamoDB's own form, `{"S": ...}`, as in tables, streams and exports. Decoding is written out by hand: it
runs for every object of a sweep.
"""

from collections.abc import Mapping
from typing import Any, Final

from runtime.contract import Attribute, CheckAttribute
from runtime.fixity.evidence import Comparison, Evidence, Source, Verdict
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import Agent, CheckReport, FixityRecord, RecordOf, RecordState, ReportOf, ResultOf, StateOf
from runtime.fixity.table_items import Item, key_of, read, ref_of
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import moment_of, timestamp

# What `decode_state` reads; a dot separates an attribute from one inside it.
STATE_ATTRIBUTES: Final = (
    Attribute.BUCKET_NAME,
    Attribute.OBJECT_KEY,
    Attribute.VERSION_ID,
    Attribute.SEQUENCER,
    Attribute.SIZE,
    Attribute.ETAG,
    Attribute.DIGESTS,
    Attribute.DEPOSIT_DATE,
    Attribute.LAST_GOOD_DATE,
    Attribute.NEXT_CHECKSUM_DATE,
    Attribute.LAST_OUTCOME,
    Attribute.LAST_CHECKSUM_MESSAGE,
    Attribute.LAST_CHECKSUM_SUCCESS,
    Attribute.LAST_CHECKSUM_DATE,
    f"{Attribute.LAST_CHECK}.{CheckAttribute.REPLICATION_STATUS}",
)

_EMPTY: Final[Item] = {"M": {}}
# Looking a word up takes a third of the time that an enumeration takes to make its member.
_OUTCOMES: Final = {one.value: one for one in Outcome}
_REPLICATIONS: Final = {one.value: one for one in Replication}
_OF_REPLICA: Final = frozenset({Source.REPLICA.value, Source.REPLICA_READ.value})
_MATCH, _MISMATCH = Verdict.MATCH.value, Verdict.MISMATCH.value


def decode(item: Item) -> FixityRecord | Malformed:
    """Return the record of an item."""
    return read(item, _record)


def decode_state(item: Item) -> RecordState | Malformed:
    """Return what the sweep judges of a record; the item needs only the `STATE_ATTRIBUTES`."""
    return read(item, _state)


def encode(record: FixityRecord) -> dict[str, Any]:
    """Return the whole item of a deposit."""
    item = {
        **key_of(record.ref),
        Attribute.VERSION_ID: {"S": record.version_id},
        Attribute.SIZE: {"N": str(record.size)},
        Attribute.ETAG: {"S": record.etag},
        Attribute.SEQUENCER: {"S": record.sequencer},
        Attribute.DEPOSIT_DATE: {"S": timestamp(record.deposit_date)},
        Attribute.CHECKSUM_ALGORITHM: {"S": record.primary_algorithm},
        Attribute.DIGESTS: {"M": _encode_texts(record.digests)},
        **encode_check(record),
    }
    if record.primary_algorithm in record.digests:
        item[Attribute.CHECKSUM] = {"S": record.digests[record.primary_algorithm]}
    return item


def encode_check(record: FixityRecord) -> dict[str, Any]:
    """Return the attributes that every check writes; those that do not apply are left out."""
    report = record.last_check
    values: dict[str, Any] = {
        Attribute.LAST_CHECKSUM_DATE: {"S": timestamp(report.ended)},
        Attribute.LAST_CHECKSUM_MESSAGE: {"S": report.message},
        Attribute.LAST_OUTCOME: {"S": report.outcome.value},
        Attribute.NEXT_CHECKSUM_DATE: {"S": timestamp(record.next_check)},
        Attribute.LAST_CHECK: {"M": _encode_report(report)},
    }
    if report.success is not None:
        values[Attribute.LAST_CHECKSUM_SUCCESS] = {"BOOL": report.success}
    if record.last_good_date is not None:
        values[Attribute.LAST_GOOD_DATE] = {"S": timestamp(record.last_good_date)}
    return values


def _encode_report(report: CheckReport) -> dict[str, Any]:
    agent = report.agent
    values = {
        CheckAttribute.OUTCOME: {"S": report.outcome.value},
        CheckAttribute.COMPUTED: {"M": _encode_texts(report.computed)},
        CheckAttribute.EVIDENCE: {"L": [{"M": _encode_comparison(comparison)} for comparison in report.comparisons]},
        CheckAttribute.BYTES_READ: {"N": str(report.bytes_read)},
        CheckAttribute.READS: {"N": str(report.reads)},
        CheckAttribute.STORAGE_CLASS: {"S": report.storage_class},
        CheckAttribute.STARTED: {"S": timestamp(report.started)},
        CheckAttribute.ENDED: {"S": timestamp(report.ended)},
        CheckAttribute.AGENT: {
            "M": {
                CheckAttribute.SOFTWARE: {"S": agent.software},
                CheckAttribute.VERSION: {"S": agent.version},
                CheckAttribute.COMMIT: {"S": agent.commit},
                CheckAttribute.FUNCTION: {"S": agent.function},
                CheckAttribute.REQUEST_ID: {"S": agent.request_id},
            }
        },
    }
    if report.replication is not None:
        values[CheckAttribute.REPLICATION_STATUS] = {"S": report.replication.value}
    return values


def _encode_comparison(comparison: Comparison) -> dict[str, Any]:
    evidence = comparison.evidence
    values = {
        CheckAttribute.SOURCE: {"S": str(evidence.source)},
        CheckAttribute.ALGORITHM: {"S": evidence.algorithm},
        CheckAttribute.EXPECTED: {"S": evidence.expected},
        CheckAttribute.VERDICT: {"S": str(comparison.verdict)},
    }
    # Written once if they are equal: recording a check of a good object then costs a third less.
    if comparison.computed != evidence.expected:
        values[CheckAttribute.COMPUTED] = {"S": comparison.computed}
    if evidence.parts:
        values[CheckAttribute.PARTS] = {"N": str(evidence.parts)}
    if evidence.reason:
        values[CheckAttribute.REASON] = {"S": evidence.reason}
    return values


def _encode_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"S": value} for name, value in texts.items()}


def _record(item: Item) -> FixityRecord:
    report = item[Attribute.LAST_CHECK]["M"]
    return RecordOf(
        ref=ref_of(item),
        version_id=item[Attribute.VERSION_ID]["S"],
        size=int(item[Attribute.SIZE]["N"]),
        etag=item[Attribute.ETAG]["S"],
        sequencer=item[Attribute.SEQUENCER]["S"],
        digests=_digests(item),
        primary_algorithm=item[Attribute.CHECKSUM_ALGORITHM]["S"],
        deposit_date=moment_of(item[Attribute.DEPOSIT_DATE]["S"]),
        last_good_date=moment_of(item[Attribute.LAST_GOOD_DATE]["S"]) if Attribute.LAST_GOOD_DATE in item else None,
        next_check=moment_of(item[Attribute.NEXT_CHECKSUM_DATE]["S"]),
        last_check=ReportOf(
            outcome=_outcome(item),
            success=item[Attribute.LAST_CHECKSUM_SUCCESS]["BOOL"] if Attribute.LAST_CHECKSUM_SUCCESS in item else None,
            message=item[Attribute.LAST_CHECKSUM_MESSAGE]["S"],
            comparisons=_comparisons(report),
            computed={name: value["S"] for name, value in report[CheckAttribute.COMPUTED]["M"].items()},
            bytes_read=int(report[CheckAttribute.BYTES_READ]["N"]),
            reads=int(report[CheckAttribute.READS]["N"]),
            storage_class=report[CheckAttribute.STORAGE_CLASS]["S"],
            replication=_replication(item),
            started=moment_of(report[CheckAttribute.STARTED]["S"]),
            ended=moment_of(report[CheckAttribute.ENDED]["S"]),
            agent=_agent(report[CheckAttribute.AGENT]["M"]),
        ),
    )


def _comparisons(report: Item) -> tuple[Comparison, ...]:
    """Return what people read about: contradictions, and what was compared of the replica.

    Nothing is judged by it, so a record without legible evidence is still a record.
    """
    try:
        return tuple(
            _comparison(one["M"])
            for one in report[CheckAttribute.EVIDENCE]["L"]
            if (verdict := one["M"][CheckAttribute.VERDICT]["S"]) == _MISMATCH
            or (verdict == _MATCH and one["M"][CheckAttribute.SOURCE]["S"] in _OF_REPLICA)
        )
    except (KeyError, TypeError, ValueError):
        return ()


def _comparison(values: Item) -> Comparison:
    expected = values[CheckAttribute.EXPECTED]["S"]
    return Comparison(
        evidence=Evidence(
            source=values[CheckAttribute.SOURCE]["S"],
            algorithm=values[CheckAttribute.ALGORITHM]["S"],
            expected=expected,
            parts=int(values[CheckAttribute.PARTS]["N"]) if CheckAttribute.PARTS in values else 0,
        ),
        computed=values[CheckAttribute.COMPUTED]["S"] if CheckAttribute.COMPUTED in values else expected,
        verdict=values[CheckAttribute.VERDICT]["S"],
    )


def _agent(values: Item) -> Agent:
    return Agent(
        software=values[CheckAttribute.SOFTWARE]["S"],
        version=values[CheckAttribute.VERSION]["S"],
        commit=values.get(CheckAttribute.COMMIT, {}).get("S", ""),
        function=values[CheckAttribute.FUNCTION]["S"],
        request_id=values[CheckAttribute.REQUEST_ID]["S"],
    )


def _digests(item: Item) -> dict[str, str]:
    """Return the baseline, in lower case."""
    _refuse_emptied(item)
    return {name: value["S"].lower() for name, value in item[Attribute.DIGESTS]["M"].items()}


def _refuse_emptied(item: Item) -> None:
    """Refuse the record of an object that was found good and has no digests: somebody emptied them (lesson L45).

    A check would have nothing to compare with, and a deposit may not replace a record that was good once.

    Raises:
        ValueError: it is such a record.
    """
    if item.get(Attribute.DIGESTS) == _EMPTY and Attribute.LAST_GOOD_DATE in item:
        raise ValueError(f"{Attribute.DIGESTS} is empty, and {Attribute.LAST_GOOD_DATE} says that the object was good")


def _state(item: Item) -> RecordState:
    _refuse_emptied(item)
    return StateOf(
        ref=ref_of(item),
        version_id=item[Attribute.VERSION_ID]["S"],
        sequencer=item[Attribute.SEQUENCER]["S"],
        size=int(item[Attribute.SIZE]["N"]),
        etag=item[Attribute.ETAG]["S"],
        deposit_date=moment_of(item[Attribute.DEPOSIT_DATE]["S"]),
        last_good_date=moment_of(item[Attribute.LAST_GOOD_DATE]["S"]) if Attribute.LAST_GOOD_DATE in item else None,
        next_check=moment_of(item[Attribute.NEXT_CHECKSUM_DATE]["S"]),
        last_check=ResultOf(
            success=item[Attribute.LAST_CHECKSUM_SUCCESS]["BOOL"] if Attribute.LAST_CHECKSUM_SUCCESS in item else None,
            ended=moment_of(item[Attribute.LAST_CHECKSUM_DATE]["S"]),
            replication=_replication(item),
            outcome=_outcome(item),
            message=item.get(Attribute.LAST_CHECKSUM_MESSAGE, {}).get("S", ""),
        ),
    )


def _outcome(item: Item) -> Outcome:
    text = item[Attribute.LAST_OUTCOME]["S"]
    return _OUTCOMES.get(text) or Outcome(text)


def _replication(item: Item) -> Replication | None:
    said = item.get(Attribute.LAST_CHECK, {}).get("M", {}).get(CheckAttribute.REPLICATION_STATUS)
    return None if said is None else _REPLICATIONS.get(said["S"]) or Replication(said["S"])
