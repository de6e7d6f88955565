"""Copy due objects to the verification queue, which makes the due list durable."""

from collections.abc import Iterable

import attrs

from runtime.domain.objects import ObjectRef
from runtime.ports import VerificationQueue


@attrs.frozen
class DueCheck:
    """An object that is due.

    Attributes:
        ref: the object.
        version_id: the version to be checked; empty for whatever version is under care.
    """

    ref: ObjectRef
    version_id: str


def queue_due(queue: VerificationQueue, due: Iterable[DueCheck]) -> int:
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
    queue.send((item.ref, item.version_id) for item in once)
    return len(once)
