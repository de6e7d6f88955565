"""The rows of a bucket in order, the next page read while one is worked on."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import TypeVar

from runtime.shared.pages import Page

T = TypeVar("T")


def read_ahead(
    pool: Executor, page: Callable[[str, str | None], Page[T]], bucket: str, after: str | None
) -> Iterator[T]:
    """Yield the rows of a bucket in order; while those of one page are worked on the next page is read.

    Args:
        pool: runs the reading.
        page: returns the rows of a bucket behind a key.
        bucket: the bucket.
        after: the key; None at the bucket's start.

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
