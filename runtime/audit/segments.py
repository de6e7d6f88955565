"""Segments of the audit trail: files of events in which each line carries a digest of all lines before it."""

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import attrs

from runtime.audit.canonical_json import canonical
from runtime.audit.events import AuditEvent
from runtime.contract import ManagedPrefix
from runtime.shared.timestamps import timestamp
from runtime.shared.wording import cut, visible

FORMAT: Final = "duracloud-audit/1"
# Previous tip in the first segment of a chain.
NO_TIP: Final = "0" * 64
_KEY: Final = re.compile(
    rf"{re.escape(ManagedPrefix.AUDIT_EVENTS)}(\d{{4}}-\d{{2}}-\d{{2}})/([0-9a-f]{{32}})/(\d{{6}})\.jsonl\.gz"
)
_HEADER: Final = frozenset({"format", "environment", "chain", "number", "previous", "written_at"})
_LINE: Final = re.compile(rb'\{"digest":"([0-9a-f]{64})","event":(\{.*\})\}')
_EVENT_LINE: Final = '{"digest":"...","event":{...}}'
# A batch of a stream is at most 6 MB of records; a file that unpacks to more is no segment.
_LARGEST: Final = 64 * 1024 * 1024
_GZIP: Final = 31
_SHOWN_CHARACTERS: Final = 120


class BrokenSegmentError(Exception):
    """A file is not the segment that its name says. Lines count from 1; line 0 means the whole file."""

    def __init__(self, line: int, what: str, expected: str = "", found: str = "") -> None:
        super().__init__(what)
        self.line = line
        self.expected = expected
        self.found = found


@attrs.frozen(order=True)
class Place:
    """A segment's place in the trail."""

    day: date  # of writing, UTC
    chain: str  # 32 hexadecimal digits
    number: int  # in the chain, from 1

    @property
    def key(self) -> str:
        """Its key in the managed bucket."""
        return f"{ManagedPrefix.AUDIT_EVENTS}{self.day.isoformat()}/{self.chain}/{self.number:06}.jsonl.gz"


def place_of(key: str) -> Place | None:
    """Return the place that a key names, None if it is no key of a segment."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        return None
    return Place(day, found[2], int(found[3]))


@attrs.frozen
class Link:
    """Where a chain continues: the next segment's place, and the tip of the segment before it."""

    place: Place
    previous: str


def first_link(day: date, chain: str) -> Link:
    """Return the beginning of a chain."""
    return Link(Place(day, chain, 1), NO_TIP)


def next_link(place: Place, tip: str) -> Link:
    """Return where a chain continues after a segment with that tip."""
    return Link(Place(place.day, place.chain, place.number + 1), tip)


@attrs.frozen
class WrittenSegment:
    """A segment to be written."""

    key: str
    body: bytes
    following: Link  # where the chain continues


@attrs.frozen
class EventLine:
    """An event as it was read."""

    text: bytes  # the canonical JSON in the file
    values: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class Segment:
    """A segment that was read and is intact."""

    previous: str  # tip of the segment before it, as this one says
    tip: str  # digest of the last line
    events: Sequence[EventLine]


def compose(link: Link, events: Sequence[AuditEvent], environment: str, written_at: datetime) -> WrittenSegment:
    """Return the next segment of a chain, with at least one event. `written_at` lies on the link's day."""
    header = canonical(
        {
            "format": FORMAT,
            "environment": environment,
            "chain": link.place.chain,
            "number": link.place.number,
            "previous": link.previous,
            "written_at": timestamp(written_at),
        }
    )
    lines = [header]
    digest = hashlib.sha256(header).hexdigest()
    for event in events:
        text = canonical(event.values)
        digest = following_digest(digest, text)
        lines.append(b'{"digest":"%s","event":%s}' % (digest.encode(), text))
    body = gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0)
    return WrittenSegment(link.place.key, body, next_link(link.place, digest))


def following_digest(digest: str, event: bytes) -> str:
    """Return the digest of a line: SHA-256 of the digest before it, a line feed, and the event's canonical JSON."""
    return hashlib.sha256(digest.encode() + b"\n" + event).hexdigest()


def read_segment(place: Place, environment: str | None, body: bytes) -> Segment:
    """Read a segment and verify every line. The caller compares `previous` with the segment before it.

    The environment is None if it is not known.

    Raises:
        BrokenSegmentError: it is not intact; the error names the first bad line.
    """
    lines = _lines(body)
    header = next(lines)
    previous = _previous(place, environment, header)
    digest = hashlib.sha256(header).hexdigest()
    events: list[EventLine] = []
    for number, line in enumerate(lines, 2):
        found = _LINE.fullmatch(line)
        if found is None:
            raise BrokenSegmentError(number, "the line is not of an event", _EVENT_LINE, _cut(line))
        expected = following_digest(digest, found[2])
        if found[1] != expected.encode():
            what = "the digest is not that of this event after the lines before it"
            raise BrokenSegmentError(number, what, expected, found[1].decode())
        digest = expected
        events.append(_event(number, found[2]))
    if not events:
        raise BrokenSegmentError(2, "there is no event in the file")
    return Segment(previous=previous, tip=digest, events=events)


def _event(number: int, text: bytes) -> EventLine:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise BrokenSegmentError(number, f"the event is not JSON: {error}", "", _cut(text)) from error
    if not all(isinstance(values.get(name), str) for name in ("id", "kind", "outcome")):
        raise BrokenSegmentError(number, "the event has no id, kind or outcome", "", _cut(text))
    return EventLine(text, values)


def _lines(body: bytes) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(_GZIP)
    try:
        text = unpacking.decompress(body, _LARGEST)
    except zlib.error as error:
        raise BrokenSegmentError(0, f"the file cannot be unpacked: {error}") from error
    if not unpacking.eof:
        raise BrokenSegmentError(0, "the file ends too early, or is larger than any segment")
    if unpacking.unused_data:
        raise BrokenSegmentError(0, "there is something behind the end of the file")
    if not text.endswith(b"\n"):
        raise BrokenSegmentError(0, "the last line does not end")
    yield from text[:-1].split(b"\n")


def _previous(place: Place, environment: str | None, header: bytes) -> str:
    try:
        values = json.loads(header)
    except ValueError as error:
        raise BrokenSegmentError(1, f"the header is not JSON: {error}", "", _cut(header)) from error
    if not isinstance(values, dict) or set(values) != _HEADER:
        raise BrokenSegmentError(1, "the line is not a header", f'{{"format":"{FORMAT}",...}}', _cut(header))
    expected: dict[str, Any] = {
        "format": FORMAT,
        "environment": environment or values["environment"],
        "chain": place.chain,
        "number": place.number,
    }
    for name, value in expected.items():
        if values[name] != value:
            raise BrokenSegmentError(1, f"the header says another {name}", str(value), str(values[name]))
    if str(values["written_at"])[:10] != place.day.isoformat():
        what = "the header says another day than the folder"
        raise BrokenSegmentError(1, what, place.day.isoformat(), str(values["written_at"]))
    return str(values["previous"])


def _cut(line: bytes) -> str:
    return cut(visible(line.decode(errors="replace")), _SHOWN_CHARACTERS)


def day_of(moment: datetime) -> date:
    """Return the day of a moment in UTC."""
    return moment.astimezone(UTC).date()
