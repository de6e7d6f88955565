"""Whether a check found the failure that the record already shows."""

from typing import Any

from runtime.fixity.records import CheckReport, FixityRecord, ReportOf
from runtime.fixity.replica import only_replica_fails


def of_replica_only(check: ReportOf[Any, Any]) -> bool:
    """Tell whether a check failed only because of the replica."""
    return check.success is False and only_replica_fails(check.message)


def failure_of(version_id: str, check: ReportOf[Any, Any]) -> tuple[str, str, bool]:
    """Return what identifies a failure: outcome, version, and whether it is the replica's."""
    return check.outcome, version_id, of_replica_only(check)


def fails_as_before(record: FixityRecord | None, report: CheckReport, version_id: str) -> bool:
    """Tell whether a check of a version found the failure that the record, as it was before, already shows."""
    if record is None or not record.failing or report.success is not False:
        return False
    return failure_of(record.version_id, record.last_check) == failure_of(version_id, report)
