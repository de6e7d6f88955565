"""The alert topic in SNS: the adapter of the port Notifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from typing_extensions import override

from runtime.adapters.errors import translated
from runtime.alerts.ports import Notifier

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


@attrs.frozen
class SnsTopic(Notifier):
    """Publishes to the people who subscribed."""

    _client: SNSClient
    _topic_arn: str

    @override
    def publish(self, subject: str, body: str) -> None:
        with translated("publishing the message to the alert topic"):
            self._client.publish(TopicArn=self._topic_arn, Subject=subject, Message=body)
