"""Independent digests to compare an object's bytes with, and the result of the comparison."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import attrs

from runtime.fixity.depositor_digests import stated_digests
from runtime.fixity.digests import ALGORITHMS, Wanted
from runtime.fixity.objects import Encryption, ObjectFacts

_MULTIPART_ETAG: Final = re.compile(r"([0-9a-f]{32})-([0-9]{1,5})")
_PLAIN_ETAG: Final = re.compile(r"[0-9a-f]{32}")
_COMPOSITE: Final = re.compile(r"(.+)-([0-9]{1,5})")


class Source(StrEnum):
    """Where an expected digest comes from."""

    BASELINE = "baseline"
    ETAG = "S3 ETag"
    S3_CHECKSUM = "S3 stored checksum"
    DEPOSITOR = "depositor's metadata"
    REPLICA = "replica"
    REPLICA_READ = "replica as read"


class Verdict(StrEnum):
    """Result of one comparison."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NOT_COMPARED = "not compared"


@attrs.frozen(kw_only=True)
class Evidence:
    """One digest to compare with, or the reason why it cannot be compared."""

    source: Source | str  # a record may name sources that this software does not know
    algorithm: str
    expected: str  # lower-case hexadecimal; as found if it cannot be compared
    parts: int = 0  # number of parts of a multipart digest; 0 for the whole object
    reason: str = ""  # why it cannot be compared; empty if it can

    @property
    def of_replica(self) -> bool:
        """Whether this is evidence about the replica, not about the object itself."""
        return self.source in {Source.REPLICA, Source.REPLICA_READ}


@attrs.frozen(kw_only=True)
class Comparison:
    """Result of one piece of evidence."""

    evidence: Evidence
    computed: str  # empty if nothing was compared
    verdict: Verdict | str

    @property
    def text(self) -> str:
        """The comparison in words, for records and e-mails."""
        what = f"{self.evidence.source}, {self.evidence.algorithm}"
        if self.evidence.parts:
            what += f" over {self.evidence.parts} parts"
        if self.verdict is Verdict.NOT_COMPARED:
            return f"{what}: not compared, {self.evidence.reason}"
        return f"{what}: expected {self.evidence.expected}, computed {self.computed}"


PartSizes = tuple[int, ...]
"""Sizes in bytes of the parts of a multipart upload, in order."""


def equal_parts(first: int, size: int, count: int) -> PartSizes | None:
    """Return the sizes in bytes of the parts of an upload, if all parts but the last are as large as the first.

    None if such parts do not add up to the object's size.
    """
    last = size - first * (count - 1)
    return (first,) * (count - 1) + (last,) if 0 < last <= first else None


def from_s3(facts: ObjectFacts) -> list[Evidence]:
    """Return what S3 and the depositor say about a version's bytes.

    The ETag is an MD5 of the content only if the object was uploaded in one part and is not encrypted with SSE-KMS or
    SSE-C (lesson L08, https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
    """
    found = [_from_etag(facts)]
    found += [_from_checksum(algorithm, value) for algorithm, value in sorted(facts.checksums.items())]
    found += [
        Evidence(source=Source.DEPOSITOR, algorithm=one.algorithm, expected=one.value, reason=one.reason)
        for one in stated_digests(facts.depositor_digests)
    ]
    return found


def from_baseline(digests: Mapping[str, str]) -> list[Evidence]:
    """Return the digests of the baseline as evidence."""
    return [
        Evidence(
            source=Source.BASELINE,
            algorithm=algorithm,
            expected=value,
            reason=_doubt_of_hexadecimal(algorithm, value),
        )
        for algorithm, value in sorted(digests.items())
    ]


def _doubt_of_hexadecimal(algorithm: str, value: str) -> str:
    """Return why a recorded digest cannot be compared, empty if it can: a spoiled record is no damaged object."""
    if algorithm not in ALGORITHMS:
        return "this software does not know the algorithm"
    digits = ALGORITHMS[algorithm].size * 2
    return "" if re.fullmatch(rf"[0-9a-f]{{{digits}}}", value) else f"it is not {digits} hexadecimal digits"


def _from_etag(facts: ObjectFacts) -> Evidence:
    etag = facts.etag.lower()
    if facts.encryption is not Encryption.S3_MANAGED:
        return _not_comparable(Source.ETAG, "md5", etag, f"it is no MD5 under {facts.encryption} encryption")
    if _PLAIN_ETAG.fullmatch(etag):
        return Evidence(source=Source.ETAG, algorithm="md5", expected=etag)
    if multipart := _MULTIPART_ETAG.fullmatch(etag):
        return Evidence(source=Source.ETAG, algorithm="md5", expected=multipart[1], parts=int(multipart[2]))
    return _not_comparable(Source.ETAG, "md5", etag, "it does not have the form of an MD5")


def _from_checksum(algorithm: str, value: str) -> Evidence:
    if algorithm not in ALGORITHMS:
        return _not_comparable(Source.S3_CHECKSUM, algorithm, value, "this software does not know the algorithm")
    composite = _COMPOSITE.fullmatch(value)
    try:
        digest = base64.b64decode(composite[1] if composite else value, validate=True)
    except binascii.Error:
        return _not_comparable(Source.S3_CHECKSUM, algorithm, value, "it is not base64")
    if len(digest) != ALGORITHMS[algorithm].size:
        return _not_comparable(Source.S3_CHECKSUM, algorithm, value, "its length is not that of the algorithm")
    return Evidence(
        source=Source.S3_CHECKSUM,
        algorithm=algorithm,
        expected=digest.hex(),
        parts=int(composite[2]) if composite else 0,
    )


def _not_comparable(source: Source, algorithm: str, value: str, reason: str) -> Evidence:
    return Evidence(source=source, algorithm=algorithm, expected=value, reason=reason)


def wanted(evidence: Evidence, parts: PartSizes | None) -> Wanted | None:
    """Return the digest to compute for a piece of evidence, None if it cannot be compared."""
    if evidence.reason:
        return None
    if not evidence.parts:
        return Wanted(evidence.algorithm)
    if parts is None or len(parts) != evidence.parts:
        return None
    return Wanted(evidence.algorithm, parts)


def compare(
    evidence: Iterable[Evidence], computed: Mapping[Wanted, str], parts: PartSizes | None
) -> tuple[Comparison, ...]:
    """Compare every piece of evidence with the digests of the bytes read.

    A comparison that cannot be made says why, and is not a failure. `parts` are the sizes used for the digests.
    """
    return tuple(_compared(item, computed, parts) for item in evidence)


def _compared(item: Evidence, computed: Mapping[Wanted, str], parts: PartSizes | None) -> Comparison:
    needed = wanted(item, parts)
    if needed is None or needed not in computed:
        reason = item.reason or "the sizes of the parts are not known"
        return Comparison(evidence=attrs.evolve(item, reason=reason), computed="", verdict=Verdict.NOT_COMPARED)
    verdict = Verdict.MATCH if computed[needed] == item.expected else Verdict.MISMATCH
    return Comparison(evidence=item, computed=computed[needed], verdict=verdict)


def contradictions(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return the mismatches."""
    return [comparison for comparison in comparisons if comparison.verdict is Verdict.MISMATCH]
