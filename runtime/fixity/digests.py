"""Digests of a stream: any set of algorithms in one pass, in constant memory."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

import attrs


class Digester(Protocol):
    """A running digest."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all bytes taken."""
        ...


class _Crc:
    """A running CRC, its value most significant byte first as S3 writes it."""

    def __init__(self, step: Callable[[bytes, int], int], width: int) -> None:
        self._step = step
        self._width = width
        self._value = 0

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        """Return the CRC of all bytes taken."""
        return self._value.to_bytes(self._width, "big")


class _XxHash:
    """A running xxHash of awscrt, whose native object has other method names."""

    def __init__(self, variant: str) -> None:
        from awscrt.checksums import XXHash  # noqa: PLC0415 (a native library that few objects need)

        self._native = getattr(XXHash, f"new_{variant}")()

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        self._native.update(data)

    def digest(self) -> bytes:
        """Return the hash of all bytes taken."""
        return bytes(self._native.finalize())


def _awscrt(name: str, width: int) -> Digester:
    import awscrt.checksums  # noqa: PLC0415 (a native library: loaded by the first object that needs it)

    return _Crc(getattr(awscrt.checksums, name), width)


def _md5() -> Digester:
    return hashlib.md5(usedforsecurity=False)


def _sha1() -> Digester:
    return hashlib.sha1(usedforsecurity=False)


_FACTORIES: Final[Mapping[str, Callable[[], Digester]]] = {
    "crc32": lambda: _Crc(zlib.crc32, 4),
    "crc32c": lambda: _awscrt("crc32c", 4),
    "crc64nvme": lambda: _awscrt("crc64nvme", 8),
    "md5": _md5,
    "sha1": _sha1,
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "xxhash64": lambda: _XxHash("xxhash64"),
    "xxhash3": lambda: _XxHash("xxhash3_64"),
    "xxhash128": lambda: _XxHash("xxhash3_128"),
}

KNOWN_ALGORITHMS: Final = frozenset(_FACTORIES)
DIGEST_BYTES: Final[Mapping[str, int]] = {
    "crc32": 4,
    "crc32c": 4,
    "crc64nvme": 8,
    "md5": 16,
    "sha1": 20,
    "sha256": 32,
    "sha512": 64,
    "xxhash64": 8,
    "xxhash3": 8,
    "xxhash128": 16,
}


def digester(algorithm: str) -> Digester:
    """Start a digest.

    Args:
        algorithm: one of `KNOWN_ALGORITHMS`.

    Raises:
        ValueError: the algorithm is not known.
    """
    if algorithm not in _FACTORIES:
        raise ValueError(f"got the algorithm {algorithm!r}; allowed: {', '.join(sorted(_FACTORIES))}")
    return _FACTORIES[algorithm]()


@attrs.frozen
class Wanted:
    """A digest to compute.

    Attributes:
        algorithm: one of `KNOWN_ALGORITHMS`.
        part_sizes: None for the whole object; otherwise the sizes in bytes of the parts of a multipart upload, whose
            digests are digested once more, as S3 does for multipart ETags and composite checksums
            (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
    """

    algorithm: str
    part_sizes: tuple[int, ...] | None = None


class _PartwiseDigester:
    """Digest of the digests of the parts."""

    def __init__(self, algorithm: str, part_sizes: Sequence[int]) -> None:
        self._algorithm = algorithm
        self._sizes = iter(part_sizes)
        self._outer = digester(algorithm)
        self._left = next(self._sizes, 0)
        self._inner = digester(algorithm)

    def update(self, data: bytes, /) -> None:
        view = memoryview(data)
        while len(view) > self._left:
            self._inner.update(bytes(view[: self._left]))
            view = view[self._left :]
            self._close_part()
        self._inner.update(bytes(view) if len(view) != len(data) else data)
        self._left -= len(view)

    def _close_part(self) -> None:
        self._outer.update(self._inner.digest())
        self._inner = digester(self._algorithm)
        # Bytes behind the last part belong to no part: they fall into one that changes the digest.
        self._left = next(self._sizes, 2**63)

    def digest(self) -> bytes:
        self._outer.update(self._inner.digest())
        return self._outer.digest()


class StreamDigests:
    """Computes a set of digests over one stream."""

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        """Start the digests.

        Args:
            wanted: what to compute; doubles are computed once.

        Raises:
            ValueError: an algorithm is not known.
        """
        self._digesters: dict[Wanted, Digester] = {
            item: digester(item.algorithm)
            if item.part_sizes is None
            else _PartwiseDigester(item.algorithm, item.part_sizes)
            for item in wanted
        }
        self.bytes_read = 0

    def update(self, chunk: bytes) -> None:
        """Take more bytes of the stream."""
        for running in self._digesters.values():
            running.update(chunk)
        self.bytes_read += len(chunk)

    def finish(self) -> dict[Wanted, str]:
        """Return the digests in lower-case hexadecimal."""
        return {item: running.digest().hex() for item, running in self._digesters.items()}


def same_bytes(some: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Tell whether two sets of digests are of the same bytes, as far as they have algorithms in common.

    Args:
        some: digests by algorithm.
        others: digests by algorithm; without a common algorithm nothing can be said, and the answer is no.
    """
    common = some.keys() & others.keys()
    return bool(common) and all(some[name] == others[name] for name in common)
