"""Compare the replica of a managed object with the baseline (lesson L25)."""

from collections.abc import Sequence

import attrs

from runtime.fixity import evidence as ev
from runtime.fixity import replica
from runtime.fixity.context import Attempt, Care
from runtime.fixity.digests import ALGORITHMS
from runtime.fixity.errors import OutOfTimeError
from runtime.fixity.evidence import Comparison
from runtime.fixity.objects import ObjectFacts, Replication
from runtime.fixity.ports import ObjectStore
from runtime.fixity.records import FixityRecord
from runtime.shared.errors import ObjectAbsentError


@attrs.frozen(kw_only=True)
class Replicas:
    """The replicas, and whether to read them."""

    store: ObjectStore
    read: bool  # read their bytes if their storage class allows it


@attrs.frozen(kw_only=True)
class Checking:
    """What checks need: the main copies and their replicas."""

    care: Care
    replicas: Replicas


def examine_replica(
    care: Care, replicas: Replicas, record: FixityRecord, replication: Replication, attempt: Attempt
) -> tuple[Comparison, ...]:
    """Look at the replica of the managed version; return what was compared, or why nothing was.

    S3's statements about the replica cost one request and work in every storage class. Its bytes are read if the
    settings and the storage class allow it. A mismatch is reported only after a second look (lesson L11).

    Raises:
        ObjectAbsentError: S3 has made the replica, and it is missing.
        UnreadableError: S3 did not answer, or the bytes differ from the baseline and there was no time for a second
        read.
    """
    nothing = replica.not_looked_at(replication)
    if nothing is not None:
        return (nothing,)
    facts, stated = _stated(care, replicas, record)
    if ev.contradictions(stated):
        facts, stated = _stated(care, replicas, record)
    if not replicas.read:
        return stated
    if not replica.can_be_read(facts):
        return (*stated, replica.not_read(f"it lies in {facts.storage_class}"))
    try:
        return (*stated, *_read(care, replicas, record, attempt))
    except OutOfTimeError as error:
        return (*stated, replica.not_read(str(error)))


def _stated(care: Care, replicas: Replicas, record: FixityRecord) -> tuple[ObjectFacts, tuple[Comparison, ...]]:
    """Return what S3 states about the replica, and the comparisons."""
    facts, hidden = _facts(care, replicas, record)
    return facts, (*replica.stated(record.digests, record.size, facts), *hidden)


def _facts(care: Care, replicas: Replicas, record: FixityRecord) -> tuple[ObjectFacts, Sequence[Comparison]]:
    """Return what S3 says about the replica, and whether it is hidden; a current one costs no extra request."""
    ref = replica.replica_of(record.ref)
    try:
        current = replicas.store.facts(ref, None)
    except ObjectAbsentError as error:
        if not error.delete_marker:
            raise
        current = None
    if current is not None and current.version_id == record.version_id:
        return current, ()
    facts = replicas.store.facts(ref, record.version_id)
    try:
        ours = care.current_version(record.ref)
    except ObjectAbsentError:
        # The object was deleted as well; its event is on the way.
        return facts, ()
    if not record.is_of(ours):
        return facts, ()
    return facts, (replica.hidden(record.version_id, "" if current is None else current.version_id),)


def _read(care: Care, replicas: Replicas, record: FixityRecord, attempt: Attempt) -> Sequence[Comparison]:
    # Two reads before a mismatch is reported, also on the last attempt: the object itself is not damaged.
    reader = attrs.evolve(care.reader(attempt), store=replicas.store, last=False)
    examined = reader.examine(
        replica.replica_of(record.ref),
        record.version_id,
        algorithms=[name for name in record.digests if name in ALGORITHMS],
        evidence_of=lambda _: ev.from_baseline(record.digests),
    )
    return replica.as_read(examined.comparisons)
