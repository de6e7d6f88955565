import hashlib

import pytest

from runtime.audit.merkle import path, root, root_by_path

# The test vectors of Certificate Transparency, which RFC 6962 describes.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_rfc(size: int) -> None:
    """Known lists have the roots that others compute for them."""
    assert ROOTS[size - 1] == root(LEAVES[:size]).hex()


def test_the_root_of_nothing_is_the_digest_of_nothing() -> None:
    """A day without events has a root too."""
    assert hashlib.sha256(b"").digest() == root([])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 33])
def test_a_path_leads_to_the_root_from_its_entry_only(size: int) -> None:
    """Every entry has a way to the root, and no other entry leads there by it."""
    entries = [f"entry {number}".encode() for number in range(size)]
    for index, entry in enumerate(entries):
        way = path(entries, index)
        assert root(entries) == root_by_path(entry, way)
        assert root(entries) != root_by_path(b"another", way)
