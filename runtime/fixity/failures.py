"""Whether a check found the failure that the record already shows."""

from typing import Any

from runtime.fixity.records import FixityRecord, RecordOf, ReportOf
from runtime.fixity.replica import only_replica_fails


def of_replica_only(check: ReportOf[Any, Any]) -> bool:
    """Tell whether a check failed only because of the replica."""
    return check.success is False and only_replica_fails(check.message)


def failure_of(record: RecordOf[Any, Any]) -> tuple[str, tuple[str, str, int], bool]:
    """Return what identifies a failure: outcome, version, and whether it is the replica's."""
    return record.last_check.outcome, record.identity, of_replica_only(record.last_check)


def fails_as_before(before: FixityRecord | None, record: FixityRecord) -> bool:
    """Tell whether the newest check of a record found the failure that the record, as it was before, already shows."""
    return before is not None and before.failing and record.failing and failure_of(before) == failure_of(record)
