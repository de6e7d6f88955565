import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.fixity.deposit import deposit
from runtime.fixity.due_check import DueCheck
from runtime.fixity.follow_deletion import after_deletion
from runtime.fixity.verify import verify
from runtime.shared.errors import TransientError
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import World, attempt, world
from tests.support.fakes import Happening

_REFS = (ObjectRef("b", "one"), ObjectRef("b", "two"))
_CHANGES = st.lists(
    st.tuples(st.sampled_from(_REFS), st.sampled_from(["put", "delete", "undelete", "delete old"])),
    min_size=1,
    max_size=12,
)


def _change(w: World, ref: ObjectRef, what: str) -> Happening | None:
    versions = w.store.versions.get(ref, [])
    if what == "put":
        return w.store.put(ref, f"body {len(versions)}".encode())
    if what == "delete":
        return w.store.delete(ref)
    if what == "undelete" and versions and versions[-1].marker:
        return w.store.delete_version(ref, -1)
    if what == "delete old" and len(versions) > 1:
        return w.store.delete_version(ref, 0)
    return None


def _deliver(w: World, happening: Happening) -> None:
    if happening.kind == "created":
        try:
            deposit(w.care, happening.ref, happening.sequencer, attempt(w.clock))
        except TransientError:
            # Nothing there and no delete marker: it comes again.
            deposit(w.care, happening.ref, happening.sequencer, attempt(w.clock, receives=2))
    else:
        after_deletion(w.care, happening.ref, happening.sequencer, attempt(w.clock))


def _assert_tables_tell_the_truth(w: World) -> None:
    for ref in _REFS:
        versions = w.store.versions.get(ref, [])
        current = versions[-1] if versions and not versions[-1].marker else None
        record, row = w.records.items.get(ref), w.schedule.rows.get(ref)
        if current is None:
            assert (None, None) == (record, row)
        else:
            assert record is not None
            assert row is not None
            assert (current.version_id, current.version_id) == (record.version_id, row.version_id)
            assert record.last_check.success
            assert record.next_check == row.due


@given(changes=_CHANGES, seed=st.integers(0, 2**32))
@settings(max_examples=300)
def test_l07_any_order_and_duplication_ends_in_the_same_tables(changes: list[tuple[ObjectRef, str]], seed: int) -> None:
    """However late, often and mixed up the events come, the tables say what is current."""
    w, chance = world(), random.Random(seed)  # noqa: S311 (an order, not a secret)
    waiting: list[Happening] = []
    for ref, what in changes:
        happening = _change(w, ref, what)
        waiting += [happening] * chance.randint(1, 3) if happening else []
        while waiting and chance.random() < 0.5:
            # Delivered while more changes follow; sometimes delivered again later.
            chosen = chance.choice(waiting)
            _deliver(w, chosen)
            if waiting.count(chosen) > 1:
                waiting.remove(chosen)
    chance.shuffle(waiting)
    for happening in waiting:
        _deliver(w, happening)

    _assert_tables_tell_the_truth(w)


@given(changes=_CHANGES, seed=st.integers(0, 2**32))
@settings(max_examples=200)
def test_l06_workers_that_overtake_each_other_end_in_the_same_tables(
    changes: list[tuple[ObjectRef, str]], seed: int
) -> None:
    """A worker that stalls between its read and its write, while changes and their events pass by, does no harm."""
    w, chance = world(), random.Random(seed)  # noqa: S311 (an order, not a secret)
    rest = list(changes)

    def next_change() -> None:
        happening = _change(w, *rest.pop(0))
        if happening:
            _deliver(w, happening)
            if chance.random() < 0.5:
                _deliver(w, happening)

    def stall(call: str) -> None:
        if call in {"deposit", "record_check"} and rest and chance.random() < 0.6:
            # Long enough for a deposit to look whether its object was deleted meanwhile.
            w.clock.advance(seconds=1)
            next_change()

    w.records.before = stall
    while rest:
        next_change()
        if chance.random() < 0.3:
            verify(w.care, w.replicas, DueCheck(chance.choice(_REFS)), attempt(w.clock))

    _assert_tables_tell_the_truth(w)


def test_l25_what_a_deletion_brought_back_is_checked_soon() -> None:
    """Its replica is hidden and will be removed within weeks, so the look at it must not wait for half a year."""
    w, ref = world(), _REFS[0]
    _deliver(w, w.store.put(ref, b"one"))
    _deliver(w, w.store.delete(ref))
    assert {} == w.records.items

    _deliver(w, w.store.delete_version(ref, 1))

    row, now = w.schedule.rows[ref], w.clock.now()
    assert now + timedelta(days=1) <= row.due <= now + timedelta(days=1.5)
    assert row.due == w.records.items[ref].next_check
