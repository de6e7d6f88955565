"""The keys of both tables, as the templates make them."""

from typing import Any, Final

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
