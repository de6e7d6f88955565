from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import attrs
import pytest

from runtime.audit.canonical_json import canonical
from runtime.audit.events import AuditEvent, Kind
from runtime.audit.record_changes import events_of_changes
from runtime.fixity.records import MalformedRecord, RecordChange
from runtime.provisioning.audit_events import events_of_result
from runtime.provisioning.request_result import NameVerdict, RequestResult
from tests.support import record_images
from tests.support.builders import AGENT, NOW, REF
from tests.support.provisioning_fakes import name_result, request
from tests.support.record_images import Image, changed, compared, image, malformed

BASELINE = compared("baseline", "sha256", "aa", "aa", "match")
ETAG = compared("S3 ETag", "md5", "bb", "bb", "match")
CHECK = attrs.evolve(
    record_images.CHECK,
    computed={"sha256": "aa", "md5": "bb"},
    comparisons=[ETAG],
    bytes_read=5,
    reads=1,
    storage_class="STANDARD",
)
LATER = attrs.evolve(
    CHECK, comparisons=[BASELINE], started="2026-09-01T12:00:00.000Z", ended="2026-09-01T12:00:01.000Z"
)
GOOD = image(
    version_id="v1",
    size=5,
    etag="bb",
    checksum="aa",
    primary_algorithm="sha256",
    digests={"sha256": "aa", "md5": "bb"},
    success=True,
    outcome="match",
    message="ok",
    deposit_date="2026-03-01T12:00:01.000Z",
    last_good_date="2026-03-01T12:00:01.000Z",
    restored_date="",
    check=CHECK,
)
CHECKED = changed(GOOD, check=LATER)
DAMAGED = changed(GOOD, success=False, outcome="mismatch", message="damaged", check=LATER)
EVEN_LATER = attrs.evolve(LATER, ended="2026-09-02T12:00:01.000Z")
RESTORED = changed(GOOD, restored_date="2026-09-03T01:02:03.000Z")
OVERWRITTEN = changed(GOOD, version_id="v2", digests={"sha256": "cc"}, check=EVEN_LATER)
PUT_BACK = changed(GOOD, version_id="v2", digests={"sha256": "aa", "crc64nvme": "dd"}, check=EVEN_LATER)
ASIDE = changed(GOOD, digests={}, success=None, outcome="deferred", message="put aside", last_good_date=None)
OTHER_CHECK = attrs.evolve(CHECK, comparisons=[])
SPOILED = malformed(changed(GOOD, size=0), "Size: got x")
NULL = changed(GOOD, version_id="null")
NULL_DAMAGED = changed(DAMAGED, version_id="null")
NULL_OVERWRITTEN = changed(
    NULL, etag="dd", size=6, digests={"sha256": "cc"}, deposit_date=EVEN_LATER.ended, check=EVEN_LATER
)
NULL_PUT_BACK = changed(NULL, deposit_date=EVEN_LATER.ended, check=EVEN_LATER)
DOUBTED = changed(GOOD, success=False, outcome="mismatch", last_good_date=None)


def _events(before: Image | None, after: Image | None) -> Sequence[AuditEvent]:
    at = datetime(2026, 9, 3, 1, 2, 3, tzinfo=UTC)
    return list(events_of_changes([RecordChange(event_id="s1", at=at, ref=REF, before=before, after=after)]))


@pytest.mark.parametrize(
    ("before", "after", "kind", "outcome"),
    [
        (None, GOOD, Kind.DEPOSIT, "match"),
        (None, changed(GOOD, deposit_date=""), Kind.UNKNOWN, "not understood"),
        (None, changed(GOOD, outcome=""), Kind.UNKNOWN, "not understood"),
        (None, DOUBTED, Kind.DEPOSIT, "mismatch"),
        (None, ASIDE, Kind.DEPOSIT, "deferred"),
        (GOOD, OVERWRITTEN, Kind.DEPOSIT, "match"),
        (GOOD, PUT_BACK, Kind.DEPOSIT, "match"),
        (ASIDE, CHECKED, Kind.DEPOSIT, "match"),
        (DOUBTED, CHECKED, Kind.DEPOSIT, "match"),
        (DOUBTED, changed(DOUBTED, outcome="unreadable", check=LATER), Kind.CHECK, "unreadable"),
        (GOOD, CHECKED, Kind.CHECK, "match"),
        (GOOD, DAMAGED, Kind.CHECK, "mismatch"),
        (DAMAGED, changed(DAMAGED, check=EVEN_LATER), Kind.CHECK, "mismatch"),
        (DAMAGED, changed(GOOD, check=EVEN_LATER), Kind.RECOVERY, "match"),
        (DAMAGED, PUT_BACK, Kind.REPAIR, "match"),
        (DAMAGED, OVERWRITTEN, Kind.DEPOSIT, "match"),
        (DAMAGED, changed(PUT_BACK, success=False, outcome="mismatch"), Kind.DEPOSIT, "mismatch"),
        (changed(DAMAGED, last_good_date=None), PUT_BACK, Kind.DEPOSIT, "match"),
        (GOOD, None, Kind.DELETION, "removed"),
        (None, CHECKED, Kind.RESTORATION, "restored"),
        (None, RESTORED, Kind.RESTORATION, "restored"),
        (OVERWRITTEN, RESTORED, Kind.RESTORATION, "restored"),
        (changed(GOOD, deposit_date="2026-09-02T12:00:00.000Z"), RESTORED, Kind.RESTORATION, "restored"),
        (changed(DOUBTED, digests={"sha256": "dd"}), RESTORED, Kind.RESTORATION, "restored"),
        # Whoever says that he wrote a record back cannot hide another baseline behind it.
        (GOOD, changed(RESTORED, digests={"sha256": "cc"}), Kind.ALTERATION, "altered"),
        (GOOD, changed(RESTORED, digests={"sha9": "cc"}), Kind.ALTERATION, "altered"),
        (GOOD, changed(RESTORED, etag="cc"), Kind.ALTERATION, "altered"),
        (GOOD, changed(RESTORED, size=6), Kind.ALTERATION, "altered"),
        (RESTORED, changed(RESTORED, check=LATER), Kind.CHECK, "match"),
        (RESTORED, OVERWRITTEN, Kind.DEPOSIT, "match"),
        (RESTORED, None, Kind.DELETION, "removed"),
        (GOOD, changed(GOOD, digests={"sha256": "cc"}), Kind.ALTERATION, "altered"),
        (GOOD, changed(GOOD, size=6), Kind.ALTERATION, "altered"),
        (GOOD, changed(GOOD, checksum="cc"), Kind.ALTERATION, "altered"),
        (GOOD, changed(GOOD, primary_algorithm="md5"), Kind.ALTERATION, "altered"),
        (GOOD, changed(CHECKED, etag="cc"), Kind.ALTERATION, "altered"),
        (DAMAGED, changed(DAMAGED, success=True), Kind.ALTERATION, "altered"),
        (DAMAGED, changed(DAMAGED, outcome="match"), Kind.ALTERATION, "altered"),
        (GOOD, changed(GOOD, last_good_date=None), Kind.ALTERATION, "altered"),
        (GOOD, changed(GOOD, version_id="v2"), Kind.ALTERATION, "altered"),
        (GOOD, changed(CHECKED, digests={"sha256": "cc"}), Kind.ALTERATION, "altered"),
        # Lesson L39: an upload over the version `null` is a deposit, and only a hand changes digests without one.
        (NULL, NULL_OVERWRITTEN, Kind.DEPOSIT, "match"),
        (NULL_DAMAGED, NULL_OVERWRITTEN, Kind.DEPOSIT, "match"),
        (NULL_DAMAGED, NULL_PUT_BACK, Kind.REPAIR, "match"),
        (NULL, NULL_DAMAGED, Kind.CHECK, "mismatch"),
        (NULL_DAMAGED, changed(NULL, check=EVEN_LATER), Kind.RECOVERY, "match"),
        (NULL, changed(NULL, digests={"sha256": "cc"}, check=LATER), Kind.ALTERATION, "altered"),
        (NULL, changed(NULL_OVERWRITTEN, check=CHECK), Kind.ALTERATION, "altered"),
        (NULL, changed(NULL, etag="cc"), Kind.ALTERATION, "altered"),
    ],
)
def test_a_change_is_what_happened(before: Image | None, after: Image | None, kind: Kind, outcome: str) -> None:
    """What the service did, and what somebody did to the record without it, are told apart by the images alone."""
    [event] = _events(before, after)

    assert (kind, outcome) == (event.kind, event.outcome)


@pytest.mark.parametrize(("before", "after"), [(GOOD, GOOD), (None, None), (DAMAGED, DAMAGED)])
def test_a_change_of_order_or_due_date_is_no_event(before: Image | None, after: Image | None) -> None:
    """Where the newest check and the version are the same, nothing happened to the object."""
    assert [] == _events(before, after)


def test_a_check_says_everything_that_is_known() -> None:
    """Every fact of the check stands in the event, under the names of the documented format."""
    [event] = _events(GOOD, DAMAGED)

    assert {
        "id": event.id,
        "kind": "check",
        "type": "fixity check",
        "date_time": "2026-09-01T12:00:01.000Z",
        "object": {"bucket": REF.bucket, "key": REF.key, "version_id": "v1", "copy": "main"},
        "size": 5,
        "algorithms": ["md5", "sha256"],
        "expected": {"sha256": "aa", "md5": "bb"},
        "computed": {"sha256": "aa", "md5": "bb"},
        "expectation_source": "baseline",
        "evidence": [
            {
                "source": "baseline",
                "algorithm": "sha256",
                "expected": "aa",
                "computed": "aa",
                "verdict": "match",
                "parts": 0,
                "reason": "",
            }
        ],
        "outcome": "mismatch",
        "detail": "damaged",
        "agent": {
            "software": "DuraCloud",
            "version": "1.0.0",
            "commit": "0123abc",
            "function": "duracloud-test-file-uploaded",
            "request_id": "req-1",
        },
        "bytes_read": 5,
        "reads": 1,
        "storage_class": "STANDARD",
    } == event.values


def test_a_deposit_names_the_evidence_that_it_was_held_against() -> None:
    """What was compared is the expectation of a deposit; the contradicted piece is told before one that agrees."""
    wrong = compared("depositor's metadata", "md5", "cc", "bb", "mismatch")
    parts = compared("S3 stored checksum", "sha256", "dd", "dd", "match", parts=3)
    open_ = compared("S3 ETag", "md5", "x", "", "not compared", reason="it is no MD5")
    check = attrs.evolve(CHECK, comparisons=[wrong, ETAG, parts, open_])
    [event] = _events(None, changed(DOUBTED, check=check))

    assert {"md5": "cc"} == event.expected
    assert "S3 ETag, S3 stored checksum, depositor's metadata" == event.expectation_source


def test_a_deposit_that_nothing_vouches_for_says_so() -> None:
    """Where no evidence could be compared there is no expectation."""
    [event] = _events(None, changed(GOOD, check=attrs.evolve(CHECK, comparisons=[])))

    assert ({}, "none") == (event.expected, event.expectation_source)


def test_a_repair_is_held_against_the_baseline_of_the_failing_version() -> None:
    """The event of a repair names the version that it takes the place of, and what that one should have been."""
    [event] = _events(DAMAGED, PUT_BACK)

    assert (DAMAGED.digests, "baseline") == (event.expected, event.expectation_source)
    assert "ok; in the place of version v1" == event.detail
    assert "recovery" == event.values["type"]


def test_a_deletion_says_what_was_there_and_when_the_table_changed() -> None:
    """The record is gone, so its event keeps size and digests; nobody is named who is not known."""
    [event] = _events(DAMAGED, None)

    assert ("2026-09-03T01:02:03.000Z", 5, DAMAGED.digests) == (event.date_time, event.size, event.expected)
    assert event.values["agent"] is None
    assert "its last check ended 2026-09-01T12:00:01.000Z: damaged" in event.detail


@pytest.mark.parametrize("before", [None, changed(OVERWRITTEN, digests={"sha256": "ee"})])
def test_a_restored_record_is_no_deposit(before: Image | None) -> None:
    """It is dated by the change and not by the old check, nothing was computed, and nobody is named."""
    [event] = _events(before, RESTORED)

    assert ("2026-09-03T01:02:03.000Z", "metadata modification") == (event.date_time, event.values["type"])
    assert (GOOD.digests, {}, None, 0) == (event.expected, event.computed, event.agent, event.reads)
    told = "the record was written back; the deposit is of 2026-03-01T12:00:01.000Z, its newest check ended "
    assert event.detail.startswith(f"{told}2026-03-01T12:00:01.000Z: ok")
    assert (before is not None) == ('in the place of a record of version v2 with {"sha256":"ee"}' in event.detail)


def test_a_deposit_keeps_its_id() -> None:
    """Wherever a deposit is told of, in whatever delivery, it is the same event."""
    [event] = _events(None, GOOD)

    assert "ca62c769-2969-5942-b126-a7587afacbaf" == event.id


def test_a_changed_baseline_is_told_with_both_sets_of_digests() -> None:
    """What was expected before, and what it was replaced by, stand in the event, dated by the change."""
    [event] = _events(GOOD, changed(GOOD, digests={"sha256": "cc"}, size=6))

    assert ("2026-09-03T01:02:03.000Z", "metadata modification") == (event.date_time, event.values["type"])
    assert (GOOD.digests, {}, "baseline", None) == (
        event.expected,
        event.computed,
        event.expectation_source,
        event.agent,
    )
    assert (
        "the record was changed by no check: size was 5, is 6;"
        ' digests was {"md5":"bb","sha256":"aa"}, is {"sha256":"cc"}' == event.detail
    )


def test_a_change_that_is_not_understood_is_told() -> None:
    """The event says so and claims nothing of the object but its name."""
    [event] = _events(GOOD, malformed(changed(GOOD, size=0), "Size: got x"))

    assert (Kind.UNKNOWN, "not understood") == (event.kind, event.outcome)
    assert "change not understood: the record was changed; Size: got x" == event.detail
    assert (None, {}, {}, None) == (event.size, event.expected, event.computed, event.agent)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        # Somebody puts right what was not understood.
        (SPOILED, GOOD, Kind.ALTERATION),
        (malformed(changed(SPOILED.kept, check=OTHER_CHECK), SPOILED.problem), GOOD, Kind.ALTERATION),
        # What the service does is told, whatever else stands in the record.
        (SPOILED, OVERWRITTEN, Kind.DEPOSIT),
        (malformed(GOOD, "x"), malformed(CHECKED, "x"), Kind.CHECK),
        (SPOILED, None, Kind.DELETION),
        # An attribute of the check itself is no check.
        (GOOD, malformed(changed(GOOD, check=OTHER_CHECK), "x"), Kind.UNKNOWN),
        (None, SPOILED, Kind.UNKNOWN),
    ],
)
def test_a_record_that_is_not_understood_hides_nothing(before: Image | None, after: Image | None, kind: Kind) -> None:
    """Deposits, checks and deletions of such a record are told as such, with what is doubtful about it."""
    [event] = _events(before, after)

    assert kind == event.kind
    assert all(one.problem in event.detail for one in (before, after) if isinstance(one, MalformedRecord))


def test_a_record_that_stays_not_understood_is_no_news() -> None:
    """A change of its order or due date is no event, as of any other record."""
    assert [] == _events(SPOILED, SPOILED)


def test_the_same_delivery_gives_the_same_event() -> None:
    """A repeated delivery is the same bytes; another change, or another kind, has another id."""
    [first], [again] = _events(GOOD, DAMAGED), _events(GOOD, DAMAGED)
    [other] = _events(GOOD, CHECKED)

    assert canonical(first.values) == canonical(again.values)
    assert first.id == other.id
    assert first.id != attrs.evolve(first, kind=Kind.RECOVERY).id
    assert first.id != attrs.evolve(first, source_id="s2").id
    assert 5 == UUID(first.id).version


def _result() -> RequestResult:
    failed = name_result("b", NameVerdict.FAILED, line=2, reason="SlowDown", left_behind=("acme-dev-b",))
    names = [name_result("a"), failed]
    return RequestResult(request=request(), reason="", names=names, finished_at=NOW)


def test_a_request_gives_one_event_per_name() -> None:
    """Each name says what became of it, who asked, who worked, and what is left behind."""
    first, second = events_of_result(_result(), AGENT)

    assert (Kind.PROVISIONING, "created", AGENT) == (first.kind, first.outcome, first.agent)
    assert "creation" == first.values["type"]
    assert {"bucket": "acme-dev-a", "key": "", "version_id": "", "copy": "main"} == first.values["object"]
    asked = "asked for by 111111111111 in s3://acme-dev-bucket-requested/names.txt"
    assert f"created; replica acme-dev-a-repl; {asked}" == first.detail
    assert f"failed: SlowDown; left behind: acme-dev-b; replica acme-dev-b-repl; {asked}" == second.detail
    assert first.id != second.id


def test_every_attempt_at_a_request_has_events_of_its_own() -> None:
    """The same result has the same ids, the result of a later attempt has others."""
    later = attrs.evolve(_result(), finished_at=datetime(2026, 3, 1, 12, 5, tzinfo=UTC))

    assert [e.id for e in events_of_result(_result(), AGENT)] == [e.id for e in events_of_result(_result(), AGENT)]
    assert not {e.id for e in events_of_result(_result(), AGENT)} & {e.id for e in events_of_result(later, AGENT)}
    assert [] == events_of_result(attrs.evolve(_result(), names=[]), AGENT)


def test_l39_an_event_of_an_overwritten_version_null_names_what_was_there() -> None:
    """The id says nothing, so the ETag is named."""
    [event] = _events(NULL, NULL_OVERWRITTEN)

    assert "ok; in the place of version null with the ETag bb" == event.detail
