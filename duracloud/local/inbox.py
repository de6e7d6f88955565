"""The e-mail inbox of the local AWS.

AWS e-mails the messages of a topic to its confirmed subscribers. The local AWS sends no e-mail: a queue subscribes to
the topic instead.
"""

import json
from typing import Any, Final

import attrs

from duracloud.local.aws import LocalAws

_QUEUE: Final = "local-inbox"
_LOOK_SECONDS: Final = 60


@attrs.frozen
class Email:
    """What a reader gets."""

    subject: str
    body: str


class Inbox:
    """Reads what was sent to the subscribers of a topic."""

    def __init__(self, aws: LocalAws, topic_arn: str) -> None:
        """Subscribe to a topic; doing it again changes nothing."""
        self._sqs: Any = aws.client("sqs")
        self.url = self._sqs.create_queue(QueueName=_QUEUE)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        aws.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)

    def look(self) -> list[Email]:
        """Return all e-mails that are there, and leave them."""
        found: list[Email] = []
        seen: list[str] = []
        hidden = {"QueueUrl": self.url, "MaxNumberOfMessages": 10, "VisibilityTimeout": _LOOK_SECONDS}
        while messages := self._sqs.receive_message(**hidden).get("Messages", []):
            found += [_email(message) for message in messages]
            seen += [message["ReceiptHandle"] for message in messages]
        for handle in seen:
            self._sqs.change_message_visibility(QueueUrl=self.url, ReceiptHandle=handle, VisibilityTimeout=0)
        return found

    def read(self) -> list[Email]:
        """Take all e-mails that have come since the last time."""
        found: list[Email] = []
        while messages := self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                found.append(_email(message))
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found


def _email(message: dict[str, Any]) -> Email:
    notice = json.loads(message["Body"])
    return Email(notice.get("Subject", ""), notice["Message"])
