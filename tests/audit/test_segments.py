import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import date

import pytest

from runtime.audit.canonical_json import canonical
from runtime.audit.segments import (
    NO_TIP,
    BrokenSegmentError,
    Place,
    compose,
    first_link,
    following_digest,
    place_of,
    read_segment,
)
from tests.support.audit_trails import event
from tests.support.builders import NOW

CHAIN = "0" * 31 + "a"
DAY = NOW.date()
WRITTEN = compose(first_link(DAY, CHAIN), [event(number) for number in range(3)], "prod", NOW)
PLACE = Place(DAY, CHAIN, 1)


def _lines() -> list[bytes]:
    return gzip.decompress(WRITTEN.body).splitlines()


def _packed(lines: list[bytes]) -> bytes:
    return gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0)


def test_a_segment_is_what_the_documentation_says() -> None:
    """The header, then one line per event with the digest of everything before it: checked here by hand."""
    header, *lines = _lines()
    digest = hashlib.sha256(header).hexdigest()
    for number, line in enumerate(lines):
        values = json.loads(line)
        text = json.dumps(values["event"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(f"{digest}\n{text}".encode()).hexdigest()
        assert digest == values["digest"]
        assert event(number).values == values["event"]
    assert {
        "format": "duracloud-audit/1",
        "environment": "prod",
        "chain": CHAIN,
        "number": 1,
        "previous": NO_TIP,
        "written_at": "2026-03-01T12:00:00.000Z",
    } == json.loads(header)
    assert f"audit/events/2026-03-01/{CHAIN}/000001.jsonl.gz" == WRITTEN.key
    assert (Place(DAY, CHAIN, 2), digest) == (WRITTEN.following.place, WRITTEN.following.previous)


def test_the_same_events_are_the_same_bytes() -> None:
    """Nothing of the machine or the moment of packing enters a segment."""
    again = compose(first_link(DAY, CHAIN), [event(number) for number in range(3)], "prod", NOW)

    assert WRITTEN == again


def test_a_whole_segment_is_read_as_it_was_written() -> None:
    """Events, previous tip and own tip come back."""
    segment = read_segment(PLACE, "prod", WRITTEN.body)

    assert [event(number).values for number in range(3)] == [line.values for line in segment.events]
    assert (NO_TIP, WRITTEN.following.previous) == (segment.previous, segment.tip)


def _changed(old: bytes, new: bytes, line: int) -> list[bytes]:
    lines = _lines()
    assert old in lines[line]
    lines[line] = lines[line].replace(old, new)
    return lines


def _redigested(line: int) -> list[bytes]:
    lines = _changed(b'"outcome":"match"', b'"outcome":"mismatch"', line)
    before = json.loads(lines[line - 1])["digest"].encode()
    text = canonical(json.loads(lines[line])["event"])
    lines[line] = b'{"digest":"%s","event":%s}' % (following_digest(before.decode(), text).encode(), text)
    return lines


@pytest.mark.parametrize(
    ("break_it", "line", "what"),
    [
        (lambda: _packed(_changed(b'"outcome":"match"', b'"outcome":"mismatch"', 2)), 3, "the digest is not that"),
        (lambda: _packed(_redigested(2)), 4, "the digest is not that"),
        (lambda: _packed([*_lines()[:2], *_lines()[3:]]), 3, "the digest is not that"),
        (lambda: _packed([_lines()[0], _lines()[2], _lines()[1], _lines()[3]]), 2, "the digest is not that"),
        (lambda: _packed([*_lines(), _lines()[3]]), 5, "the digest is not that"),
        (lambda: _packed([*_lines(), b"{}"]), 5, "the line is not of an event"),
        (lambda: _packed([*_lines()[:2], b"", *_lines()[2:]]), 3, "the line is not of an event"),
        (lambda: _packed(_lines()[:1]), 2, "there is no event"),
        (lambda: _packed(_lines()[1:]), 1, "the line is not a header"),
        (lambda: _packed([b"header", *_lines()[1:]]), 1, "the header is not JSON"),
        (lambda: _packed(_changed(b'"number":1', b'"number":2', 0)), 1, "another number"),
        (lambda: _packed(_changed(b'"prod"', b'"dev"', 0)), 1, "another environment"),
        (lambda: _packed(_changed(b"audit/1", b"audit/2", 0)), 1, "another format"),
        (lambda: _packed(_changed(b"2026-03-01", b"2026-03-02", 0)), 1, "another day"),
        (lambda: _packed(_changed(NO_TIP.encode(), b"1" * 64, 0)), 2, "the digest is not that"),
        (lambda: WRITTEN.body[:-1], 0, "ends too early"),
        (lambda: WRITTEN.body[:40], 0, "ends too early"),
        (lambda: WRITTEN.body + WRITTEN.body, 0, "behind the end"),
        (lambda: gzip.compress(b"\n".join(_lines())), 0, "the last line does not end"),
        (lambda: b"not gzip", 0, "cannot be unpacked"),
        (lambda: b"", 0, "ends too early"),
    ],
)
def test_whatever_is_done_to_a_segment_is_found_at_its_first_line(
    break_it: Callable[[], bytes], line: int, what: str
) -> None:
    """A changed, dropped, moved or added line, and a damaged file, are refused with the place and the reason."""
    with pytest.raises(BrokenSegmentError, match=what) as caught:
        read_segment(PLACE, "prod", break_it())

    assert line == caught.value.line


def test_a_bad_digest_says_what_was_expected_and_found() -> None:
    """Whoever looks into the file finds both values."""
    lines = _changed(b'"size":1', b'"size":9', 2)
    with pytest.raises(BrokenSegmentError) as caught:
        read_segment(PLACE, "prod", _packed(lines))

    assert json.loads(lines[2])["digest"] == caught.value.found
    assert caught.value.expected != caught.value.found
    assert 64 == len(caught.value.expected)


@pytest.mark.parametrize("text", [b"{", b"[1]", b'{"id":1,"kind":"check","outcome":"match"}'])
def test_a_line_that_is_no_event_is_refused_even_with_a_fitting_digest(text: bytes) -> None:
    """Whoever can recompute digests still cannot bring in what is not an event."""
    header = _lines()[0]
    digest = following_digest(hashlib.sha256(header).hexdigest(), text)
    with pytest.raises(BrokenSegmentError) as caught:
        read_segment(PLACE, "prod", _packed([header, b'{"digest":"%s","event":%s}' % (digest.encode(), text)]))

    assert 2 == caught.value.line


def test_a_file_that_unpacks_to_too_much_is_refused() -> None:
    """A small file that would fill the memory is broken, not fatal."""
    with pytest.raises(BrokenSegmentError, match="larger than any segment"):
        read_segment(PLACE, "prod", gzip.compress(b"\0" * (65 * 1024 * 1024)))


@pytest.mark.parametrize(
    "key",
    [
        f"audit/events/2026-13-01/{CHAIN}/000001.jsonl.gz",
        f"audit/events/2026-03-01/{CHAIN}/1.jsonl.gz",
        f"audit/events/2026-03-01/{CHAIN}/000001.jsonl",
        f"audit/events/2026-03-01/{CHAIN}/000001.jsonl.gz.gz",
        f"audit/events/2026-03-01/{CHAIN.upper()}/000001.jsonl.gz",
        "audit/events/2026-03-01/000001.jsonl.gz",
    ],
)
def test_other_names_are_no_places(key: str) -> None:
    """Only names that the service gives are segments."""
    assert place_of(key) is None


def test_a_key_and_its_place_belong_together() -> None:
    """A place is found again by its key."""
    place = Place(date(2026, 3, 1), CHAIN, 123)

    assert place == place_of(place.key)
