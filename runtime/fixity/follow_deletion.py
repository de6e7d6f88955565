"""Update record and schedule after a deletion."""

from runtime.fixity.context import Attempt, Care, Finding
from runtime.fixity.deposit import deposit
from runtime.fixity.remove import remove
from runtime.shared.errors import ObjectAbsentError
from runtime.shared.object_ref import ObjectRef


def after_deletion(care: Care, ref: ObjectRef, sequencer: str, attempt: Attempt) -> Finding:
    """Ask S3 which version is current and update the tables.

    The record is removed only if no version is current: the removal of an old version or of a delete marker leaves it
    (lesson L02). The sequencer is that of the deletion, normalised.

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
    if record is None or not record.is_of(current):
        return deposit(care, ref, sequencer, attempt, returned=True)
    if record.sequencer < sequencer:
        care.records.advance(ref, current.id, sequencer)
    return Finding(ref=ref, action="still current: nothing changed", version_id=current.id)
