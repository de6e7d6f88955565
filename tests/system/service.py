"""The deployed service as a stranger sees it: boto3, the endpoint and the SSM parameters."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from local.aws import ACCOUNT, LocalAws
from local.inbox import Email, Inbox

T = TypeVar("T")
_POLL_SECONDS = 0.2


def eventually(look: Callable[[], T], wanted: Callable[[T], bool], seconds: float = 30) -> T:
    """Look until what is seen is what is wanted.

    Args:
        look: returns what there is now.
        wanted: tells whether that is enough.
        seconds: how long to look before giving up.

    Returns:
        What was seen at last.
    """
    deadline = time.monotonic() + seconds
    while not wanted(seen := look()):
        assert time.monotonic() < deadline, f"not seen in {seconds} s; at last: {seen!r}"
        time.sleep(_POLL_SECONDS)
    return seen


class Service:
    """Clients with the rights of the account's owner, and short ways to look at the tables."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.s3, self.dynamodb, self.sqs, self.cloudwatch, self.lambda_ = (
            aws.client(name) for name in ("s3", "dynamodb", "sqs", "cloudwatch", "lambda")
        )
        ssm = aws.client("ssm")
        pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/duracloud/local", Recursive=True)
        self.parameters: dict[str, str] = {
            entry["Name"].removeprefix("/duracloud/local/"): entry["Value"]
            for page in pages
            for entry in page["Parameters"]
        }
        self.inbox = Inbox(aws, self.parameters["base/alert-topic-arn"])

    def records(self, bucket: str) -> dict[str, dict[str, Any]]:
        """Return the fixity records of a bucket by key, in DynamoDB's own form."""
        return self._rows("storage/checksum-table", bucket)

    def schedule(self, bucket: str) -> dict[str, dict[str, Any]]:
        """Return the schedule rows of a bucket by key, in DynamoDB's own form."""
        return self._rows("storage/scheduler-table", bucket)

    def request(self, key: str, content: str | bytes) -> dict[str, Any]:
        """Drop a request file and return the result's JSON when it has come."""
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=self.parameters["storage/request-bucket"], Key=key, Body=body)
        managed = self.parameters["storage/managed-bucket"]

        def results() -> list[str]:
            found = self.s3.list_objects_v2(Bucket=managed, Prefix="requests/").get("Contents", [])
            return [entry["Key"] for entry in found if f"/{key}." in entry["Key"] and entry["Key"].endswith(".json")]

        name = eventually(results, bool)[-1]
        result: dict[str, Any] = json.loads(self.s3.get_object(Bucket=managed, Key=name)["Body"].read())
        return result

    def new_bucket(self, name: str) -> str:
        """Ask for a bucket and return its full name."""
        result = self.request(f"{name}.txt", name)
        assert "completed" == result["status"], result
        return str(result["buckets"][0]["bucket"])

    def make_due(self, bucket: str, *keys: str) -> None:
        """Set the expiry of schedule rows to the past, of all of a bucket where no keys are named."""
        for key in keys or list(self.schedule(bucket)):
            self.dynamodb.update_item(
                TableName=self.parameters["storage/scheduler-table"],
                Key={"BucketName": {"S": bucket}, "ObjectKey": {"S": key}},
                UpdateExpression="SET #ttl = :past",
                ExpressionAttributeNames={"#ttl": "TTL"},
                ExpressionAttributeValues={":past": {"N": "1"}},
            )

    def email(self, words: str, about: str) -> Email:
        """Wait for an e-mail whose subject holds some words and whose body names a key; all others are passed over."""
        found: list[Email] = []

        def read() -> list[Email]:
            found.extend(mail for mail in self.inbox.read() if words in mail.subject and about in mail.body)
            return found

        return eventually(read, bool)[0]

    def waiting(self, queue_url: str) -> int:
        """Return how many messages a queue holds, those in flight included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
        return sum(int(counts[name]) for name in names)

    def drained(self, queue: str) -> None:
        """Wait until a queue has nothing left, neither waiting nor in flight."""
        eventually(lambda: self.waiting(self.parameters[f"integrity/queue/{queue}-url"]), lambda count: count == 0)

    def alarms(self, state: str) -> list[str]:
        """Return the names of the alarms in a state."""
        return [alarm["AlarmName"] for alarm in self.all_alarms() if alarm["StateValue"] == state]

    def all_alarms(self) -> list[dict[str, Any]]:
        """Return every alarm with its state, in CloudWatch's own form."""
        pages = self.cloudwatch.get_paginator("describe_alarms").paginate()
        return [alarm for page in pages for alarm in page["MetricAlarms"]]

    def file_on_disk(self, bucket: str, key: str) -> Path:
        """Return the file that holds the bytes of an object's current version."""
        return self.aws.objects / ACCOUNT / bucket / key

    def _rows(self, parameter: str, bucket: str) -> dict[str, dict[str, Any]]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.parameters[parameter],
            KeyConditionExpression="BucketName = :bucket",
            ExpressionAttributeValues={":bucket": {"S": bucket}},
            ConsistentRead=True,
        )
        return {item["ObjectKey"]["S"]: item for page in pages for item in page["Items"]}
