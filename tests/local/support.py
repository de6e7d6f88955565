"""Small stacks and short ways to look, for the tests of the local AWS."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any, Final

from duracloud.local.aws import LocalAws
from duracloud.local.watching import eventually

# A function that sends what it gets to a queue, and fails on what says so.
ECHO: Final = """
import json, os, boto3
def handler(event, context):
    if "poison" in json.dumps(event):
        raise ValueError("poison")
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event["Records"]))
"""


def unique(name: str) -> str:
    """Return a name that no other test uses."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


def deploy(aws: LocalAws, resources: dict[str, Any]) -> dict[str, str]:
    """Create a stack and return the physical ids of its resources."""
    cloudformation, name = aws.client("cloudformation"), unique("stack")
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": resources}), Capabilities=["CAPABILITY_NAMED_IAM"]
    )

    def status() -> str:
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    assert "CREATE_COMPLETE" == eventually(status, lambda seen: not seen.endswith("IN_PROGRESS"))
    found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return {entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in found}


def table(name: str) -> dict[str, Any]:
    """Return the template's resource of a table like ours: key K, expiry by TTL, a stream, recovery."""
    return {
        "Type": "AWS::DynamoDB::GlobalTable",
        "Properties": {
            "TableName": name,
            "KeySchema": [{"AttributeName": "K", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "K", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
            "TimeToLiveSpecification": {"AttributeName": "TTL", "Enabled": True},
            "Replicas": [
                {"Region": "us-east-1", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
            ],
        },
    }


def policy(action: str, resource: str = "*", **more: object) -> dict[str, Any]:
    """Return a policy of one statement, which allows unless `more` says otherwise."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def function(code: str, **environment: object) -> dict[str, Any]:
    """Return the template's resource of a function."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": unique("f"),
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": "arn:aws:iam::000000000000:role/any",
            "Timeout": 10,
            "Code": {"ZipFile": code},
            "Environment": {"Variables": environment},
        },
    }


def reader(name: str = "", **mapping: Any) -> dict[str, Any]:  # noqa: ANN401 (properties of the mapping)
    """Return the template's resources by which a function sends the stream of `Table` to a queue."""
    echo, queue = f"{name}Echo", f"{name}Queue"
    properties = {
        "FunctionName": {"Ref": echo},
        "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]},
        "StartingPosition": "TRIM_HORIZON",
        **mapping,
    }
    return {
        queue: {"Type": "AWS::SQS::Queue"},
        echo: function(ECHO, QUEUE={"Ref": queue}),
        f"{name}Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties},
    }


def messages(aws: LocalAws, queue_url: str) -> Iterator[Any]:
    """Take what waits in a queue."""
    sqs = aws.client("sqs")
    for message in sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", []):
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        yield json.loads(message["Body"])


def datapoints(aws: LocalAws, namespace: str, metric: str, *statistics: str, **dimensions: str) -> list[Any]:
    """Return what CloudWatch has of a metric for the minutes around now."""
    now, around = dt.datetime.now(dt.UTC), dt.timedelta(minutes=5)
    answer = aws.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - around,
        EndTime=now + around,
        Period=600,
        Statistics=statistics,
    )
    return list(answer["Datapoints"])


class Stream:
    """Collects the records that the function sent on."""

    def __init__(self, aws: LocalAws, queue_url: str) -> None:
        self._aws = aws
        self._queue_url = queue_url
        self.batches: list[list[dict[str, Any]]] = []

    def look(self) -> list[dict[str, Any]]:
        """Return all records that have come."""
        self.batches += messages(self._aws, self._queue_url)
        return [record for batch in self.batches for record in batch]

    def keys(self) -> list[str]:
        """Return the keys of all records that have come."""
        return [record["dynamodb"]["Keys"]["K"]["S"] for record in self.look()]
