"""When a check found the failure that the record shows already."""

from typing import Any

from runtime.fixity.records import CheckReport, FixityRecord, ReportOf
from runtime.fixity.replica import only_replica_fails


def of_replica_only(check: ReportOf[Any, Any]) -> bool:
    """Tell whether a check failed and found nothing wrong but with the replica."""
    return check.success is False and only_replica_fails(check.message)


def failure_of(version_id: str, check: ReportOf[Any, Any]) -> tuple[str, str, bool]:
    """Return what makes a failure: two with the same outcome, of the same version and the same copy, are one."""
    return check.outcome, version_id, of_replica_only(check)


def fails_as_before(record: FixityRecord | None, report: CheckReport, version_id: str) -> bool:
    """Tell whether a check found the failure again that its object's record shows already.

    Args:
        record: the record before the check; None where there was none.
        report: the check.
        version_id: the version that was checked.
    """
    if record is None or not record.failing or report.success is not False:
        return False
    return failure_of(record.version_id, record.last_check) == failure_of(version_id, report)
