"""Digests in a depositor's metadata, in the forms that tools and people write them (lesson L45).

rclone writes `md5chksum` in Base64 (https://rclone.org/s3/#hashes), s3cmd `s3cmd-attrs` with `md5:` among other
attributes (https://github.com/s3tools/s3cmd), people a line of `sha256sum`, upper case, or `sha256:` before the digest.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from runtime.fixity.digests import ALGORITHMS

_S3CMD: Final = "s3cmd-attrs"
# Algorithms that depositors write and this software does not compute.
_UNKNOWN: Final = r"sha224|sha384|sha3224|sha3256|sha3384|sha3512|sha512224|sha512256|blake2b|blake2s|blake3|whirlpool"
_ALGORITHM: Final = "|".join([*sorted(ALGORITHMS, key=len, reverse=True), _UNKNOWN])
# Metadata names, in lower case and without dashes, underscores and blanks.
_NAMED: Final = re.compile(
    rf"(?:content|file|checksum|hash|digest)?({_ALGORITHM})(?:sum|chksum|checksum|hash|digest|hex|base64|b64)?"
)
# Names that leave it to the value to name the algorithm.
_UNNAMED: Final = frozenset({"checksum", "digest", "hash", "fixity", "contentdigest", "reprdigest"})
# `sha256:...` and `SHA-256=...`; lines of `sha256sum --tag` and of `sha256sum`, with the file's name behind two blanks,
# or a blank and an asterisk: https://www.gnu.org/software/coreutils/manual/html_node/md5sum-invocation.html
_PREFIXED: Final = re.compile(r"([A-Za-z][A-Za-z0-9_/-]*)\s*[:=]\s*(\S.*)")
_TAGGED: Final = re.compile(r"\\?([A-Za-z][A-Za-z0-9_/-]*) \(.*\) = (\S+)")
_LINE: Final = re.compile(r"\\?(\S+) [ *].*")
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]+")


class StatedDigest(NamedTuple):
    """A digest that a depositor states."""

    algorithm: str  # the name of the metadata if no algorithm is named
    value: str  # lower-case hexadecimal; as found if it cannot be compared
    reason: str = ""  # why it cannot be compared; empty if it can


def names_digest(name: str) -> bool:
    """Tell whether the metadata of this name may hold a digest."""
    plain = _plain(name)
    return name.lower() == _S3CMD or plain in _UNNAMED or _NAMED.fullmatch(plain) is not None


def stated_digests(metadata: Mapping[str, str]) -> Iterator[StatedDigest]:
    """Yield the digests in user metadata; what cannot be compared says why."""
    for name, value in sorted(metadata.items()):
        if name.lower() != _S3CMD:
            yield _stated(name, value)
        elif md5 := dict(part.partition(":")[::2] for part in value.split("/")).get("md5"):
            yield _stated("md5", md5)


def _plain(text: str) -> str:
    return re.sub(r"[-_/ ]", "", text.lower())


def _stated(name: str, value: str) -> StatedDigest:
    named = _NAMED.fullmatch(_plain(name))
    algorithm, text = named[1] if named else "", value.strip()
    prefixed = _TAGGED.fullmatch(text) or _PREFIXED.fullmatch(text)
    if prefixed and (inside := _NAMED.fullmatch(_plain(prefixed[1]))):
        if algorithm not in {"", inside[1]}:
            return StatedDigest(algorithm, value, f"it names another algorithm, {inside[1]}")
        # In structured fields there are colons around Base64: https://www.rfc-editor.org/rfc/rfc9530
        algorithm, text = inside[1], prefixed[2].strip().strip(":")
    if not algorithm:
        return StatedDigest(name.lower(), value, "it names no algorithm that this software knows")
    if algorithm not in ALGORITHMS:
        return StatedDigest(algorithm, value, "this software does not know the algorithm")
    size = ALGORITHMS[algorithm].size
    if line := _LINE.fullmatch(text):
        text = line[1]
    digest = text.lower()
    if not (len(digest) == 2 * size and _HEXADECIMAL.fullmatch(digest)):
        digest = _decoded(text, size)
    if not digest:
        reason = f"it is neither {2 * size} hexadecimal digits nor Base64 of {size} bytes"
        return StatedDigest(algorithm, value, reason)
    return StatedDigest(algorithm, digest)


def _decoded(text: str, size: int) -> str:
    """Return Base64 of so many bytes as hexadecimal; empty if it is none. Alphabet and padding are as found."""
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        digest = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        return ""
    return digest.hex() if len(digest) == size else ""
