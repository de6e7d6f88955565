from typing import Any, Final

from mypy_boto3_dynamodb import DynamoDBClient

from runtime.adapters.clients import client

# The keys of both tables, as the templates make them.
KEYS: Final[dict[str, Any]] = {
    "KeySchema": [
        {"AttributeName": "BucketName", "KeyType": "HASH"},
        {"AttributeName": "ObjectKey", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "BucketName", "AttributeType": "S"},
        {"AttributeName": "ObjectKey", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def with_tables(*tables: str) -> DynamoDBClient:
    """Return a client of DynamoDB where there are these tables."""
    dynamodb = client("dynamodb")
    for table in tables:
        dynamodb.create_table(TableName=table, **KEYS)
    return dynamodb
