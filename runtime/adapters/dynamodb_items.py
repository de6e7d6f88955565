"""How values of the domain are written as DynamoDB items, and read back."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code
from runtime.contract import Attribute, CheckAttribute
from runtime.fixity.evidence import Comparison
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import Agent, CheckReport, FixityRecord
from runtime.fixity.schedule import ScheduleRow
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import instant, moment_of

Item = Mapping[str, Any]
T = TypeVar("T")
_MOST_CHARACTERS: Final = 200
_TYPES: Final = frozenset({"S", "N", "M", "L", "BOOL"})


def key_of(ref: ObjectRef) -> dict[str, Any]:
    """Return the primary key of an object in both tables."""
    return {Attribute.BUCKET_NAME: {"S": ref.bucket}, Attribute.OBJECT_KEY: {"S": ref.key}}


def ref_of(item: Item) -> ObjectRef:
    """Return the object of an item of either table."""
    return ObjectRef(item[Attribute.BUCKET_NAME]["S"], item[Attribute.OBJECT_KEY]["S"])


def read(item: Item, parse: Callable[[Item], T]) -> T | Malformed:
    """Return what an item holds, or what is wrong with it.

    Args:
        item: the item, which always has its key.
        parse: reads it; a KeyError, TypeError or ValueError says that it cannot be read.
    """
    try:
        return parse(item)
    except KeyError as error:
        name = str(error.args[0])
        problem = f"an attribute is not of type {name}" if name in _TYPES else f"the attribute {name} is missing"
    except (TypeError, ValueError) as error:
        problem = f"an attribute has a value that it cannot have: {error}"
    return Malformed(ref=ref_of(item), problem=problem[:_MOST_CHARACTERS])


def refused(error: ClientError) -> bool:
    """Tell whether a write was refused by its condition."""
    return error_code(error) == "ConditionalCheckFailedException"


def check_values(record: FixityRecord) -> dict[str, Any]:
    """Return the attributes that every check writes; those that do not apply are left out."""
    report = record.last_check
    values: dict[str, Any] = {
        Attribute.LAST_CHECKSUM_DATE: {"S": instant(report.ended)},
        Attribute.LAST_CHECKSUM_MESSAGE: {"S": report.message},
        Attribute.LAST_OUTCOME: {"S": report.outcome.value},
        Attribute.NEXT_CHECKSUM_DATE: {"S": instant(record.next_check)},
        Attribute.LAST_CHECK: {"M": _report(report)},
    }
    if report.success is not None:
        values[Attribute.LAST_CHECKSUM_SUCCESS] = {"BOOL": report.success}
    if record.last_good_date is not None:
        values[Attribute.LAST_GOOD_DATE] = {"S": instant(record.last_good_date)}
    return values


def item_of(record: FixityRecord) -> dict[str, Any]:
    """Return the whole item of a deposit."""
    item = {
        **key_of(record.ref),
        Attribute.VERSION_ID: {"S": record.version_id},
        Attribute.SIZE: {"N": str(record.size)},
        Attribute.ETAG: {"S": record.etag},
        Attribute.SEQUENCER: {"S": record.sequencer},
        Attribute.DEPOSIT_DATE: {"S": instant(record.deposit_date)},
        Attribute.CHECKSUM_ALGORITHM: {"S": record.primary_algorithm},
        Attribute.DIGESTS: {"M": {name: {"S": value} for name, value in record.digests.items()}},
        **check_values(record),
    }
    if record.primary_algorithm in record.digests:
        item[Attribute.CHECKSUM] = {"S": record.digests[record.primary_algorithm]}
    return item


def record_of(item: Item) -> FixityRecord:
    """Return the record that an item holds."""
    report = item[Attribute.LAST_CHECK]["M"]
    return FixityRecord(
        ref=ref_of(item),
        version_id=item[Attribute.VERSION_ID]["S"],
        size=int(item[Attribute.SIZE]["N"]),
        etag=item[Attribute.ETAG]["S"],
        sequencer=item[Attribute.SEQUENCER]["S"],
        digests={name: value["S"] for name, value in item[Attribute.DIGESTS]["M"].items()},
        primary_algorithm=item[Attribute.CHECKSUM_ALGORITHM]["S"],
        deposit_date=moment_of(item[Attribute.DEPOSIT_DATE]["S"]),
        last_good_date=moment_of(item[Attribute.LAST_GOOD_DATE]["S"]) if Attribute.LAST_GOOD_DATE in item else None,
        next_check=moment_of(item[Attribute.NEXT_CHECKSUM_DATE]["S"]),
        last_check=CheckReport(
            outcome=Outcome(item[Attribute.LAST_OUTCOME]["S"]),
            success=item[Attribute.LAST_CHECKSUM_SUCCESS]["BOOL"] if Attribute.LAST_CHECKSUM_SUCCESS in item else None,
            message=item[Attribute.LAST_CHECKSUM_MESSAGE]["S"],
            computed={name: value["S"] for name, value in report[CheckAttribute.COMPUTED]["M"].items()},
            bytes_read=int(report[CheckAttribute.BYTES_READ]["N"]),
            reads=int(report[CheckAttribute.READS]["N"]),
            storage_class=report[CheckAttribute.STORAGE_CLASS]["S"],
            replication=replication_of(item),
            started=moment_of(report[CheckAttribute.STARTED]["S"]),
            ended=moment_of(report[CheckAttribute.ENDED]["S"]),
            agent=Agent(
                software=report[CheckAttribute.AGENT]["M"][CheckAttribute.SOFTWARE]["S"],
                version=report[CheckAttribute.AGENT]["M"][CheckAttribute.VERSION]["S"],
                commit=report[CheckAttribute.AGENT]["M"].get(CheckAttribute.COMMIT, {}).get("S", ""),
                function=report[CheckAttribute.AGENT]["M"][CheckAttribute.FUNCTION]["S"],
                request_id=report[CheckAttribute.AGENT]["M"][CheckAttribute.REQUEST_ID]["S"],
            ),
        ),
    )


def schedule_item_of(row: ScheduleRow) -> dict[str, Any]:
    """Return the item of a schedule row."""
    return {
        **key_of(row.ref),
        Attribute.TTL: {"N": str(row.ttl)},
        Attribute.NEXT_CHECKSUM_DATE: {"S": instant(row.due)},
        Attribute.VERSION_ID: {"S": row.version_id},
        Attribute.SEQUENCER: {"S": row.sequencer},
    }


def row_of(item: Item) -> ScheduleRow:
    """Return the schedule row that an item holds."""
    return ScheduleRow(
        ref=ref_of(item),
        version_id=item[Attribute.VERSION_ID]["S"],
        sequencer=item[Attribute.SEQUENCER]["S"],
        due=moment_of(item[Attribute.NEXT_CHECKSUM_DATE]["S"]),
    )


def replication_of(item: Item) -> Replication | None:
    """Return what S3 said of the replication at the newest check, None where it was not asked."""
    said = item.get(Attribute.LAST_CHECK, {}).get("M", {}).get(CheckAttribute.REPLICATION_STATUS)
    return None if said is None else Replication(said["S"])


def _report(report: CheckReport) -> dict[str, Any]:
    values = {
        CheckAttribute.OUTCOME: {"S": report.outcome.value},
        CheckAttribute.COMPUTED: {"M": {name: {"S": value} for name, value in report.computed.items()}},
        CheckAttribute.EVIDENCE: {"L": [{"M": _comparison(comparison)} for comparison in report.comparisons]},
        CheckAttribute.BYTES_READ: {"N": str(report.bytes_read)},
        CheckAttribute.READS: {"N": str(report.reads)},
        CheckAttribute.STORAGE_CLASS: {"S": report.storage_class},
        CheckAttribute.STARTED: {"S": instant(report.started)},
        CheckAttribute.ENDED: {"S": instant(report.ended)},
        CheckAttribute.AGENT: {
            "M": {
                CheckAttribute.SOFTWARE: {"S": report.agent.software},
                CheckAttribute.VERSION: {"S": report.agent.version},
                CheckAttribute.COMMIT: {"S": report.agent.commit},
                CheckAttribute.FUNCTION: {"S": report.agent.function},
                CheckAttribute.REQUEST_ID: {"S": report.agent.request_id},
            }
        },
    }
    if report.replication is not None:
        values[CheckAttribute.REPLICATION_STATUS] = {"S": report.replication.value}
    return values


def _comparison(comparison: Comparison) -> dict[str, Any]:
    evidence = comparison.evidence
    values = {
        CheckAttribute.SOURCE: {"S": evidence.source.value},
        CheckAttribute.ALGORITHM: {"S": evidence.algorithm},
        CheckAttribute.EXPECTED: {"S": evidence.expected},
        CheckAttribute.VERDICT: {"S": comparison.verdict.value},
    }
    # Said once where they are equal: a check of a sound object then costs a third less to record.
    if comparison.computed != evidence.expected:
        values[CheckAttribute.COMPUTED] = {"S": comparison.computed}
    if evidence.parts:
        values[CheckAttribute.PARTS] = {"N": str(evidence.parts)}
    if evidence.reason:
        values[CheckAttribute.REASON] = {"S": evidence.reason}
    return values
