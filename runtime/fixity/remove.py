"""Stop managing an object."""

from runtime.fixity.context import Care, Finding
from runtime.shared.object_ref import ObjectRef


def remove(care: Care, ref: ObjectRef, sequencer: str) -> Finding:
    """Remove record and schedule row, unless a newer event wrote them.

    The sequencer, normalised, is that of the newest event known to come before the removal.

    Raises:
        TransientError: a table did not answer.
        RefusedError: a table refused.
    """
    if not care.records.remove(ref, sequencer):
        return Finding(ref=ref, action="a newer event was recorded: nothing changed")
    care.schedule.remove(ref, sequencer)
    return Finding(ref=ref, action="removed: no longer managed")
