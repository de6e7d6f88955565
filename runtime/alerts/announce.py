"""Tell people of failures and recoveries: one message per batch of changed records, or none."""

from collections import Counter
from collections.abc import Iterable

import attrs

from runtime.alerts.changes import Kind, RecordChange, to_announce
from runtime.alerts.message import compose
from runtime.alerts.ports import Notifier


@attrs.frozen
class Announced:
    """What people were told.

    Attributes:
        failures: number of objects that newly fail.
        recoveries: number of objects that are good again.
        replacements: number of failing objects in whose place other content is good.
    """

    failures: int
    recoveries: int
    replacements: int = 0


def announce(notifier: Notifier, changes: Iterable[RecordChange], *, environment: str, runbook_url: str) -> Announced:
    """Publish what is news in a batch.

    Args:
        notifier: reaches people.
        changes: the batch in the order of the stream.
        environment: the deployed environment's name.
        runbook_url: address of the operations runbook.

    Returns:
        The numbers of each that were published; nothing is published where all are 0.

    Raises:
        TransientError: the message was not taken this time.
        RefusedError: the message was refused.
    """
    news = to_announce(changes)
    if news:
        message = compose(environment, news, runbook_url)
        notifier.publish(message.subject, message.body)
    kinds = Counter(item.kind for item in news)
    return Announced(kinds[Kind.FAILURE], kinds[Kind.RECOVERY], kinds[Kind.REPLACEMENT])
