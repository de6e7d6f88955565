"""Translates botocore's exceptions into our own errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from runtime.shared.errors import RefusedError, ThrottledError, TransientError

# The SDK knows most of them as throttling: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html.
# An answer of S3 to HeadObject has no body, so the status takes the place of the code SlowDown.
_THROTTLED_CODES: Final = frozenset(
    {
        "503",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
    }
)
_TRANSIENT_CODES: Final = frozenset(
    {
        "ConditionalRequestConflict",
        "InternalError",
        "InternalServerError",
        "InternalFailure",
        "LimitExceededException",
        "OperationAborted",
        "PriorRequestNotComplete",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "TransactionInProgressException",
        "ExpiredToken",
    }
)


def error_code(error: ClientError) -> str:
    """Return the service's error code, for example `NoSuchKey`, or the HTTP status if there is no body."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_throttled(error: ClientError) -> bool:
    """Tell whether the service wants fewer calls."""
    return error_code(error) in _THROTTLED_CODES or http_status(error) == 429


def http_status(error: ClientError) -> int:
    """Return the HTTP status of the answer, 0 if not known."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turn every botocore exception in the block into one of ours; its text begins with the action.

    Raises:
        ThrottledError: the service wants fewer calls.
        TransientError: the call may succeed later.
        RefusedError: it would be refused again.
    """
    try:
        yield
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", "")
        text = f"{action}: {error_code(error)} {message}".strip()
        if is_throttled(error):
            raise ThrottledError(text) from error
        if error_code(error) in _TRANSIENT_CODES or http_status(error) >= 500:
            raise TransientError(text) from error
        raise RefusedError(text) from error
    except ParamValidationError as error:
        raise RefusedError(f"{action}: {error}") from error
    except BotoCoreError as error:
        raise TransientError(f"{action}: {error}") from error


def condition_failed(error: ClientError) -> bool:
    """Tell whether a conditional write failed in DynamoDB."""
    return error_code(error) == "ConditionalCheckFailedException"


def write_if(action: str, call: Callable[..., object], **request: object) -> bool:
    """Make a conditional write to DynamoDB; return whether its condition held. Errors as in `translated`."""
    with translated(action):
        try:
            call(**request)
        except ClientError as error:
            if condition_failed(error):
                return False
            raise
    return True
