"""What sweeps and reports share: both go over whole buckets slice by slice, and are complete with their last bucket."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar

from runtime.bucket_runs.run import UNFINISHED
from runtime.shared.pages import Page
from runtime.shared.ports import Documents

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


def finished(documents: Documents, key: str) -> bool:
    """Tell whether the result of a bucket is there, other than that it was given up. Errors as of `Documents`."""
    standing = documents.read(key)
    return standing is not None and not standing.get(UNFINISHED)


def write_result(documents: Documents, key: str, document: Mapping[str, Any]) -> None:
    """Write the result of a bucket once, in the place of having been given up if need be. Errors as of `Documents`."""
    if not documents.write_once(key, document) and not finished(documents, key):
        documents.write(key, document)
