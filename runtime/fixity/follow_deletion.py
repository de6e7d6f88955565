"""Bring record and schedule in line after something of an object was deleted."""

from runtime.fixity.context import Attempt, Care, Finding
from runtime.fixity.deposit import deposit
from runtime.fixity.remove import remove
from runtime.shared.errors import ObjectAbsentError
from runtime.shared.object_ref import ObjectRef


def after_deletion(care: Care, ref: ObjectRef, sequencer: str, attempt: Attempt) -> Finding:
    """Look at what is current and make the tables say the same.

    Only the disappearance of the current version removes a record: the removal of an old version or of a delete
    marker does not (lesson L02).

    Args:
        care: ports and policy.
        ref: the object.
        sequencer: order of the deletion, normalised.
        attempt: the invocation.

    Returns:
        What was done.

    Raises:
        UnreadableError: the version that is current now could not be read.
        TransientError: S3 or a table did not answer.
        RefusedError: S3 or a table refused.
    """
    try:
        current = care.store.current_version(ref)
    except ObjectAbsentError:
        return remove(care, ref, sequencer)
    record = care.records.get(ref)
    if record is None or record.version_id != current:
        return deposit(care, ref, sequencer, attempt, returned=True)
    if record.sequencer < sequencer:
        care.records.advance(ref, current, sequencer)
    return Finding(ref=ref, action="still current: nothing changed", version_id=current)
