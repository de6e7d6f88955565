"""Manifests of the audit trail: what was there on a day, listed so that a signature over it covers every event."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Self

import attrs

from runtime.audit.errors import BrokenTrailError
from runtime.audit.merkle import root
from runtime.audit.segments import (
    BrokenSegmentError,
    Link,
    Place,
    Segment,
    first_link,
    next_link,
    place_of,
    read_segment,
)
from runtime.contract import ManagedPrefix
from runtime.shared.timestamps import moment_of

FORMAT: Final = "duracloud-audit-manifest/1"
SIGNATURE: Final = ".sig"
_ENDING: Final = ".json"
_ONE_DAY: Final = timedelta(days=1)


def manifest_key(day: date) -> str:
    """Return the key of a day's manifest; that of its signature has `.sig` behind it."""
    return f"{ManagedPrefix.AUDIT_MANIFESTS}{day.isoformat()}{_ENDING}"


def day_of_manifest(key: str) -> date | None:
    """Return the day of which a key names the manifest, None where it names none."""
    try:
        day = date.fromisoformat(key.removeprefix(ManagedPrefix.AUDIT_MANIFESTS).removesuffix(_ENDING))
    except ValueError:
        return None
    return day if key == manifest_key(day) else None


@attrs.frozen(kw_only=True)
class Problem:
    """Something that is not as it should be in a file of the trail.

    Attributes:
        key: the file.
        line: number of the first bad line, 0 where the file as a whole is meant.
        what: what is wrong.
        expected: what should be there; empty where nothing can be said.
        found: what is there.
    """

    key: str
    line: int = 0
    what: str
    expected: str = ""
    found: str = ""

    @property
    def text(self) -> str:
        """The same in one line."""
        where = f", line {self.line}" if self.line else ""
        values = f": expected {self.expected}, found {self.found}" if self.expected or self.found else ""
        return f"{self.key}{where}: {self.what}{values}"


@attrs.frozen(kw_only=True)
class Entry:
    """What a manifest says of a segment.

    Attributes:
        key: the segment's key.
        sha256: digest of the file.
        size: bytes of the file.
        records: number of its events; 0 where it could not be read.
        previous: tip of the segment before it, as it says; empty where it could not be read.
        tip: digest of its last line; empty where it could not be read.
        problem: what was wrong with it when it was signed; empty where nothing was.
    """

    key: str
    sha256: str
    size: int
    records: int
    previous: str
    tip: str
    problem: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """The entry as it stands in a manifest."""
        values = attrs.asdict(self)
        if not self.problem:
            del values["problem"]
        return values


@attrs.frozen
class SigningKey:
    """The key that signs manifests.

    Attributes:
        arn: its ARN.
        public_key: its public part as PEM.
    """

    arn: str
    public_key: bytes

    @property
    def fingerprint(self) -> str:
        """Digest of its public part."""
        return hashlib.sha256(self.public_key).hexdigest()


@attrs.frozen
class Previous:
    """The manifest before another.

    Attributes:
        day: its day.
        sha256: digest of the file.
        number: its number.
    """

    day: date
    sha256: str
    number: int


@attrs.frozen(kw_only=True)
class Manifest:
    """A manifest.

    Attributes:
        environment: the deployed environment's name.
        day: the day.
        number: its number, from 1 without a gap.
        previous: the manifest before it, None for the first.
        segments: in the order of their keys.
        counts: number of events by kind and outcome.
        made_at: when it was made, ISO 8601 UTC.
        signing_key: ARN of the key that signs it.
        public_key_sha256: digest of that key's public part as PEM.
    """

    environment: str
    day: date
    number: int
    previous: Previous | None
    segments: Sequence[Entry]
    counts: Mapping[str, Mapping[str, int]]
    made_at: str
    signing_key: str
    public_key_sha256: str

    @property
    def made(self) -> datetime:
        """When it was made, UTC."""
        return moment_of(self.made_at)

    @property
    def records(self) -> int:
        """The number of events in all segments."""
        return sum(entry.records for entry in self.segments)

    @property
    def merkle_root(self) -> str:
        """The root of the tree over the digests of the segments."""
        return root(bytes.fromhex(entry.sha256) for entry in self.segments).hex()

    @property
    def body(self) -> bytes:
        """The file that is signed."""
        previous = self.previous
        document = {
            "format": FORMAT,
            "environment": self.environment,
            "day": self.day.isoformat(),
            "number": self.number,
            "previous": None if previous is None else {"day": previous.day.isoformat(), "sha256": previous.sha256},
            "records": self.records,
            "counts": {kind: dict(sorted(found.items())) for kind, found in sorted(self.counts.items())},
            "merkle_root": self.merkle_root,
            "made_at": self.made_at,
            "signing_key": self.signing_key,
            "public_key_sha256": self.public_key_sha256,
            "segments": [entry.values for entry in self.segments],
        }
        return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read a manifest.

        Args:
            body: the file.

        Returns:
            The manifest; its `body` is the file again, byte for byte.

        Raises:
            BrokenTrailError: it is none, or does not say of itself what its segments say.
        """
        try:
            values = json.loads(body)
            moment_of(values["made_at"])
            before = values["previous"]
            manifest = cls(
                environment=values["environment"],
                day=date.fromisoformat(values["day"]),
                number=values["number"],
                previous=before and Previous(date.fromisoformat(before["day"]), before["sha256"], values["number"] - 1),
                segments=[Entry(**entry) for entry in values["segments"]],
                counts=values["counts"],
                made_at=values["made_at"],
                signing_key=values["signing_key"],
                public_key_sha256=values["public_key_sha256"],
            )
            if manifest.body == body:
                return manifest
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BrokenTrailError(f"it is not a manifest: {error!r}") from error
        raise BrokenTrailError("it does not have the form of a manifest, or other totals than its segments")

    def following(self, body: bytes) -> Previous:
        """Return what the next manifest says of this one, of which `body` is the file."""
        return Previous(self.day, hashlib.sha256(body).hexdigest(), self.number)


@attrs.define(kw_only=True)
class Tally:
    """What is found in the segments of a day, read one after the other in the order of their keys.

    Nothing is kept of a segment but its entry, so that memory grows with the number of segments and not of events.

    Attributes:
        environment: the deployed environment's name, None where that is not known.
        entries: one per segment.
        counts: number of events by kind and outcome.
        problems: whatever is not as it should be.
    """

    environment: str | None
    entries: list[Entry] = attrs.field(factory=list)
    counts: dict[str, Counter[str]] = attrs.field(factory=dict)
    problems: list[Problem] = attrs.field(factory=list)
    _links: dict[str, Link | None] = attrs.field(factory=dict)

    def go_on_after(self, entries: Iterable[Entry]) -> None:
        """Take the chains up where segments end that another manifest lists."""
        for entry in entries:
            place = place_of(entry.key)
            if place is not None:
                self._links[place.chain] = next_link(place, entry.tip) if entry.tip else None

    def add(self, key: str, body: bytes) -> Segment | None:
        """Take a segment.

        Args:
            key: its key; keys come in order.
            body: its bytes.

        Returns:
            The segment, None where it is not whole.
        """
        place = place_of(key)
        if place is None:
            self._list(key, body, None, Problem(key=key, what="the name is not that of a segment"))
            return None
        try:
            segment = read_segment(place, self.environment, body)
        except BrokenSegmentError as error:
            broken = Problem(key=key, line=error.line, what=str(error), expected=error.expected, found=error.found)
            # Nobody can say with which digest the next segment has to begin.
            self._links[place.chain] = None
            self._list(key, body, None, broken)
            return None
        self._list(key, body, segment, self._misplaced(place, segment))
        self._links[place.chain] = next_link(place, segment.tip)
        for event in segment.events:
            self.counts.setdefault(event.values["kind"], Counter())[event.values["outcome"]] += 1
        return segment

    def _misplaced(self, place: Place, segment: Segment) -> Problem | None:
        expected = self._links.get(place.chain, first_link(place.day, place.chain))
        if expected is None:
            return None
        if expected.place != place:
            return Problem(
                key=expected.place.key,
                what="the segment is missing; the chain goes on behind it",
                expected=expected.place.key,
                found=place.key,
            )
        if segment.previous != expected.previous:
            what = "the segment does not go on where the one before it ends"
            return Problem(key=place.key, line=1, what=what, expected=expected.previous, found=segment.previous)
        return None

    def _list(self, key: str, body: bytes, segment: Segment | None, problem: Problem | None) -> None:
        self.entries.append(
            Entry(
                key=key,
                sha256=hashlib.sha256(body).hexdigest(),
                size=len(body),
                records=len(segment.events) if segment else 0,
                previous=segment.previous if segment else "",
                tip=segment.tip if segment else "",
                problem=problem.text if problem else "",
            )
        )
        if problem:
            self.problems.append(problem)


def made_of(tally: Tally, day: date, previous: Previous | None, made_at: str, key: SigningKey) -> Manifest:
    """Return the manifest of a day.

    Args:
        tally: the segments of the day, and those of the day before that came too late for its manifest.
        day: the day.
        previous: the manifest before it, None for the first.
        made_at: when it is made, ISO 8601 UTC.
        key: the key that signs it.
    """
    return Manifest(
        environment=tally.environment or "",
        day=day,
        number=1 if previous is None else previous.number + 1,
        previous=previous,
        segments=tally.entries,
        counts=tally.counts,
        made_at=made_at,
        signing_key=key.arn,
        public_key_sha256=key.fingerprint,
    )


def lateness(day: date, made: datetime) -> Problem | None:
    """Return that a day was signed late, None where it was not.

    Nothing protects the files of a day that is not signed, and whoever removes manifests has days signed anew: so what
    was signed after the day that followed is told.

    Args:
        day: the day.
        made: when its manifest was made, UTC.
    """
    if made.date() <= day + _ONE_DAY:
        return None
    what = "the day was signed late: what happened to its files before is not proved"
    return Problem(key=manifest_key(day), what=what, expected=f"by {day + _ONE_DAY}", found=made.date().isoformat())


def days_after(first: date, last: date) -> Iterable[date]:
    """Return the days from one to another, both included; none where the first is after the last."""
    return (first + _ONE_DAY * number for number in range((last - first).days + 1))
