"""One translation of botocore's exceptions into the domain's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from runtime.shared.errors import RefusedError, TransientError

_TRANSIENT_CODES: Final = frozenset(
    {
        "503",
        "ConditionalRequestConflict",
        "InternalError",
        "InternalServerError",
        "InternalFailure",
        "LimitExceededException",
        "OperationAborted",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionInProgressException",
        "ExpiredToken",
    }
)
_FIRST_SERVER_ERROR: Final = 500
_TOO_MANY_REQUESTS: Final = 429


def error_code(error: ClientError) -> str:
    """Return the service's error code, for example `NoSuchKey`, or the HTTP status where there is no body."""
    return str(error.response.get("Error", {}).get("Code", ""))


def http_status(error: ClientError) -> int:
    """Return the HTTP status of the answer, 0 where it is not known."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_transient(error: ClientError) -> bool:
    """Tell whether the same call may succeed later: throttling and server-side errors."""
    status = http_status(error)
    return error_code(error) in _TRANSIENT_CODES or status >= _FIRST_SERVER_ERROR or status == _TOO_MANY_REQUESTS


def condition_failed(error: ClientError) -> bool:
    """Tell whether DynamoDB refused a write by its condition."""
    return error_code(error) == "ConditionalCheckFailedException"


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turn every botocore exception raised in the block into a domain error.

    Args:
        action: what was being done, as the subject of the error's text, for example "reading the record".

    Raises:
        TransientError: the call may succeed later.
        RefusedError: it would be refused again.
    """
    try:
        yield
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", "")
        text = f"{action}: {error_code(error)} {message}".strip()
        if is_transient(error):
            raise TransientError(text) from error
        raise RefusedError(text) from error
    except ParamValidationError as error:
        raise RefusedError(f"{action}: {error}") from error
    except BotoCoreError as error:
        raise TransientError(f"{action}: {error}") from error
