"""Whether a check found the failure that the record already shows."""

from typing import Any, Final

from runtime.fixity.records import FixityRecord, RecordOf, ReportOf
from runtime.fixity.replica import OF_REPLICA, only_replica_fails

# Outcome for people of a check that contradicts nothing but the digest that the depositor sent.
DISPUTED: Final = "depositor-mismatch"


def of_replica_only(check: ReportOf[Any, Any]) -> bool:
    """Tell whether a check failed only because of the replica."""
    return check.success is False and only_replica_fails(check.message)


def told_outcome(check: ReportOf[Any, Any]) -> str:
    """Return the outcome of a check in the words for people: it names what fails if that is not the object itself."""
    if of_replica_only(check):
        return f"{OF_REPLICA}{check.outcome}"
    return DISPUTED if check.disputed else str(check.outcome)


def failure_of(record: RecordOf[Any, Any]) -> tuple[str, tuple[str, str, int], bool, bool]:
    """Return what identifies a failure: outcome, version, and whether only the replica or the depositor's digest fails.

    So damage to an object whose depositor sent a wrong digest is another failure, and news.
    """
    check = record.last_check
    return check.outcome, record.identity, of_replica_only(check), check.disputed


def fails_as_before(before: FixityRecord | None, record: FixityRecord) -> bool:
    """Tell whether the newest check of a record found the failure that the record, as it was before, already shows."""
    return before is not None and before.failing and record.failing and failure_of(before) == failure_of(record)
