"""Read one version of an object and compare its bytes with all evidence, twice before calling it damaged."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from runtime.fixity import evidence as ev
from runtime.fixity.digests import StreamDigests, Wanted
from runtime.fixity.errors import OutOfTimeError, UnreadableError
from runtime.fixity.evidence import Comparison, Evidence, PartSizes
from runtime.fixity.objects import ObjectFacts
from runtime.fixity.outcome import Outcome
from runtime.fixity.ports import ObjectStore, OpenObject
from runtime.fixity.records import outcome_of
from runtime.shared.object_ref import ObjectRef
from runtime.shared.ports import Clock

_READS_BEFORE_UNREADABLE: Final = 2
_READ_ONCE: Final = "read once, the last attempt had no time for a second read: "


@attrs.frozen(kw_only=True)
class Examination:
    """What reading an object to its end brought to light.

    Attributes:
        facts: what S3 says about the version.
        computed: digests of the bytes, by algorithm.
        comparisons: all evidence and what became of it.
        reads: how often the object was read to its end.
    """

    facts: ObjectFacts
    computed: Mapping[str, str]
    comparisons: Sequence[Comparison]
    reads: int

    @property
    def finding(self) -> tuple[Outcome, str]:
        """The outcome, and a line for people, which says so where no second read has confirmed a contradiction."""
        outcome, message = outcome_of(self.comparisons)
        wrong = [item for item in ev.contradictions(self.comparisons) if not item.evidence.of_replica]
        return outcome, f"{_READ_ONCE}{message}" if wrong and self.reads == 1 else message


EvidenceOf = Callable[[ObjectFacts], Sequence[Evidence]]


@attrs.frozen(kw_only=True)
class Reader:
    """Reads versions and compares them with evidence.

    Attributes:
        store: where the objects are.
        clock: tells the time.
        deadline: the moment by which reading must have ended, UTC.
        rate: bytes per second by which an object is judged to fit the time left.
        last: whether nobody will read after this, so that a contradiction is said although no time is left to confirm
            it.
    """

    store: ObjectStore
    clock: Clock
    deadline: datetime
    rate: int
    last: bool

    def examine(
        self, ref: ObjectRef, version_id: str | None, *, algorithms: Sequence[str], evidence_of: EvidenceOf
    ) -> Examination:
        """Read a version, computing digests and comparing them with the evidence.

        A contradiction is said only after a second read on a new connection says it too (lesson L11). For that read
        the sizes of all parts of a multipart upload are asked for, because the first one takes them to be equal. What
        is too large to be read twice in one attempt would never be called damaged, so the last attempt, which asks for
        all sizes at once, says what one read found.

        Args:
            ref: the object.
            version_id: the version, the current one when None. The second read is pinned to the version of the first.
            algorithms: digests to compute whatever the evidence is.
            evidence_of: chooses the evidence once S3 has said what the version is.

        Returns:
            The examination of the last read.

        Raises:
            ObjectAbsentError: there is no such version.
            UnreadableError: it could not be read to its end.
            OutOfTimeError: it does not fit the time left.
        """
        once = _Read(self, algorithms, evidence_of)
        first = once.to_the_end(ref, version_id, fresh=False)
        if not ev.contradictions(first.comparisons):
            return first
        try:
            second = once.to_the_end(ref, first.facts.version_id, fresh=True)
        except OutOfTimeError as error:
            if self.last:
                return first
            raise UnreadableError("the first read contradicts the evidence, no time was left for the second") from error
        return attrs.evolve(second, reads=2)


@attrs.frozen
class _Read:
    """One examination's fixed arguments."""

    reader: Reader
    algorithms: Sequence[str]
    evidence_of: EvidenceOf

    def to_the_end(self, ref: ObjectRef, version_id: str | None, *, fresh: bool) -> Examination:
        """Read once, and once more on a new connection where the stream broke."""
        for attempt in range(1, _READS_BEFORE_UNREADABLE + 1):
            try:
                return self._once(ref, version_id, fresh=fresh or attempt > 1, exact=fresh or self.reader.last)
            except UnreadableError:
                if attempt == _READS_BEFORE_UNREADABLE:
                    raise
        raise AssertionError("unreachable")

    def _once(self, ref: ObjectRef, version_id: str | None, *, fresh: bool, exact: bool) -> Examination:
        with self.reader.store.open(ref, version_id, fresh=fresh) as opened:
            facts = opened.facts
            self._refuse_too_large(facts)
            evidence = self.evidence_of(facts)
            parts = self._parts(facts, evidence, exact=exact)
            needed = {ev.wanted(item, parts) for item in evidence} - {None}
            digests = StreamDigests(
                [Wanted(algorithm) for algorithm in self.algorithms]
                + [item for item in needed if item is not None and item not in map(Wanted, self.algorithms)]
            )
            self._read(opened, digests)
        if digests.bytes_read != facts.size:
            raise UnreadableError(f"{digests.bytes_read} bytes came, {facts.size} were announced")
        computed = digests.finish()
        return Examination(
            facts=facts,
            computed={algorithm: computed[Wanted(algorithm)] for algorithm in self.algorithms},
            comparisons=ev.compare(evidence, computed, parts),
            reads=1,
        )

    def _refuse_too_large(self, facts: ObjectFacts) -> None:
        left = self.reader.deadline - self.reader.clock.now()
        if timedelta(seconds=facts.size / self.reader.rate) > left:
            raise OutOfTimeError(
                f"{facts.size} bytes at {self.reader.rate} bytes per second do not fit"
                f" {max(0, int(left.total_seconds()))} seconds",
                facts,
            )

    def _read(self, opened: OpenObject, digests: StreamDigests) -> None:
        for chunk in opened.chunks():
            digests.update(chunk)
            if self.reader.clock.now() > self.reader.deadline:
                raise OutOfTimeError(
                    f"{digests.bytes_read} of {opened.facts.size} bytes were read in the time given", opened.facts
                )

    def _parts(self, facts: ObjectFacts, evidence: Sequence[Evidence], *, exact: bool) -> PartSizes | None:
        count = max((item.parts for item in evidence if not item.reason), default=0)
        if count == 0:
            return None
        if not exact:
            first = self.reader.store.part_sizes(facts.ref, facts.version_id, 1)
            guess = ev.equal_parts(first[0], facts.size, count) if first else None
            if guess is not None:
                return guess
        sizes = self.reader.store.part_sizes(facts.ref, facts.version_id, count)
        return sizes if len(sizes) == count and sum(sizes) == facts.size else None
