"""The alert topic in SNS: the adapter of the port Notifier."""

from typing import Any

from runtime.adapters.errors import translated


class SnsTopic:
    """Publishes to the people who subscribed."""

    def __init__(self, client: Any, topic_arn: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the topic.

        Args:
            client: an SNS client.
            topic_arn: ARN of the topic.
        """
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, subject: str, body: str) -> None:
        """Send one message. See `ports.Notifier.publish`."""
        with translated("publishing the message to the alert topic"):
            self._client.publish(TopicArn=self._topic_arn, Subject=subject, Message=body)
