"""Shows progress of work that takes longer than two seconds: on stderr, if it is a terminal."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show during the block what is being done, and for how long."""
    with _shown(with_bar=False) as shown:
        if shown:
            shown.add_task(what, total=None)
        yield


@contextmanager
def counting(what: str, total: float | None = None) -> Iterator[Callable[[], None]]:
    """Show during the block how much is done: a bar if the total is known. Call the value after each piece."""
    with _shown(with_bar=True) as shown:
        if shown is None:
            yield lambda: None
            return
        task = shown.add_task(what, total=total)
        yield lambda: shown.advance(task)


def counted(what: str, items: Iterable[T], total: float | None = None) -> Iterator[T]:
    """Yield the items, and show how many of them are done."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    with counting(what, total) as done:
        for item in items:
            yield item
            done()


@contextmanager
def _shown(*, with_bar: bool) -> Iterator["Progress | None"]:
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 (takes a tenth of a second, and is needed on terminals only)
    from rich.progress import (  # noqa: PLC0415 (as above)
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        *((BarColumn(bar_width=30), MofNCompleteColumn()) if with_bar else ()),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        # Output for a pipe must not end up on the terminal.
        redirect_stdout=sys.stdout.isatty(),
    ) as shown:
        yield shown
