"""Merge join of what tables and S3 hold of one bucket's objects."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, overload

# Anything with a `ref`. A protocol as its bound would cost time at every cold start.
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


@overload
def side_by_side(one: Iterable[A], two: Iterable[B], /) -> Iterator[tuple[str, A | None, B | None]]: ...


@overload
def side_by_side(
    one: Iterable[A], two: Iterable[B], three: Iterable[C], /
) -> Iterator[tuple[str, A | None, B | None, C | None]]: ...


def side_by_side(*runs: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield each key in order, with each input's item or None. Items have a `ref`; inputs are in the order of keys."""
    iterators = [iter(run) for run in runs]
    heads = [next(iterator, None) for iterator in iterators]
    while keys := [head.ref.key for head in heads if head is not None]:
        key = min(keys)
        found = [head if head is not None and head.ref.key == key else None for head in heads]
        yield (key, *found)
        for number, head in enumerate(found):
            if head is not None:
                heads[number] = next(iterators[number], None)
