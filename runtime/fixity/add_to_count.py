"""Count a managed object by its record."""

from runtime.counts import FixityCount
from runtime.fixity.records import RecordState


def add_to_count(count: FixityCount, record: RecordState, *, covered: bool, overdue: bool) -> None:
    """Add an object whose record can be read.

    `covered`: found good, or deposited, within interval and grace, and not harmed since. `overdue`: its check is late
    by more than the grace.
    """
    count.objects += 1
    count.size += record.size
    count.covered += covered
    count.overdue += overdue
    count.never_verified += record.last_good_date is None
    count.failing += record.harmed
    count.disputed += record.disputed
    count.unreplicated += record.lacks_replica
    count.deferred += record.deferred
    # These have their own alarms; as the oldest they would hide all others.
    if record.deferred or record.disputed:
        return
    if count.oldest is None or record.last_sure < count.oldest:
        count.oldest = record.last_sure
