import re

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.alerts.changes import Announcement, Kind
from runtime.alerts.message import compose
from runtime.fixity.evidence import Comparison, Evidence, Source
from runtime.fixity.failures import DISPUTED
from runtime.fixity.outcome import Outcome
from runtime.shared.object_ref import ObjectRef
from runtime.shared.wording import FAILURES
from tests.support.hostile import HOSTILE_TEXTS
from tests.support.record_images import changed, image

SNS_BYTES = 262_144
RUNBOOK = "https://example.org/runbook"


def _failure(key: str = "letter.txt", message: str = "baseline, sha256: expected aa, computed bb") -> Announcement:
    state = image(
        version_id="v1",
        success=False,
        outcome=Outcome.MISMATCH,
        message=message,
        last_good_date="2026-02-01T12:00:00.000Z",
        next_check="2026-03-02T12:00:00.000Z",
    )
    return Announcement(kind=Kind.FAILURE, ref=ObjectRef("acme-test-letters", key), before=None, now=state)


def _disputed(key: str = "a") -> Announcement:
    return _failure(key, "depositor's metadata, sha256: expected aa, computed bb")


def _recovery(version_id: str = "v1") -> Announcement:
    before = image(version_id="v1", success=False, outcome=Outcome.MISMATCH)
    now = image(version_id=version_id, success=True, outcome=Outcome.MATCH, message="ok")
    return Announcement(kind=Kind.RECOVERY, ref=ObjectRef("acme-test-letters", "map.tif"), before=before, now=now)


def test_message_tells_people_all_they_need() -> None:
    """Environment, count, and per object what, where, since when, and what to do."""
    message = compose("prod", [_failure("box 1/letter ä.txt")], RUNBOOK)

    assert "[DuraCloud prod] 1 object failed the check" == message.subject
    assert [
        "DuraCloud, environment prod: 1 object failed the check.",
        "",
        "1. FAILED - damaged: its content is not what it should be (read again to be sure where there was time)",
        "   Bucket:     acme-test-letters",
        '   Key:        "box 1/letter ä.txt"',
        "   Version:    v1",
        "   Outcome:    mismatch",
        "   Message:    baseline, sha256: expected aa, computed bb",
        "   Last good:  2026-02-01T12:00:00.000Z",
        "   Next check: 2026-03-02T12:00:00.000Z",
        "",
        "What to do",
        "  Follow the runbook: https://example.org/runbook#failed-checks",
    ] == message.body.splitlines()[:13]
    assert "do not delete or overwrite an object that itself fails: it is evidence" in message.body


def test_recovery_alone_asks_for_nothing() -> None:
    """A notice that holds only recoveries does not tell people to act."""
    message = compose("prod", [_recovery()], RUNBOOK)

    assert "[DuraCloud prod] 1 object recovered" == message.subject
    assert "1. RECOVERED - its content is as it should be\n" in message.body
    assert "What to do\n  Nothing. Runbook: https://example.org/runbook#failed-checks\n" in message.body


def test_a_replacement_is_no_recovery() -> None:
    """Whoever overwrites a damaged object has not repaired it, and nobody is told that there is nothing to do."""
    message = compose("prod", [attrs.evolve(_recovery("v2"), kind=Kind.REPLACEMENT)], RUNBOOK)

    assert "[DuraCloud prod] 1 object replaced" == message.subject
    assert (
        "1. REPLACED - by a newer version with other content; the version that failed was not repaired\n"
        in message.body
    )
    assert "act before S3 removes" in message.body
    assert "Nothing. Runbook" not in message.body


def test_a_replica_that_fails_is_not_to_be_left_alone() -> None:
    """The advice not to overwrite is for objects that fail themselves; a replica is made new out of its object."""
    replica = _failure(message="replica, current version: expected v1, computed a delete marker")
    message = compose("prod", [replica], RUNBOOK)

    assert "1. FAILED - replica about to be removed: the copy in the other region is hidden" in message.body
    assert "do not delete or overwrite" not in message.body
    assert "how to make a new one" in message.body


def test_a_deposit_that_was_never_good_is_not_called_damaged() -> None:
    """Where S3's own word does not fit at the upload, two statements disagree, and nothing was damaged since."""
    failure = _failure(message="S3 ETag, md5: expected a, computed b")
    never = attrs.evolve(failure, now=changed(failure.now, last_good_date=None))

    assert "1. FAILED - not as announced: its content is not what S3 said at" in compose("prod", [never], RUNBOOK).body


def test_l57_a_depositors_wrong_digest_is_no_failure_and_says_who_acts() -> None:
    """The mail about nothing else counts no failed check, asks the depositor for another upload, and scares nobody."""
    message = compose("prod", [_disputed(), _disputed("b")], RUNBOOK)

    assert "[DuraCloud prod] 2 depositors' digests differ" == message.subject
    assert f"1. TO BE UPLOADED AGAIN - {FAILURES[DISPUTED].meaning}\n" in message.body
    assert f"{RUNBOOK}#disputed-objects\n" in message.body
    assert "ask the depositor to upload the file again with the right digest" in message.body
    assert "FAILED" not in message.body
    assert "do not delete or overwrite" not in message.body


def test_l57_a_wrong_digest_beside_damage_does_not_hide_it() -> None:
    """Subject, link and advice are those of the damage; the digest is counted beside it."""
    message = compose("prod", [_failure(), _disputed()], RUNBOOK)

    assert "[DuraCloud prod] 1 object failed the check, 1 depositor's digest differs" == message.subject
    assert f"{RUNBOOK}#failed-checks\n" in message.body
    assert "do not delete or overwrite an object that itself fails" in message.body


def test_recovery_by_a_newer_version_says_so() -> None:
    """The reader learns that it is not the failed version that is good again."""
    assert "in a newer version than the one that failed" in compose("prod", [_recovery("v2")], RUNBOOK).body


@pytest.mark.parametrize(
    ("outcome", "message", "title"),
    [
        (
            "absent",
            "the replica is gone: NoSuchKey",
            "replica missing: the copy in the other region is gone; the object",
        ),
        ("mismatch", "replica, sha256: expected a, computed b", "replica damaged: the copy in the other region is not"),
        ("mismatch", "replica as read, md5: expected a, computed b", "replica damaged: the copy in the other region"),
        ("unreadable", "could not be read: the replica: AccessDenied", "replica unreadable: the copy in the other"),
        ("mismatch", "baseline, md5: expected a, computed b; replica, md5: expected a", "damaged: its content"),
        ("absent", "the object is gone and there is no delete marker", "missing: it is gone"),
        ("no-baseline", "the baseline holds no digest that this software can compare", "not comparable: its recorded"),
        (
            "unreadable",
            "could not be read: S3 refuses its bytes: it lies in GLACIER",
            "not readable: S3 refuses its bytes",
        ),
    ],
)
def test_l25_the_copy_that_fails_is_named(outcome: str, message: str, title: str) -> None:
    """Nobody is told that an object is lost or damaged where that is true of its replica only."""
    failure = _failure()
    told = compose("prod", [attrs.evolve(failure, now=changed(failure.now, outcome=outcome, message=message))], "")

    assert f"1. FAILED - {title}" in told.body
    what = "replica" if title.startswith("replica") else "object"
    assert f"[DuraCloud prod] 1 {what} failed the check" == told.subject


def test_objects_and_replicas_are_counted_apart() -> None:
    """The subject alone says whether objects themselves are concerned."""
    lost = _failure(message="replica, size in bytes: expected 5, computed 4")

    assert "[DuraCloud prod] 1 object failed the check, 2 replicas failed the check, 1 object recovered" == (
        compose("prod", [_failure(), lost, lost, _recovery()], RUNBOOK).subject
    )


def test_both_kinds_share_one_message() -> None:
    """Failures and recoveries of a batch are counted in one subject."""
    message = compose("dev", [_failure("a"), _failure("b"), _recovery()], RUNBOOK)

    assert "[DuraCloud dev] 2 objects failed the check, 1 object recovered" == message.subject


def test_l13_at_most_a_hundred_objects_are_listed_and_all_are_counted() -> None:
    """An incident of many objects makes one readable message."""
    message = compose("prod", [_failure(f"{n:04}") for n in range(250)], RUNBOOK)

    assert "[DuraCloud prod] 250 objects failed the check" == message.subject
    assert 100 == message.body.count(". FAILED - ")
    assert "... and 150 objects more;" in message.body


def test_l12_longest_keys_stay_within_the_limit_of_sns() -> None:
    """Keys of 1024 bytes that all need escaping, with long messages, still make a message that SNS takes."""
    worst = [_failure("\x01" * 1020 + f"{n:04}", "\U000e0001" * 2_000) for n in range(150)]

    message = compose("prod", worst, RUNBOOK)
    listed = message.body.count(". FAILED - ")

    assert len(message.body.encode()) < SNS_BYTES
    assert 0 < listed < 100
    assert f"... and {150 - listed} objects more;" in message.body
    assert "What to do" in message.body


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=1024), st.integers(1, 300))
def test_l12_subject_is_short_ascii_without_the_key(environment: str, key: str, count: int) -> None:
    """Whatever the names are, SNS takes the subject."""
    subject = compose(environment, [_failure(key)] * count, RUNBOOK).subject

    assert subject.isascii()
    assert subject.isprintable()
    assert len(subject) < 100
    assert f"{count} object" in subject


def test_key_cannot_forge_lines_of_the_message() -> None:
    """Line breaks and invisible characters of a key are shown, not obeyed."""
    body = compose("prod", [_failure("a\n1. RECOVERED\u202e\ud800")], RUNBOOK).body

    assert '   Key:        "a\\n1. RECOVERED\\u202e\\ud800"' in body.splitlines()


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_l43_nobody_forges_a_line_of_the_mail(text: str) -> None:
    """Whatever of an object comes from outside, a record changed by hand too, adds no line and hides none."""

    def lines(typed: str) -> list[str]:
        state = image(
            version_id=typed, success=False, outcome=typed, message=typed, last_good_date=typed, next_check=typed
        )
        failure = Announcement(kind=Kind.FAILURE, ref=ObjectRef(typed, typed), before=None, now=state)
        return compose("prod", [failure], RUNBOOK).body.splitlines()

    assert len(lines("a")) == len(lines(text))
    assert all(line.isprintable() for line in lines(text))


HIDDEN_REPLICA = (
    "the copy in the other region is hidden there under a deletion or a newer version; the object itself is good"
)
OLD, NEW = "9f86d081884c7d65" * 4, "60303ae22b998861" * 4


def _differing(*found: tuple[Source, str, str, str], good: str | None = "2026-02-01T12:00:00.000Z") -> str:
    """Return the mail of a failure with contradictions: source, algorithm, expected, computed."""
    comparisons = [
        Comparison(
            evidence=Evidence(source=source, algorithm=algorithm, expected=expected),
            computed=computed,
            verdict="mismatch",
        )
        for source, algorithm, expected, computed in found
    ]
    state = _failure(message="; ".join(one.text for one in comparisons)).now
    state = attrs.evolve(state, last_good_date=good, last_check=attrs.evolve(state.last_check, comparisons=comparisons))
    return compose("prod", [attrs.evolve(_failure(), now=state)], RUNBOOK).body


@pytest.mark.parametrize(
    ("found", "good", "title"),
    [
        (
            [
                (Source.BASELINE, "crc64nvme", "a" * 16, "b" * 16),
                (Source.BASELINE, "md5", "a" * 32, "b" * 32),
                (Source.BASELINE, "sha256", OLD, NEW),
                (Source.S3_CHECKSUM, "crc64nvme", "a" * 16, "b" * 16),
            ],
            "2026-02-01T12:00:00.000Z",
            "damaged: its SHA-256 is 60303ae22b99…, at its deposit it was 9f86d081884c…; CRC64NVME and MD5 differ too",
        ),
        (
            [(Source.BASELINE, "sha256", OLD, NEW), (Source.REPLICA, "size in bytes", "5", "4")],
            "2026-02-01T12:00:00.000Z",
            "damaged: its SHA-256 is 60303ae22b99…, at its deposit it was 9f86d081884c…; the replica differs too",
        ),
        (
            [(Source.REPLICA, "size in bytes", "5", "4")],
            "2026-02-01T12:00:00.000Z",
            "replica damaged: its replica has 4 bytes, at the deposit the object had 5; the object itself is good",
        ),
        (
            [(Source.REPLICA, "current version", "v1", "a delete marker")],
            "2026-02-01T12:00:00.000Z",
            f"replica about to be removed: {HIDDEN_REPLICA}",
        ),
    ],
)
def test_f23_a_failure_is_one_sentence(found: list[tuple[Source, str, str, str]], good: str | None, title: str) -> None:
    """The first line says what differs, in digits that the eye compares; no line repeats it with all digits."""
    body = _differing(*found, good=good)

    assert f"1. FAILED - {title}" == body.splitlines()[2]
    assert "   Message:" not in body
    assert not re.search(r"[0-9a-f]{16}", body)
    assert "the whole ones are in the object's record" in body


def test_f23_other_messages_are_kept_with_short_digests() -> None:
    """What is no comparison, such as S3's refusal, is said as it was; digests in it are cut all the same."""
    body = compose("prod", [_failure(message=f"could not be read: AccessDenied for {OLD}")], RUNBOOK).body

    assert "   Message:    could not be read: AccessDenied for 9f86d081884c…" in body
