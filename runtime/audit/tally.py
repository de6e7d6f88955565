"""Reads a day's segments for a manifest: lists each one, counts its events and checks that its chain has no gap."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date

import attrs

from runtime.audit import segments
from runtime.audit.manifests import Entry, Manifest, Previous, Problem, SigningKey


@attrs.define(kw_only=True)
class Tally:
    """What is found in the segments of a day, read in the order of their keys.

    Of a segment only its entry is kept: memory grows with the number of segments, not of events.
    """

    environment: str | None  # None if not known
    entries: list[Entry] = attrs.field(factory=list)
    counts: dict[str, Counter[str]] = attrs.field(factory=dict)  # events by kind and outcome
    problems: list[Problem] = attrs.field(factory=list)
    _links: dict[str, segments.Link | None] = attrs.field(factory=dict)

    def go_on_after(self, entries: Iterable[Entry]) -> None:
        """Continue the chains after the segments that another manifest lists."""
        for entry in entries:
            place = segments.place_of(entry.key)
            if place is not None:
                self._links[place.chain] = segments.next_link(place, entry.tip) if entry.tip else None

    def add(self, key: str, body: bytes) -> segments.Segment | None:
        """Take a segment; keys come in order. Return it, or None if it is not intact."""
        place = segments.place_of(key)
        if place is None:
            self._list(key, body, None, Problem(key=key, what="the name is not that of a segment"))
            return None
        try:
            segment = segments.read_segment(place, self.environment, body)
        except segments.BrokenSegmentError as error:
            broken = Problem(key=key, line=error.line, what=str(error), expected=error.expected, found=error.found)
            # The digest that the next segment begins with is unknown.
            self._links[place.chain] = None
            self._list(key, body, None, broken)
            return None
        self._list(key, body, segment, self._misplaced(place, segment))
        self._links[place.chain] = segments.next_link(place, segment.tip)
        for event in segment.events:
            self.counts.setdefault(event.values["kind"], Counter())[event.values["outcome"]] += 1
        return segment

    def manifest(self, day: date, previous: Previous | None, made_at: str, key: SigningKey) -> Manifest:
        """Return the manifest of a day: of its segments, and those that came too late for the manifest before it."""
        return Manifest(
            environment=self.environment or "",
            day=day,
            number=1 if previous is None else previous.number + 1,
            previous=previous,
            segments=self.entries,
            counts=self.counts,
            made_at=made_at,
            signing_key=key.arn,
            public_key_sha256=key.fingerprint,
        )

    def _misplaced(self, place: segments.Place, segment: segments.Segment) -> Problem | None:
        expected = self._links.get(place.chain, segments.first_link(place.day, place.chain))
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

    def _list(self, key: str, body: bytes, segment: segments.Segment | None, problem: Problem | None) -> None:
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
