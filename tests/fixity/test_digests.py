import hashlib
import zlib
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.contract import DIGEST_ALGORITHMS
from runtime.fixity.digests import ALGORITHMS, StreamDigests, Wanted, digester, same_bytes


def _digest(wanted: Wanted, chunks: Sequence[bytes]) -> str:
    digests = StreamDigests([wanted])
    for chunk in chunks:
        digests.update(chunk)
    return digests.finish()[wanted]


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
@given(chunks=st.lists(st.binary(max_size=40), max_size=8))
def test_chunks_do_not_matter(algorithm: str, chunks: list[bytes]) -> None:
    """A digest depends on the bytes only, however the stream is cut, and has the algorithm's length."""
    whole = _digest(Wanted(algorithm), [b"".join(chunks)])

    assert whole == _digest(Wanted(algorithm), chunks)
    assert ALGORITHMS[algorithm].size * 2 == len(whole)


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_published_check_values(algorithm: str) -> None:
    """The digests of "123456789" are the published check values; every algorithm of deposits has one."""
    expected = ALGORITHMS[algorithm].check

    assert expected == _digest(Wanted(algorithm), [b"123456789"])[: len(expected)]
    assert expected or algorithm not in DIGEST_ALGORITHMS


@given(
    body=st.binary(min_size=1, max_size=200),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    cut=st.integers(1, 50),
)
def test_digest_of_parts_is_the_digest_of_their_digests(body: bytes, sizes: list[int], cut: int) -> None:
    """Part-wise digests equal S3's rule, whatever the chunks of the stream."""
    bounds = [0]
    for size in sizes:
        bounds.append(min(len(body), bounds[-1] + size))
    bounds[-1] = len(body)
    parts = [body[start:end] for start, end in pairwise(bounds) if end > start]
    expected = hashlib.md5(usedforsecurity=False)
    for part in parts:
        expected.update(hashlib.md5(part, usedforsecurity=False).digest())
    chunks = [body[start : start + cut] for start in range(0, len(body), cut)]

    assert expected.hexdigest() == _digest(Wanted("md5", tuple(len(part) for part in parts)), chunks)


def test_bytes_behind_the_last_part_change_the_digest() -> None:
    """A stream that is longer than its parts does not get the digest of the parts."""
    wanted = Wanted("crc32", (3, 3))

    assert _digest(wanted, [b"abcdef"]) != _digest(wanted, [b"abcdefg"])


def test_all_digests_come_from_one_pass() -> None:
    """Several digests of one stream are computed together and the bytes are counted once."""
    digests = StreamDigests([Wanted("crc32"), Wanted("sha256"), Wanted("crc32")])
    digests.update(b"abc")
    digests.update(b"def")

    assert 6 == digests.bytes_read
    assert {
        Wanted("crc32"): f"{zlib.crc32(b'abcdef'):08x}",
        Wanted("sha256"): hashlib.sha256(b"abcdef").hexdigest(),
    } == digests.finish()


def test_unknown_algorithm_is_named() -> None:
    """An unknown algorithm is refused in one line that names the known ones."""
    with pytest.raises(ValueError, match="got the algorithm 'md4'; allowed: crc32, crc32c, crc64nvme"):
        digester("md4")


@pytest.mark.parametrize(
    ("some", "others", "same"),
    [
        ({"md5": "aa", "sha1": "bb"}, {"md5": "aa", "sha256": "cc"}, True),
        ({"md5": "aa", "sha1": "bb"}, {"md5": "aa", "sha1": "cc"}, False),
        ({"md5": "aa"}, {"sha256": "cc"}, False),
        ({}, {}, False),
    ],
)
def test_same_bytes_are_said_by_common_algorithms(*, some: dict[str, str], others: dict[str, str], same: bool) -> None:
    """All digests that both have must be equal; where they have none in common nothing is said to be the same."""
    assert same == same_bytes(some, others)


def test_l45_digests_agree_whatever_their_case() -> None:
    """A digest that somebody wrote in upper case names the same bytes."""
    assert same_bytes({"md5": "AB"}, {"md5": "ab", "sha256": "cd"})
