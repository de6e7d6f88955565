"""Tell people of failures and recoveries: one message per batch of changed records, or none."""

from collections import Counter
from collections.abc import Iterable

import attrs

from runtime.alerts.changes import Kind, to_announce
from runtime.alerts.message import compose
from runtime.alerts.ports import Notifier
from runtime.fixity.records import RecordChange
from runtime.settings import AlertsSettings


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


@attrs.frozen(kw_only=True)
class Alerting:
    """What notices need.

    Attributes:
        notifier: reaches people.
        settings: the function's settings.
    """

    notifier: Notifier
    settings: AlertsSettings


def announce(alerting: Alerting, changes: Iterable[RecordChange]) -> Announced:
    """Publish what is news in a batch.

    Args:
        alerting: what reaches people.
        changes: the batch in the order of the stream.

    Returns:
        The numbers of each that were published; nothing is published where all are 0.

    Raises:
        TransientError: the message was not taken this time.
        RefusedError: the message was refused.
    """
    news = to_announce(changes)
    if news:
        message = compose(alerting.settings.environment, news, alerting.settings.runbook_url)
        alerting.notifier.publish(message.subject, message.body)
    kinds = Counter(item.kind for item in news)
    return Announced(kinds[Kind.FAILURE], kinds[Kind.RECOVERY], kinds[Kind.REPLACEMENT])
