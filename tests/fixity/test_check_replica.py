import attrs
import pytest

from runtime.fixity.errors import UnreadableError
from runtime.fixity.evidence import Source, Verdict
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.fixity.replica import only_replica_fails
from runtime.shared.errors import TransientError
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import BODY, REF, World, uploaded, world
from tests.support.fakes import raising
from tests.support.sweep_fakes import state

REPLICA = ObjectRef(f"{REF.bucket}-repl", REF.key)


def _replicated(
    *, read: bool = False, replication: Replication = Replication.COMPLETED, storage_class: str = "STANDARD"
) -> World:
    w = world(read_replicas=read)
    put = w.store.put(REF, BODY, replication=replication)
    w.replica_store.put(REPLICA, BODY, storage_class=storage_class)
    w.deposit(put)
    w.clock.advance(days=90)
    w.store.opened.clear()
    return w


def _of_replica(w: World) -> dict[str, str]:
    comparisons = w.records.items[REF].last_check.comparisons
    sources = {Source.REPLICA, Source.REPLICA_READ}
    return {item.evidence.algorithm: item.verdict for item in comparisons if item.evidence.source in sources}


def test_l25_replica_is_compared_with_the_baseline_without_reading_it() -> None:
    """Size and every digest that S3 states of the replica are compared with the baseline, by one request."""
    w = _replicated(storage_class="DEEP_ARCHIVE")

    finding = w.verify()

    assert (Outcome.MATCH, True) == (finding.outcome, finding.success)
    assert dict.fromkeys(("size in bytes", "md5", "crc64nvme"), Verdict.MATCH) == _of_replica(w)
    assert ([], 1) == (w.replica_store.opened, w.replica_store.heads)


@pytest.mark.parametrize("body", [BODY[:-1], BODY[:-1] + b"!"], ids=["shorter", "other bytes"])
def test_l25_replica_of_other_bytes_is_a_mismatch(body: bytes) -> None:
    """A replica of which S3 states something else than the baseline fails the check, however good the main copy is."""
    w = _replicated()
    w.replica_store.versions.clear()
    w.replica_store._ids = iter([1])  # type: ignore[assignment]
    w.replica_store.put(REPLICA, body)

    finding = w.verify()

    assert (Outcome.MISMATCH, False) == (finding.outcome, finding.success)
    assert "replica, md5: expected" in finding.message
    assert only_replica_fails(finding.message)
    assert 2 == w.replica_store.heads
    assert REF in w.schedule.rows


def test_l25_lost_replica_fails_the_check() -> None:
    """A replica that S3 has made and that is gone is told as such."""
    w = _replicated()
    w.replica_store.versions.clear()

    finding = w.verify()

    assert (Outcome.ABSENT, False) == (finding.outcome, finding.success)
    assert finding.message.startswith("the replica is gone")
    assert only_replica_fails(finding.message)
    assert REF in w.records.items


def _hide_replica(w: World, body: bytes | None) -> None:
    if body is None:
        w.replica_store.delete(REPLICA)
    else:
        w.replica_store.put(REPLICA, body)


@pytest.mark.parametrize(
    ("body", "current"), [(None, "a delete marker"), (b"newer", "v2")], ids=["deletion", "newer version"]
)
def test_l25_a_replica_that_s3_will_remove_fails_the_check(body: bytes | None, current: str) -> None:
    """Where an object was brought back, its replica stays hidden, and a lifecycle rule removes what is hidden."""
    w = _replicated()
    _hide_replica(w, body)

    finding = w.verify()

    assert (Outcome.MISMATCH, False) == (finding.outcome, finding.success)
    assert f"replica, current version: expected v1, computed {current}" == finding.message
    assert only_replica_fails(finding.message)


@pytest.mark.parametrize("body", [None, b"newer"], ids=["deletion", "newer version"])
def test_a_replica_that_is_hidden_like_its_object_is_in_order(body: bytes | None) -> None:
    """What was deleted or overwritten a moment ago is so in both buckets; its event is on the way."""
    w = _replicated()
    _hide_replica(w, body)
    if body is None:
        w.store.delete(REF)
    else:
        w.store.put(REF, body)

    assert Outcome.MATCH is w.verify().outcome


def test_damage_of_the_main_copy_is_told_whatever_keeps_the_replica_from_being_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where S3 does not say whether a hidden replica is in order, what is known of the object is recorded."""
    w = _replicated()
    w.replica_store.delete(REPLICA)
    w.store.damage(REF)

    monkeypatch.setattr(w.store, "current_version", raising(TransientError("SlowDown")))
    finding = w.verify()

    assert (Outcome.MISMATCH, False) == (finding.outcome, finding.success)
    assert "baseline, sha256" in finding.message


def test_l11_a_replica_is_read_twice_before_it_is_said_and_never_called_good_for_want_of_time() -> None:
    """Where no time is left for the second read, the check goes back, and on the last receive is unreadable."""
    w = _replicated(read=True)
    w.replica_store.damage(REPLICA)
    w.replica_store.on_chunk = lambda _: w.clock.advance(seconds=10)

    for receives in (1, 5):
        finding = w.verify(seconds=45, receives=receives, last=receives == 5)
        assert (Outcome.UNREADABLE, True) == (finding.outcome, finding.back_to_queue)

    assert w.records.items[REF].last_check.success is False
    assert only_replica_fails(w.records.items[REF].last_check.message)


def test_damage_of_the_main_copy_comes_before_a_lost_replica() -> None:
    """Where both copies are bad the outcome is that of the main copy."""
    w = _replicated()
    w.replica_store.versions.clear()
    w.store.damage(REF)

    assert Outcome.MISMATCH is w.verify().outcome


@pytest.mark.parametrize(
    ("replication", "reason"),
    [
        (Replication.NONE, "S3 replicates this version to nowhere"),
        (Replication.PENDING, "S3 has not made it yet"),
        (Replication.FAILED, "S3 could not make it"),
    ],
)
def test_replica_that_is_not_there_yet_is_recorded_and_no_failure(replication: Replication, reason: str) -> None:
    """Where S3 has made no replica the record says why nothing was compared."""
    w = _replicated(replication=replication)

    assert Outcome.MATCH is w.verify().outcome
    (said,) = [
        item.evidence.reason
        for item in w.records.items[REF].last_check.comparisons
        if item.evidence.source is Source.REPLICA
    ]
    assert reason == said
    assert 0 == w.replica_store.heads


@pytest.mark.parametrize(
    ("replication", "days", "lacking"),
    [
        (Replication.COMPLETED, 90, False),
        (Replication.PENDING, 0, False),
        (Replication.PENDING, 90, True),
        (Replication.FAILED, 0, True),
        (Replication.NONE, 0, True),
        (Replication.REPLICA, 0, True),
    ],
)
def test_l25_an_object_without_a_replica_is_known_as_such(
    *, replication: Replication, days: int, lacking: bool
) -> None:
    """What S3 says of the replication at deposit and check is on record, so that it can be counted and told."""
    w, put = uploaded(replication=replication)
    w.replica_store.put(REPLICA, BODY)
    w.deposit(put)
    if days:
        w.clock.advance(days=days)
        w.verify()

    record = w.records.items[REF]
    assert replication is record.last_check.replication
    assert lacking == record.lacks_replica == state(record).lacks_replica


def test_l25_bytes_of_the_replica_are_read_where_asked_for() -> None:
    """With reading switched on the bytes are hashed, and damage that S3 does not know of is found in two reads."""
    w = _replicated(read=True)
    assert Outcome.MATCH is w.verify().outcome
    assert [(REPLICA, "v1", False)] == w.replica_store.opened

    w.replica_store.damage(REPLICA)
    finding = w.verify()

    assert (Outcome.MISMATCH, False) == (finding.outcome, finding.success)
    assert "replica as read, sha256: expected" in finding.message
    assert True in [fresh for _, _, fresh in w.replica_store.opened]


def test_archived_replica_is_not_read() -> None:
    """A replica in an archive class is not read: what S3 states of it is compared, and the record says so."""
    w = _replicated(read=True, storage_class="DEEP_ARCHIVE")

    finding = w.verify()

    assert (Outcome.MATCH, []) == (finding.outcome, w.replica_store.opened)
    assert Verdict.NOT_COMPARED is _of_replica(w)["bytes"]


def test_replica_that_does_not_fit_the_time_left_is_not_read() -> None:
    """The check of the main copy stands, and the record says that the replica was not read."""
    w = _replicated(read=True)
    w.replica_store.on_open = lambda _: w.clock.advance(hours=1)

    assert Outcome.MATCH is w.verify().outcome
    assert Verdict.NOT_COMPARED is _of_replica(w)["bytes"]


def test_unreadable_replica_goes_back_to_the_queue_and_then_says_so() -> None:
    """A replica that S3 refuses to describe is no mismatch: it is tried again, and on the last receive recorded."""
    w = _replicated(read=True)
    w.replica_store.on_open = raising(UnreadableError("S3 answered AccessDenied"))
    first = w.verify()
    assert (True, None) == (first.back_to_queue, first.success)

    last = w.verify(receives=5, last=True)

    assert (Outcome.UNREADABLE, False) == (last.outcome, last.success)
    assert "the replica: S3 answered AccessDenied" in last.message
    assert only_replica_fails(last.message)


@pytest.mark.parametrize("gone", [False, True], ids=["refused", "gone"])
def test_damage_is_told_whatever_becomes_of_the_replica(*, gone: bool) -> None:
    """An object that is damaged is told as damaged at once, also where its replica cannot be looked at."""
    w = _replicated(read=True)
    w.store.damage(REF)

    w.replica_store.on_open = raising(UnreadableError("S3 answered AccessDenied"))
    if gone:
        w.replica_store.versions.clear()
    finding = w.verify()

    assert (Outcome.MISMATCH, False, False) == (finding.outcome, finding.success, finding.back_to_queue)
    assert not only_replica_fails(finding.message)
    assert {"presence": Verdict.NOT_COMPARED} == _of_replica(w)


def test_digest_that_s3_keeps_in_another_algorithm_is_no_contradiction() -> None:
    """Where S3 keeps no digest that the baseline holds, only the size is compared, and the record says so."""
    w = _replicated()
    version = w.replica_store.versions[REPLICA][0]
    version.facts = attrs.evolve(version.facts, etag="no-md5", checksums={"sha1": "AAAA"})

    assert Outcome.MATCH is w.verify().outcome
    assert {"size in bytes": Verdict.MATCH, "digests": Verdict.NOT_COMPARED} == _of_replica(w)
