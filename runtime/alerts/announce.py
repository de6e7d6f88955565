"""Notify people of failures and recoveries: at most one message per batch of changed records."""

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
    """Numbers of objects that people were notified about."""

    failures: int  # newly failing objects
    recoveries: int  # good again
    replacements: int = 0  # failing objects replaced by other content


@attrs.frozen(kw_only=True)
class Alerting:
    """What notifications need."""

    notifier: Notifier
    settings: AlertsSettings


def announce(alerting: Alerting, changes: Iterable[RecordChange]) -> Announced:
    """Publish the news of a batch, in the order of the stream; nothing if there is none. Return the numbers published.

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
