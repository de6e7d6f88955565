"""A failed check as one sentence for people, with digests cut to a length that the eye compares."""

import re
from collections.abc import Mapping
from typing import Any, Final

from runtime.fixity.evidence import Comparison, Source, Verdict
from runtime.fixity.records import ReportOf
from runtime.fixity.replica import CURRENT_VERSION, SIZE_IN_BYTES
from runtime.shared.wording import cut, joined

_DIGITS: Final = 12
_CHARACTERS: Final = 200
_DIGEST: Final = re.compile(rf"(?<![0-9a-zA-Z])([0-9a-f]{{{_DIGITS}}})[0-9a-f]{{4,}}(?![0-9a-zA-Z])")
_NAMES: Final = {"sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}
# The first of these that contradicts is shown; the baseline is the deposit itself.
_STRONGEST: Final = ("sha256", "sha512", "sha1", "md5")
_SAYS: Final[Mapping[str, str]] = {
    Source.BASELINE: "at its deposit it was",
    Source.ETAG: "S3's ETag says",
    Source.S3_CHECKSUM: "S3's stored checksum says",
    Source.DEPOSITOR: "the depositor's metadata says",
}


def what_differs(check: ReportOf[Any, Any]) -> str:
    """Return what contradicts, as a sentence without its first capital and its full stop; empty if nothing does."""
    found = [item for item in check.comparisons if item.verdict == Verdict.MISMATCH]
    own = sorted((item for item in found if not item.evidence.of_replica), key=_rank)
    of_replica = sorted((item for item in found if item.evidence.of_replica), key=_rank)
    if not own:
        return _replica(of_replica[0]) if of_replica else ""
    first, *others = own
    more = sorted({_name(item) for item in others} - {_name(first)})
    if of_replica:
        more.append("the replica")
    too = f"; {joined(more)} {'differs' if len(more) == 1 else 'differ'} too" if more else ""
    says = _SAYS.get(first.evidence.source, f"{first.evidence.source} says")
    return f"its {_name(first)} is {shortened(first.computed)}, {says} {shortened(first.evidence.expected)}{too}"


def shortened(text: str) -> str:
    """Return a text whose digests are cut to their first digits, itself cut if it is long."""
    return cut(_DIGEST.sub(r"\1…", text), _CHARACTERS)


def _replica(item: Comparison) -> str:
    expected, found = shortened(item.evidence.expected), shortened(item.computed)
    if item.evidence.algorithm == CURRENT_VERSION:
        behind = found if found.startswith("a ") else f"version {found}"
        return f"its replica is hidden behind {behind} in the other region, and S3 will remove it"
    if item.evidence.algorithm == SIZE_IN_BYTES:
        return f"its replica has {found} bytes, at the deposit the object had {expected}"
    return f"the {_name(item)} of its replica is {found}, at the deposit of the object it was {expected}"


def _rank(item: Comparison) -> tuple[bool, int]:
    algorithm = item.evidence.algorithm
    strength = _STRONGEST.index(algorithm) if algorithm in _STRONGEST else len(_STRONGEST)
    return item.evidence.source != Source.BASELINE, strength


def _name(item: Comparison) -> str:
    name = _NAMES.get(item.evidence.algorithm, item.evidence.algorithm.upper())
    return f"{name} over {item.evidence.parts} parts" if item.evidence.parts else name
