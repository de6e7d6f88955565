"""The deployed service from outside: boto3, the endpoint and the SSM parameters."""

import gzip
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from duracloud.local.aws import ACCOUNT, LocalAws, LocalError
from duracloud.local.inbox import Email, Inbox
from duracloud.local.watching import eventually
from runtime.shared.timestamps import timestamp

Row = dict[str, Any]
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


class Service:
    """Clients with the rights of the account's owner, and short ways to look at the tables.

    `parameters` has what the environment publishes, by name below `/duracloud/local/`.
    """

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.s3, self.dynamodb, self.sqs, self.cloudwatch, self.lambda_, self.logs = (
            aws.client(name) for name in ("s3", "dynamodb", "sqs", "cloudwatch", "lambda", "logs")
        )
        ssm = aws.client("ssm")
        pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/duracloud/local", Recursive=True)
        self.parameters: dict[str, str] = {
            entry["Name"].removeprefix("/duracloud/local/"): entry["Value"]
            for page in pages
            for entry in page["Parameters"]
        }
        self.inbox = Inbox(aws, self.parameters["base/alert-topic-arn"])

    @property
    def prefix(self) -> str:
        """Beginning of every bucket's name, with its dash."""
        return self.parameters["storage/request-bucket"].removesuffix("bucket-requested")

    @property
    def functions(self) -> dict[str, str]:
        """Names of the functions as deployed, by their short names."""
        beginning = "integrity/function/"
        published = self.parameters.items()
        return {name.removeprefix(beginning): value for name, value in published if name.startswith(beginning)}

    @property
    def queues(self) -> list[str]:
        """Names of the queues of work; each has a dead-letter queue."""
        parts = (name.split("/") for name in self.parameters if name.startswith("integrity/queue/"))
        return [last.removesuffix("-url") for *_, last in parts if not last.endswith("-dlq-url")]

    def queue(self, name: str) -> str:
        """Return the URL of a queue."""
        return self.parameters[f"integrity/queue/{name}-url"]

    def queue_arn(self, url: str) -> str:
        """Return the ARN of the queue that a URL names."""
        return str(self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])

    def send(self, queue: str, message: object) -> None:
        """Send a message to a queue, as JSON unless it is a text."""
        body = message if isinstance(message, str) else json.dumps(message)
        self.sqs.send_message(QueueUrl=self.queue(queue), MessageBody=body)

    def start(self, queue: str) -> datetime:
        """Ask for a run over all buckets now, as its schedule does, and return the moment that names the run."""
        now = datetime.now(UTC)
        self.send(queue, {"action": "start", "time": timestamp(now, "auto")})
        return now

    def put(self, bucket: str, *keys: str, body: str = "the content of {}") -> dict[str, str]:
        """Upload objects and return their versions by key. `{}` in `body` stands for the key."""
        return {
            key: str(self.s3.put_object(Bucket=bucket, Key=key, Body=body.format(key).encode())["VersionId"])
            for key in keys
        }

    def managed_files(self, prefix: str) -> dict[str, bytes]:
        """Return the files of the managed bucket below a prefix, by key."""
        managed = self.parameters["storage/managed-bucket"]
        return {
            key: self.s3.get_object(Bucket=managed, Key=key)["Body"].read() for key in self.keys_in(managed, prefix)
        }

    def keys_in(self, bucket: str, prefix: str = "") -> list[str]:
        """Return the keys of a bucket's current objects below a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def records(self, bucket: str) -> dict[str, Row]:
        """Return the fixity records of a bucket by key, in DynamoDB's own form."""
        return self._rows("checksum", bucket)

    def schedule(self, bucket: str) -> dict[str, Row]:
        """Return the schedule rows of a bucket by key, in DynamoDB's own form."""
        return self._rows("scheduler", bucket)

    def forget(self, bucket: str, key: str, *tables: str) -> None:
        """Delete what the tables `checksum` or `scheduler` hold of an object, as a person would."""
        for table in tables:
            self.dynamodb.delete_item(TableName=self._table(table), Key=_key(bucket, key))

    def change_record(self, bucket: str, key: str, expression: str, text: str = "") -> None:
        """Change a record, as a person would; `:text` in the expression stands for the text."""
        values = {"ExpressionAttributeValues": {":text": {"S": text}}} if text else {}
        self.dynamodb.update_item(
            TableName=self._table("checksum"), Key=_key(bucket, key), UpdateExpression=expression, **values
        )

    def audit_events(self, bucket: str) -> list[Row]:
        """Return the audit events of a bucket and its objects, each once."""
        found: dict[str, Row] = {}
        for body in self.managed_files("audit/events/").values():
            lines = [json.loads(line) for line in gzip.decompress(body).splitlines()[1:]]
            found |= {line["event"]["id"]: line["event"] for line in lines}
        return [event for event in found.values() if event["object"]["bucket"] == bucket]

    def request(self, key: str, content: str | bytes) -> Row:
        """Drop a request file and return the result's JSON when it has come."""
        managed = self.parameters["storage/managed-bucket"]

        def results() -> set[str]:
            found = self.keys_in(managed, "requests/")
            return {name for name in found if f"/{key}." in name and name.endswith(".json")}

        before, body = results(), content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=self.parameters["storage/request-bucket"], Key=key, Body=body)
        [name] = eventually(lambda: results() - before, bool)
        result: Row = json.loads(self.s3.get_object(Bucket=managed, Key=name)["Body"].read())
        return result

    def new_buckets(self, *names: str) -> list[str]:
        """Ask for buckets and return their full names.

        Raises:
            LocalError: not all of them were made.
        """
        result = self.request(f"{names[0]}.txt", "\n".join(names))
        if result["status"] != "completed":
            raise LocalError(f"the request for {', '.join(names)} ended with: {result}")
        return [str(entry["bucket"]) for entry in result["buckets"]]

    def make_due(self, bucket: str, *keys: str) -> None:
        """Let schedule rows expire now, once they are there; without keys, all rows of the bucket.

        A deposit writes the row after the record, and would write it over one that was changed before.
        """
        rows = eventually(lambda: self.schedule(bucket), lambda found: set(keys) <= set(found))
        for key in keys or rows:
            self.dynamodb.update_item(
                TableName=self._table("scheduler"),
                Key=_key(bucket, key),
                UpdateExpression="SET #ttl = :now",
                ExpressionAttributeNames={"#ttl": "TTL"},
                ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
            )

    def email(self, words: str, about: str = "") -> Email:
        """Wait for an e-mail with words in its subject and its body; drop all others."""
        found: list[Email] = []

        def read() -> list[Email]:
            found.extend(mail for mail in self.inbox.read() if words in mail.subject and about in mail.body)
            return found

        return eventually(read, bool, what=f"an e-mail with {words!r} in its subject about {about}")[0]

    def emails_about_objects(self) -> list[str]:
        """Take the subjects of the e-mails about objects that came since the last time."""
        return [mail.subject for mail in self.inbox.read() if "[DuraCloud" in mail.subject]

    def await_messages(self, queue_url: str, number: int) -> None:
        """Wait until a queue holds so many messages, those in flight included."""
        eventually(lambda: self.waiting(queue_url), lambda count: count == number)

    def drained(self, name: str) -> None:
        """Wait until a queue has nothing left, neither waiting nor in flight."""
        self.await_messages(self.queue(name), 0)

    def waiting(self, queue_url: str) -> int:
        """Return how many messages a queue holds, those in flight included."""
        counts = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(_COUNTS))["Attributes"]
        return sum(int(counts[name]) for name in _COUNTS)

    @contextmanager
    def quick_retry(self, name: str, seconds: int) -> Iterator[None]:
        """During the block, let a queue return a failed message after some seconds."""
        url, attribute = self.queue(name), "VisibilityTimeout"
        before = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"][attribute]
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: str(seconds)})
        try:
            yield
        finally:
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: before})

    @contextmanager
    def paused(self, *functions: str) -> Iterator[None]:
        """During the block, disable the queues and streams of some functions."""
        pages = self.lambda_.get_paginator("list_event_source_mappings")
        mappings = [
            mapping["UUID"]
            for function in functions
            for page in pages.paginate(FunctionName=self.functions[function])
            for mapping in page["EventSourceMappings"]
        ]
        for mapping in mappings:
            self.lambda_.update_event_source_mapping(UUID=mapping, Enabled=False)
        try:
            yield
        finally:
            for mapping in mappings:
                self.lambda_.update_event_source_mapping(UUID=mapping, Enabled=True)

    def logged(self, function: str, words: str) -> int:
        """Return how many lines of a function's log hold some words."""
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{self.functions[function]}"
        )
        return sum(words in event["message"] for page in pages for event in page["events"])

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

    def flip_a_bit(self, bucket: str, key: str) -> bytes:
        """Damage an object on the disk, unseen by S3, and return the bytes that it had."""
        path = self.file_on_disk(bucket, key)
        good = path.read_bytes()
        path.write_bytes(bytes([good[0] ^ 1]) + good[1:])
        return good

    def _table(self, name: str) -> str:
        return self.parameters[f"storage/{name}-table"]

    def _rows(self, table: str, bucket: str) -> dict[str, Row]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self._table(table),
            KeyConditionExpression="BucketName = :bucket",
            ExpressionAttributeValues={":bucket": {"S": bucket}},
            ConsistentRead=True,
        )
        return {item["ObjectKey"]["S"]: item for page in pages for item in page["Items"]}


def text_of(row: Row, name: str) -> str:
    """Return a text of a row, empty where there is none."""
    return str(row.get(name, {}).get("S", ""))


def _key(bucket: str, key: str) -> Row:
    return {"BucketName": {"S": bucket}, "ObjectKey": {"S": key}}
