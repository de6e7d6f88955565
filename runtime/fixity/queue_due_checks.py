"""Copy due objects to the verification queue, which makes the due list durable."""

from collections.abc import Iterable

from runtime.fixity.due_check import DueCheck
from runtime.shared.ports import Queue


def queue_due(queue: Queue[DueCheck], due: Iterable[DueCheck]) -> int:
    """Put due objects into the queue, each once. Doing it again does no harm: a check changes nothing but dates.

    Args:
        queue: the verification queue.
        due: the objects.

    Returns:
        The number of objects queued.

    Raises:
        TransientError: the queue did not take all of them; all are to be sent again.
        RefusedError: the queue refused some of them.
    """
    once = list(dict.fromkeys(due))
    if once:
        queue.send(once)
    return len(once)
