"""Reads the rows of a bucket in order; the next page is read while one is worked on."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import TypeVar

from runtime.shared.pages import Page

T = TypeVar("T")


def read_ahead(
    pool: Executor, page: Callable[[str, str | None], Page[T]], bucket: str, after: str | None
) -> Iterator[T]:
    """Yield the rows of a bucket after a key, or from the start, reading the next page in the pool.

    Raises:
        TransientError: a service did not answer.
        RefusedError: a service refused.
    """
    answer = page(bucket, after)
    while answer.next_after is not None:
        following = pool.submit(page, bucket, answer.next_after)
        yield from answer.rows
        answer = following.result()
    yield from answer.rows
