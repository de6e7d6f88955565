"""What handlers know of the invocation that they work in, and how much of its time they may use."""

from datetime import datetime, timedelta
from typing import Final, Protocol

# Left at the end of an invocation for the writes, the log and the metrics.
_RESERVE: Final = timedelta(seconds=30)
_SHARE_OF_RESERVE: Final = 0.2


class LambdaContext(Protocol):
    """What is used of the context that Lambda hands to a handler."""

    @property
    def function_name(self) -> str:
        """The function's physical name."""
        ...

    @property
    def aws_request_id(self) -> str:
        """The invocation's id."""
        ...

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may still run, in milliseconds."""
        ...


def deadline(context: LambdaContext, now: datetime) -> datetime:
    """Return the moment by which the work of an invocation should have ended.

    Args:
        context: the invocation's context.
        now: the present moment, UTC.
    """
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return now + left - min(_RESERVE, left * _SHARE_OF_RESERVE)
