"""Merkle trees after RFC 6962, section 2.1: one digest for a list, and proofs that an entry is in it."""

import hashlib
from collections.abc import Iterable, Sequence

import attrs


@attrs.frozen
class Step:
    """One step from a leaf to the root."""

    sibling: bytes  # digest to join with
    on_the_left: bool


def leaf(data: bytes) -> bytes:
    """Return the digest of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(entries: Iterable[bytes]) -> bytes:
    """Return the root of the tree over entries in their order; the root of no entries is the digest of nothing."""
    # Complete subtrees with their heights, from left to right: neighbours never have the same height.
    trees: list[tuple[int, bytes]] = []
    for entry in entries:
        height, digest = 0, leaf(entry)
        while trees and trees[-1][0] == height:
            digest = _node(trees.pop()[1], digest)
            height += 1
        trees.append((height, digest))
    if not trees:
        return hashlib.sha256(b"").digest()
    digest = trees.pop()[1]
    while trees:
        digest = _node(trees.pop()[1], digest)
    return digest


def path(entries: Sequence[bytes], index: int) -> tuple[Step, ...]:
    """Return the steps from an entry to the root, which prove that it is in the tree. The index begins at 0."""
    if len(entries) == 1:
        return ()
    # The largest power of two that is smaller than the number of entries.
    split = 1 << ((len(entries) - 1).bit_length() - 1)
    if index < split:
        return (*path(entries[:split], index), Step(root(entries[split:]), on_the_left=False))
    return (*path(entries[split:], index - split), Step(root(entries[:split]), on_the_left=True))


def root_by_path(entry: bytes, steps: Iterable[Step]) -> bytes:
    """Return the root that an entry and its steps lead to."""
    digest = leaf(entry)
    for step in steps:
        digest = _node(step.sibling, digest) if step.on_the_left else _node(digest, step.sibling)
    return digest
