import json
import ntpath
import posixpath
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.provisioning.request_result import NameVerdict, RequestResult, RequestStatus, as_json, as_text
from tests.support.hostile import HOSTILE_TEXTS
from tests.support.provisioning_fakes import name_result, request

REQUEST = attrs.evolve(request(key="box 1/ä.txt"), received_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
CREATED = name_result("letters")
FAILED = name_result(
    "photos", NameVerdict.FAILED, line=2, reason="could not keep versions", left_behind=("acme-dev-photos",)
)
RESULT = RequestResult(
    request=REQUEST,
    reason="",
    names=(CREATED, FAILED),
    finished_at=datetime(2026, 3, 1, 23, 31, tzinfo=UTC),
)


def test_json_is_the_documented_format() -> None:
    """Programs find exactly the documented members."""
    assert {
        "request": {
            "bucket": "acme-dev-bucket-requested",
            "key": "box 1/ä.txt",
            "version_id": "v1",
            "requester": "111111111111",
            "received_at": "2026-03-01T23:30:00Z",
        },
        "status": "partial",
        "reason": "",
        "buckets": [
            {
                "line": 1,
                "name": "letters",
                "bucket": "acme-dev-letters",
                "replica": "acme-dev-letters-repl",
                "verdict": "created",
                "reason": "",
                "left_behind": [],
                "corrected": [],
                "differs": [],
            },
            {
                "line": 2,
                "name": "photos",
                "bucket": "acme-dev-photos",
                "replica": "acme-dev-photos-repl",
                "verdict": "failed",
                "reason": "could not keep versions",
                "left_behind": ["acme-dev-photos"],
                "corrected": [],
                "differs": [],
            },
        ],
        "finished_at": "2026-03-01T23:31:00Z",
    } == json.loads(as_json(RESULT))


def test_l18_text_says_per_name_what_was_done_and_what_is_left() -> None:
    """People read a line per name, the reason, what is left behind and how it is finished."""
    text = as_text(RESULT)

    assert "Status:    partial" in text
    assert "Line 1: letters: created\n  bucket:  acme-dev-letters\n  replica: acme-dev-letters-repl" in text
    assert "Line 2: photos: failed\n  reason:  could not keep versions\n" in text
    assert "  left behind: acme-dev-photos; drop the same file again to finish the work\n" in text


def test_text_of_a_rejected_request_says_why() -> None:
    """A request that was rejected as a whole gives its reason once."""
    text = as_text(attrs.evolve(RESULT, reason="the file has no names", names=()))

    assert "Status:    rejected\nReason:    the file has no names" in text


def _as_text_with(text: str, reason: str) -> list[str]:
    request = attrs.evolve(REQUEST, bucket=text, key=text, version_id=text, requester=text)
    name = attrs.evolve(FAILED, name=text, reason=text, left_behind=(text,))
    rejected = attrs.evolve(RESULT, request=request, reason=reason, names=(name,))
    return as_text(rejected).splitlines()


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_l43_nobody_forges_a_line_of_the_text(text: str) -> None:
    """Keys, names and reasons that quote them add no line, hide none, and the one status is the true one."""
    plain, hostile = _as_text_with("a", "a"), _as_text_with(text, f"the file could not be read: {text}")

    assert len(plain) == len(hostile)
    assert all(line.isprintable() for line in hostile)
    assert ["Status:    rejected"] == [line for line in hostile if line.startswith("Status:")]
    assert "Status:    rejected" == hostile[2]


def test_l43_what_was_typed_is_still_there_to_be_read() -> None:
    """People see which key and which name it was; programs get them as they are."""
    key, name = "a\nStatus:    completed", "let\x1b[2Kters"
    names = (attrs.evolve(CREATED, name=name, line=7), FAILED)
    result = attrs.evolve(RESULT, request=attrs.evolve(REQUEST, key=key), names=names)
    document = json.loads(as_json(result))

    assert as_text(result).startswith("Bucket request a\\nStatus:    completed\n\nStatus:    partial\n")
    assert "\nLine 7: let\\x1b[2Kters: created\n" in as_text(result)
    assert (key, name) == (document["request"]["key"], document["buckets"][0]["name"])


def test_l19_result_is_kept_per_event_under_the_events_day() -> None:
    """The key depends on the event only, its day taken in UTC: a retry overwrites its own result and no other."""
    elsewhere = REQUEST.received_at.astimezone(timezone(timedelta(hours=2)))

    assert "requests/2026-03-01/box 1/ä.txt.e1" == RESULT.key
    assert RESULT.key == attrs.evolve(RESULT, request=attrs.evolve(REQUEST, received_at=elsewhere)).key


@pytest.mark.parametrize(
    ("key", "end"),
    [
        ("../../audit/events/x", "_/_/audit/events/x"),
        ("..\\..\\x", "_/_/x"),
        ("/etc/x", "_/etc/x"),
        ("a//b/./.. /x", "a/_/b/_/_/x"),
        ("folder/", "folder/_"),
        ("..", "_"),
        ("a\nb\0", "a_b_"),
        ("a..b/.hidden", "a..b/.hidden"),
    ],
)
def test_l43_result_keys_stay_in_their_folder(key: str, end: str) -> None:
    """Where results are copied to a disk, none leaves its day's folder; the result itself says the true key."""
    result = attrs.evolve(RESULT, request=attrs.evolve(REQUEST, key=key))

    assert f"requests/2026-03-01/{end}.e1" == result.key
    assert key == json.loads(as_json(result))["request"]["key"]


@given(key=st.text(st.sampled_from("./\\ a\n"), min_size=1, max_size=30))
def test_l43_no_key_leads_out_of_the_folder(key: str) -> None:
    """Whatever the key: on every system the path has as many steps as it seems, all below the folder of the day."""
    found = attrs.evolve(RESULT, request=attrs.evolve(REQUEST, key=key)).key

    assert found == posixpath.normpath(found)
    assert found == ntpath.normpath(found).replace("\\", "/")
    assert found.startswith("requests/2026-03-01/")


def test_very_long_request_keys_give_keys_that_s3_takes() -> None:
    """A request key of S3's full length leaves room for the folder, the event and the ending."""
    long = attrs.evolve(RESULT, request=attrs.evolve(REQUEST, key="ä" * 512, event_id="e" * 36))

    assert len(f"{long.key}.json".encode()) <= 1024
    assert long.key.endswith("e" * 36)


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ([NameVerdict.CREATED, NameVerdict.ALREADY_PROVISIONED], RequestStatus.COMPLETED),
        ([NameVerdict.CREATED, NameVerdict.REJECTED], RequestStatus.PARTIAL),
        ([NameVerdict.ALREADY_PROVISIONED, NameVerdict.FAILED], RequestStatus.PARTIAL),
        ([NameVerdict.REJECTED, NameVerdict.FAILED], RequestStatus.REJECTED),
    ],
)
def test_status_follows_from_the_names(verdicts: list[NameVerdict], status: RequestStatus) -> None:
    """All good is completed, some good is partial, none is rejected."""
    names = [attrs.evolve(CREATED, verdict=verdict) for verdict in verdicts]

    assert status is attrs.evolve(RESULT, names=names).status
