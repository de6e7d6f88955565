import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from runtime.fixity.check_replica import Checking
from runtime.fixity.context import Care
from runtime.fixity.errors import UnreadableError
from runtime.fixity.sequencer import normalised
from runtime.handlers import checksum_verification, file_deleted, file_uploaded
from runtime.settings import DepositSettings, RemovalSettings, VerificationSettings
from runtime.shared.object_ref import ObjectRef
from runtime.sweep.judge import ListedObject, Unrecorded
from runtime.sweep.slices import Sweep
from tests.support.builders import NOW, REF, FakeContext, World, fixity_settings, s3_event, sqs_event, world
from tests.support.captured import captured, form
from tests.support.fakes import Happening, raising
from tests.support.published import published

Handle = Callable[..., dict[str, Any]]
BOTH = pytest.mark.parametrize("handle", [file_uploaded.handle, file_deleted.handle], ids=["uploaded", "deleted"])
ALL = pytest.mark.parametrize(
    "handle",
    [file_uploaded.handle, file_deleted.handle, checksum_verification.handle],
    ids=["uploaded", "deleted", "verification"],
)


@pytest.fixture
def w() -> World:
    return world()


def _checking(w: World) -> Checking:
    care = attrs.evolve(w.care, settings=fixity_settings(VerificationSettings))
    return Checking(care=care, replicas=w.replicas)


def _deps(handle: Handle, w: World) -> Care | Checking:
    if handle is checksum_verification.handle:
        return _checking(w)
    kind = DepositSettings if handle is file_uploaded.handle else RemovalSettings
    return attrs.evolve(w.care, settings=fixity_settings(kind))


def _run(handle: Handle, w: World, *bodies: str, receives: int = 1) -> list[str]:
    answer = handle(sqs_event(*bodies, receives=receives), FakeContext(), _deps(handle, w))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_batch_of_uploads_is_deposited(w: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Every object of a batch gets its record; outcomes, failures and bytes become metrics."""
    refs = [ObjectRef("acme-test-letters", f"letter {n}") for n in range(10)]
    bodies = [s3_event(w.store.put(ref, b"12345")) for ref in refs]

    assert [] == _run(file_uploaded.handle, w, *bodies)
    assert set(refs) == set(w.records.items)
    assert [("file-uploaded", {"OutcomeMatch": 10, "FailedChecks": 0, "BytesVerified": 50})] == published(capsys)


def test_l30_captured_events_lead_to_care_and_out_of_it(w: World) -> None:
    """An upload, a deletion that hides it, and one for good, as they arrived in queues, do what they are for."""
    created, hidden, deleted = (captured(f"object_{name}") for name in ("created", "hidden", "deleted"))
    ref = ObjectRef("demo-local-captured", "box 1/letter ä+%20.txt")
    w.store.put(ref, b"newer")

    assert [] == _run(file_uploaded.handle, w, json.dumps(created))
    assert normalised(created["detail"]["object"]["sequencer"]) == w.records.items[ref].sequencer
    assert [] == _run(file_deleted.handle, w, json.dumps(deleted))
    assert [ref] == list(w.records.items)

    w.store.delete(ref)
    assert [] == _run(file_deleted.handle, w, json.dumps(hidden))
    # What S3 announced later was told first, so the older deletion changes nothing.
    assert [ref] == list(w.records.items)
    assert [] == _run(file_deleted.handle, w, json.dumps(deleted))
    assert {} == w.records.items


@pytest.mark.parametrize(
    ("name", "kind"), [("object_created", "created"), ("object_deleted", "deleted")], ids=["created", "deleted"]
)
def test_l30_events_that_tests_build_have_the_form_of_captured_ones(name: str, kind: str) -> None:
    """What the tests hand to handlers is made of what arrives."""
    built = json.loads(s3_event(Happening(kind, REF, "v1", "00AA")))

    assert form(captured(name)) == form(built)


def test_what_a_sweep_found_without_a_record_is_read_once(w: World) -> None:
    """The message of a sweep leads to a deposit; the same of the next sweep, which waited with it, to nothing more."""
    w.store.put(REF, b"12345")
    one = ListedObject(ref=REF, size=5, etag="e", modified=NOW)
    bodies = [json.dumps(Unrecorded(sweep=Sweep(NOW + timedelta(days=day)), listed=one).message) for day in (0, 1)]

    assert [] == [failed for body in bodies for failed in _run(file_uploaded.handle, w, body)]
    assert ([REF], 1) == (list(w.records.items), len(w.store.opened))


@pytest.mark.parametrize("key", ["a b", "a+b", "100%", "%41", "ä/ö", 'it\'s "quoted"', "日本", "a\nb", "&<>"])
def test_l20_keys_are_taken_as_they_are(w: World, key: str) -> None:
    """EventBridge does not URL-encode keys, so nothing is decoded."""
    ref = ObjectRef("acme-test-letters", key)

    _run(file_uploaded.handle, w, s3_event(w.store.put(ref, b"x")))

    assert [ref] == list(w.records.items)


@BOTH
def test_one_slow_or_broken_object_does_not_fail_the_others(w: World, handle: Handle) -> None:
    """Only the message of the object that could not be read goes back to the queue."""
    good, bad = ObjectRef("b", "good"), ObjectRef("b", "bad")
    events = [s3_event(w.store.put(ref, b"x")) for ref in (good, bad)]

    def broken(_: int) -> None:
        if w.store.opened[-1][0] == bad:
            raise UnreadableError("S3 answered SlowDown")

    w.store.on_open = broken
    assert ["m1"] == _run(handle, w, *events)
    assert [good] == list(w.records.items)


@ALL
@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "{}",
        '{"detail": 1}',
        '{"bucket": 1, "key": "k"}',
        '{"bucket": "b", "key": ""}',
        '{"bucket": "b", "key": "k", "version_id": 7}',
        '{"bucket": "b", "key": "k", "outdated": "yes"}',
    ],
)
def test_poison_message_goes_back_and_harms_nobody(w: World, handle: Handle, body: str) -> None:
    """A message of another form is handed back for the dead-letter queue, the others are worked on."""
    assert ["m0"] == _run(handle, w, body)
    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_poison_message_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The log says in one line what was got and what is allowed."""
    _run(checksum_verification.handle, world(), "{}")

    assert ["MalformedMessageError: got bucket None and key None; allowed:"] == [
        line.__dict__["reason"].partition(" {")[0] for line in caplog.records
    ]


def test_l28_folder_markers_are_not_even_read(w: World) -> None:
    """The event of a folder marker costs no request."""
    marker = ObjectRef("b", "folder/")

    _run(file_uploaded.handle, w, s3_event(w.store.put(marker, b""), size=0))

    assert [] == w.store.opened


def test_l02_expiry_of_an_old_version_keeps_the_object_under_care(w: World) -> None:
    """Only the disappearance of the current version removes a record."""
    _run(file_uploaded.handle, w, s3_event(w.store.put(REF, b"old")), s3_event(w.store.put(REF, b"new")))

    _run(file_deleted.handle, w, s3_event(w.store.delete_version(REF, 0)))

    assert ["v2"] == [record.version_id for record in w.records.items.values()]
    assert [REF] == list(w.schedule.rows)


def test_delete_removes_record_and_row(w: World) -> None:
    """A delete marker takes the object out of care."""
    _run(file_uploaded.handle, w, s3_event(w.store.put(REF, b"x")))

    _run(file_deleted.handle, w, s3_event(w.store.delete(REF)))

    assert ({}, {}) == (w.records.items, w.schedule.rows)


def test_undelete_takes_the_object_under_care_again(w: World) -> None:
    """Removing a delete marker deposits the version that is current again."""
    _run(file_uploaded.handle, w, s3_event(w.store.put(REF, b"x")))
    _run(file_deleted.handle, w, s3_event(w.store.delete(REF)))

    _run(file_deleted.handle, w, s3_event(w.store.delete_version(REF, -1)))

    assert ["v1"] == [record.version_id for record in w.records.items.values()]


def test_removal_of_the_current_version_deposits_the_one_below(w: World) -> None:
    """When the newest version is removed for good, the version below it is taken under care."""
    _run(file_uploaded.handle, w, s3_event(w.store.put(REF, b"old")), s3_event(w.store.put(REF, b"new")))

    _run(file_deleted.handle, w, s3_event(w.store.delete_version(REF, -1)))

    assert ["v1"] == [record.version_id for record in w.records.items.values()]


def _due(ref: ObjectRef, version_id: str | None) -> str:
    return json.dumps({"bucket": ref.bucket, "key": ref.key, "version_id": version_id})


def _under_care() -> World:
    w = world()
    _run(file_uploaded.handle, w, s3_event(w.store.put(REF, b"12345")))
    return w


@pytest.mark.parametrize("body", [_due(REF, "v1"), _due(REF, None), json.dumps({"bucket": REF.bucket, "key": REF.key})])
def test_check_can_be_asked_for(body: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A message with or without a version has the object checked."""
    w = _under_care()
    capsys.readouterr()

    assert [] == _run(checksum_verification.handle, w, body)
    assert [("checksum-verification", {"OutcomeMatch": 1, "FailedChecks": 0, "BytesVerified": 5})] == published(capsys)


def test_mismatch_is_a_failed_check_and_no_failed_message(capsys: pytest.CaptureFixture[str]) -> None:
    """Damage is recorded and counted; the message is done with."""
    w = _under_care()
    w.store.damage(REF)
    capsys.readouterr()

    assert [] == _run(checksum_verification.handle, w, _due(REF, "v1"))
    assert [("checksum-verification", {"OutcomeMismatch": 1, "FailedChecks": 1, "BytesVerified": 10})] == published(
        capsys
    )


def test_l57_a_depositors_wrong_digest_is_no_failed_check(w: World, capsys: pytest.CaptureFixture[str]) -> None:
    """It counts as a mismatch, and raises no alarm of damage."""
    put = w.store.put(REF, b"12345", depositor={"sha256": "0" * 64})

    assert [] == _run(file_uploaded.handle, w, s3_event(put))
    assert [("file-uploaded", {"OutcomeMismatch": 1, "FailedChecks": 0, "BytesVerified": 10})] == published(capsys)


@pytest.mark.parametrize(("receives", "failed"), [(1, 0), (2, 0), (3, 1)])
def test_unreadable_object_goes_back_until_the_queue_sets_it_aside(
    receives: int, failed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unreadable object is a failed check only on the last receive, and its message goes back each time."""
    w = _under_care()

    w.store.on_open = raising(UnreadableError("S3 answered AccessDenied"))
    capsys.readouterr()

    assert ["m0"] == _run(checksum_verification.handle, w, _due(REF, "v1"), receives=receives)
    assert [("checksum-verification", {"OutcomeUnreadable": 1, "FailedChecks": failed})] == published(capsys)


def test_l10_deferred_object_has_its_own_log_line_and_metric(
    w: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """An object that is too large for the time left shows in the log and in a metric, and not as a failure."""
    put = w.store.put(REF, b"x" * 100_000)

    assert [] == _run(file_uploaded.handle, w, s3_event(put))
    assert [("file-uploaded", {"OutcomeDeferred": 1, "FailedChecks": 0})] == published(capsys)
    assert ["deferred"] == [line.message for line in caplog.records]


def test_l07_duplicates_within_a_batch_change_nothing(w: World) -> None:
    """The same event ten times in one batch, worked on at the same time, gives one record and one row."""
    event = s3_event(w.store.put(REF, b"x"))

    assert [] == _run(file_uploaded.handle, w, *[event] * 10)
    assert ([REF], [REF]) == (list(w.records.items), list(w.schedule.rows))


def test_event_without_id_or_with_a_strange_sequencer_is_poison(w: World) -> None:
    """An S3 event that lacks what ordering needs is handed back, not guessed at."""
    event: dict[str, Any] = json.loads(s3_event(Happening("created", REF, "v1", "00AA")))
    event["detail"]["object"]["sequencer"] = "not hexadecimal"

    assert ["m0"] == _run(file_uploaded.handle, w, json.dumps(event))


def test_object_asked_for_twice_is_read_once(w: World) -> None:
    """A message that SQS took before the last check began has its answer; one that came later has not."""
    put = w.store.put(REF, b"12345")
    _run(file_uploaded.handle, w, s3_event(put))
    w.store.opened.clear()
    event = sqs_event(_due(REF, "v1"))
    for seconds in (-1, 1):
        sent = w.clock.now() + timedelta(seconds=seconds)
        event["Records"][0]["attributes"]["SentTimestamp"] = str(int(sent.timestamp() * 1000))
        checksum_verification.handle(event, FakeContext(), _checking(w))
        assert max(0, seconds) == len(w.store.opened)
