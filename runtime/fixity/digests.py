"""Digests of a stream: any set of algorithms in one pass, in constant memory."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

import attrs


class Digester(Protocol):
    """A running digest."""

    def update(self, data: bytes, /) -> None:
        """Hash more bytes."""

    def digest(self) -> bytes:
        """Return the digest of all bytes so far."""


class _Crc:
    """A running CRC; the most significant byte comes first, as S3 writes it."""

    def __init__(self, step: Callable[[bytes, int], int], width: int) -> None:
        self._step = step
        self._width = width
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._width, "big")


class _XxHash:
    """A running xxHash of awscrt, whose native object has other method names."""

    def __init__(self, variant: str) -> None:
        from awscrt.checksums import XXHash  # noqa: PLC0415 (a native library that few objects need)

        self._native = getattr(XXHash, f"new_{variant}")()

    def update(self, data: bytes, /) -> None:
        self._native.update(data)

    def digest(self) -> bytes:
        return bytes(self._native.finalize())


def _awscrt(name: str, width: int) -> Digester:
    import awscrt.checksums  # noqa: PLC0415 (a native library: loaded by the first object that needs it)

    return _Crc(getattr(awscrt.checksums, name), width)


@attrs.frozen
class _Algorithm:
    """One algorithm."""

    start: Callable[[], Digester]
    size: int  # bytes of the digest
    check: str = ""  # published digest of the nine bytes `123456789`; empty if none was found


ALGORITHMS: Final[Mapping[str, _Algorithm]] = {
    "crc32": _Algorithm(lambda: _Crc(zlib.crc32, 4), 4, "cbf43926"),
    "crc32c": _Algorithm(lambda: _awscrt("crc32c", 4), 4, "e3069283"),
    "crc64nvme": _Algorithm(lambda: _awscrt("crc64nvme", 8), 8, "ae8b14860a799888"),
    "md5": _Algorithm(lambda: hashlib.md5(usedforsecurity=False), 16, "25f9e794323b453885f5181f1b624d0b"),
    "sha1": _Algorithm(lambda: hashlib.sha1(usedforsecurity=False), 20, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
    "sha256": _Algorithm(hashlib.sha256, 32, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
    "sha512": _Algorithm(
        hashlib.sha512,
        64,
        "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a"
        "d27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
    ),
    "xxhash64": _Algorithm(lambda: _XxHash("xxhash64"), 8, "8cb841db40e6ae83"),
    "xxhash3": _Algorithm(lambda: _XxHash("xxhash3_64"), 8),
    "xxhash128": _Algorithm(lambda: _XxHash("xxhash3_128"), 16),
}


def digester(algorithm: str) -> Digester:
    """Start a digest.

    Raises:
        ValueError: the algorithm is not one of `ALGORITHMS`.
    """
    if algorithm not in ALGORITHMS:
        raise ValueError(f"got the algorithm {algorithm!r}; allowed: {', '.join(sorted(ALGORITHMS))}")
    return ALGORITHMS[algorithm].start()


@attrs.frozen
class Wanted:
    """A digest to compute: of the whole object, or of the parts of a multipart upload.

    The digests of parts are digested once more, as in S3's multipart ETags and composite checksums:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
    """

    algorithm: str
    part_sizes: tuple[int, ...] | None = None  # in bytes; None for the whole object


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
        # Bytes behind the last part change the digest: they count as one more part.
        self._left = next(self._sizes, 2**63)

    def digest(self) -> bytes:
        self._outer.update(self._inner.digest())
        return self._outer.digest()


class StreamDigests:
    """Computes a set of digests over one stream; doubles are computed once.

    Raises:
        ValueError: an algorithm is not known.
    """

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self._digesters: dict[Wanted, Digester] = {
            item: digester(item.algorithm)
            if item.part_sizes is None
            else _PartwiseDigester(item.algorithm, item.part_sizes)
            for item in wanted
        }
        self.bytes_read = 0

    def update(self, chunk: bytes) -> None:
        """Hash the next bytes of the stream."""
        for running in self._digesters.values():
            running.update(chunk)
        self.bytes_read += len(chunk)

    def finish(self) -> dict[Wanted, str]:
        """Return the digests in lower-case hexadecimal."""
        return {item: running.digest().hex() for item, running in self._digesters.items()}


def same_bytes(some: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Tell whether two sets of hexadecimal digests by algorithm agree; without a common algorithm the answer is no."""
    common = some.keys() & others.keys()
    return bool(common) and all(some[name].lower() == others[name].lower() for name in common)
