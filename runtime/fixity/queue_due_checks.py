"""Copy due objects to the verification queue, which makes the due list durable."""

from collections.abc import Iterable

from runtime.fixity.due_check import DueCheck
from runtime.shared.ports import Queue


def queue_due(queue: Queue[DueCheck], due: Iterable[DueCheck]) -> int:
    """Send due objects to the verification queue, each once; return their number. Repeating it does no harm.

    Raises:
        TransientError: the queue did not take all of them; all must be sent again.
        RefusedError: the queue refused some of them.
    """
    once = list(dict.fromkeys(due))
    if once:
        queue.send(once)
    return len(once)
