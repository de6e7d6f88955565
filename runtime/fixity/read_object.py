"""Read one version of an object and compare its bytes with all evidence; a mismatch needs two reads."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from runtime.fixity import evidence as ev
from runtime.fixity.digests import StreamDigests, Wanted
from runtime.fixity.errors import OutOfTimeError, ReadRefusedError, UnreadableError
from runtime.fixity.evidence import Comparison, Evidence, PartSizes
from runtime.fixity.objects import ObjectFacts
from runtime.fixity.outcome import Outcome
from runtime.fixity.ports import ObjectStore, OpenObject
from runtime.fixity.records import READ_ONCE, outcome_of
from runtime.shared.object_ref import ObjectRef
from runtime.shared.ports import Clock


@attrs.frozen(kw_only=True)
class Examination:
    """Result of reading an object."""

    facts: ObjectFacts
    computed: Mapping[str, str]  # digests of the bytes, by algorithm
    comparisons: Sequence[Comparison]
    reads: int  # number of complete reads

    @property
    def finding(self) -> tuple[Outcome, str]:
        """The outcome, and a line for people; it says so if no second read confirmed a mismatch."""
        outcome, message = outcome_of(self.comparisons)
        wrong = [item for item in ev.contradictions(self.comparisons) if not item.evidence.of_replica]
        return outcome, f"{READ_ONCE}{message}" if wrong and self.reads == 1 else message


EvidenceOf = Callable[[ObjectFacts], Sequence[Evidence]]


@attrs.frozen(kw_only=True)
class Reader:
    """Reads versions and compares them with evidence."""

    store: ObjectStore
    clock: Clock
    deadline: datetime  # reading must end by then, UTC
    rate: int  # bytes per second, to judge whether an object fits the time left
    last: bool  # last attempt: report a mismatch even if there is no time for a second read

    def examine(
        self, ref: ObjectRef, version_id: str | None, *, algorithms: Sequence[str], evidence_of: EvidenceOf
    ) -> Examination:
        """Read a version, compute digests and compare them with the evidence. Return the result of the last read.

        Without a version id the current version is read; the second read uses the same version. `evidence_of` chooses
        the evidence once S3 has described the version.

        A mismatch is reported only after a second read on a new connection confirms it (lesson L11). The first read
        assumes equal part sizes of a multipart upload, the second asks for all sizes. An object that is too large for
        two reads in one attempt would never be called damaged. So the last attempt asks for all sizes at once and
        reports what one read found.

        Raises:
            ObjectAbsentError: there is no such version.
            ReadRefusedError: S3 refused the bytes, and would again.
            UnreadableError: not all bytes could be read.
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
        if second.facts.version != first.facts.version:
            raise UnreadableError("an upload overwrote it between the two reads")
        return attrs.evolve(second, reads=2)


@attrs.frozen
class _Read:
    """One examination's fixed arguments."""

    reader: Reader
    algorithms: Sequence[str]
    evidence_of: EvidenceOf

    def to_the_end(self, ref: ObjectRef, version_id: str | None, *, fresh: bool) -> Examination:
        """Read once, and once more on a new connection if the stream broke."""
        exact = fresh or self.reader.last
        try:
            return self._once(ref, version_id, fresh=fresh, exact=exact)
        except ReadRefusedError:
            raise
        except UnreadableError:
            return self._once(ref, version_id, fresh=True, exact=exact)

    def _once(self, ref: ObjectRef, version_id: str | None, *, fresh: bool, exact: bool) -> Examination:
        with self.reader.store.open(ref, version_id, fresh=fresh) as opened:
            facts = opened.facts
            evidence = self.evidence_of(facts)
            self._refuse_too_large(facts)
            parts, doubt = self._parts(facts, evidence, exact=exact)
            evidence = [attrs.evolve(item, reason=item.reason or doubt) if item.parts else item for item in evidence]
            needed = [found for item in evidence if (found := ev.wanted(item, parts)) is not None]
            digests = StreamDigests([*map(Wanted, self.algorithms), *needed])
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

    def _parts(self, facts: ObjectFacts, evidence: Sequence[Evidence], *, exact: bool) -> tuple[PartSizes | None, str]:
        """Return the sizes of the parts, or why they are not known: that is no reason not to read (lesson L42)."""
        count = max((item.parts for item in evidence if not item.reason), default=0)
        if count == 0:
            return None, ""
        try:
            sizes = self._sizes(facts, count, exact=exact)
        except UnreadableError as error:
            if not self.reader.last:
                raise
            return None, f"the sizes of the parts could not be had: {error}"
        if len(sizes) != count:
            return None, f"S3 states the sizes of {len(sizes)} of {count} parts, as it does if their numbers have gaps"
        if sum(sizes) != facts.size:
            return None, "the sizes of the parts do not add up to that of the object"
        return sizes, ""

    def _sizes(self, facts: ObjectFacts, count: int, *, exact: bool) -> PartSizes:
        if not exact:
            first = self.reader.store.part_sizes(facts.ref, facts.version_id, 1)
            guess = ev.equal_parts(first[0], facts.size, count) if first else first
            if guess is not None:
                return guess
        return self.reader.store.part_sizes(facts.ref, facts.version_id, count)
