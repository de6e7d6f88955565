"""Count a managed object by its record."""

from runtime.counts import FixityCount
from runtime.fixity.records import RecordState


def add_to_count(count: FixityCount, record: RecordState, *, covered: bool, overdue: bool) -> None:
    """Add an object whose record can be read.

    `covered`: found good, or deposited, within interval and grace, and not failing since. `overdue`: its check is late
    by more than the grace.
    """
    count.objects += 1
    count.size += record.size
    count.covered += covered
    count.overdue += overdue
    count.never_verified += record.last_good_date is None
    count.failing += record.failing
    count.unreplicated += record.lacks_replica
    # Deferred objects have their own alarm; as the oldest they would hide all others.
    if record.deferred:
        count.deferred += 1
    elif count.oldest is None or record.last_sure < count.oldest:
        count.oldest = record.last_sure
