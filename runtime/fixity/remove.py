"""Take an object out of care."""

from runtime.fixity.context import Care, Finding
from runtime.shared.object_ref import ObjectRef


def remove(care: Care, ref: ObjectRef, sequencer: str) -> Finding:
    """Remove record and schedule row, unless a newer event wrote them.

    Args:
        care: ports and policy.
        ref: the object.
        sequencer: order of the newest event that is known to have been before the disappearance, normalised.

    Returns:
        What was done.

    Raises:
        TransientError: a table did not answer.
        RefusedError: a table refused.
    """
    if not care.records.remove(ref, sequencer):
        return Finding(ref=ref, action="a newer event was recorded: nothing changed")
    care.schedule.remove(ref, sequencer)
    return Finding(ref=ref, action="removed from care")
