"""Compare the replica of an object under care with the baseline (lesson L25)."""

from collections.abc import Sequence

import attrs

from runtime.fixity import evidence as ev
from runtime.fixity import replica
from runtime.fixity.context import Attempt, Care
from runtime.fixity.digests import KNOWN_ALGORITHMS
from runtime.fixity.errors import OutOfTimeError
from runtime.fixity.evidence import Comparison
from runtime.fixity.objects import ObjectFacts, Replication
from runtime.fixity.ports import ObjectStore
from runtime.fixity.records import FixityRecord
from runtime.shared.errors import ObjectAbsentError


@attrs.frozen(kw_only=True)
class Replicas:
    """The replicas and the policy of looking at them.

    Attributes:
        store: where they are.
        read: whether their bytes are read, where their storage class allows it.
    """

    store: ObjectStore
    read: bool


@attrs.frozen(kw_only=True)
class Checking:
    """What checks need.

    Attributes:
        care: the main copies.
        replicas: their replicas.
    """

    care: Care
    replicas: Replicas


def examine_replica(
    care: Care, replicas: Replicas, record: FixityRecord, replication: Replication, attempt: Attempt
) -> tuple[Comparison, ...]:
    """Look at the replica of the version under care.

    What S3 states of the replica costs one request and works in every storage class. Its bytes are read where the
    policy says so and the storage class allows it. A contradiction is said only after a second look (lesson L11).

    Args:
        care: ports and policy of the main copies.
        replicas: port and policy of their replicas.
        record: the record with the baseline.
        replication: what S3 says of the replication in the answer about the main copy.
        attempt: the invocation.

    Returns:
        What was compared, or why nothing was.

    Raises:
        ObjectAbsentError: S3 has made the replica, and it is not there.
        UnreadableError: S3 did not answer, or the bytes contradict the baseline and no time was left to read them
            again.
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
    """Return what S3 states of the replica, and what became of it."""
    facts, hidden = _facts(care, replicas, record)
    return facts, (*replica.stated(record.digests, record.size, facts), *hidden)


def _facts(care: Care, replicas: Replicas, record: FixityRecord) -> tuple[ObjectFacts, Sequence[Comparison]]:
    """Return what S3 says of the replica, and whether it is hidden. That it is not costs no request of its own."""
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
    if ours != record.version_id:
        return facts, ()
    return facts, (replica.hidden(record.version_id, "" if current is None else current.version_id),)


def _read(care: Care, replicas: Replicas, record: FixityRecord, attempt: Attempt) -> Sequence[Comparison]:
    # Read twice before it is said, also by the last attempt: what one read found of a copy is no damage of the object.
    reader = attrs.evolve(care.reader(attempt), store=replicas.store, last=False)
    examined = reader.examine(
        replica.replica_of(record.ref),
        record.version_id,
        algorithms=[name for name in record.digests if name in KNOWN_ALGORITHMS],
        evidence_of=lambda _: ev.from_baseline(record.digests),
    )
    return replica.as_read(examined.comparisons)
