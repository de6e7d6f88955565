"""When a check found the failure that the record shows already."""

from collections.abc import Mapping

import attrs

from runtime.fixity.records import CheckReport, FixityRecord
from runtime.fixity.replica import only_replica_fails


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


def same_failure(before: RecordState, now: RecordState) -> bool:
    """Tell whether two states of a record show one failure: same outcome, same version, same copy."""

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
    return same_failure(_state(record.version_id, record.last_check), _state(version_id, report))


def _state(version_id: str, report: CheckReport) -> RecordState:
    return RecordState(
        version_id=version_id, success=report.success, outcome=report.outcome.value, message=report.message
    )
