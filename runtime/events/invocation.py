"""What handlers know about their invocation: who works, and until when."""

from datetime import datetime, timedelta
from typing import Final, Protocol

from runtime import __version__
from runtime.contract import APPLICATION
from runtime.fixity.records import Agent
from runtime.settings import FunctionSettings

# Left at the end of an invocation for the writes, the log and the metrics.
_RESERVE: Final = timedelta(seconds=30)
_SHARE_OF_RESERVE: Final = 0.2


class Invocation(Protocol):
    """What Lambda's context says about the invocation."""

    @property
    def function_name(self) -> str:
        """Physical name of the function."""

    @property
    def aws_request_id(self) -> str:
        """The invocation's id."""


class LambdaContext(Invocation, Protocol):
    """What handlers use of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may still run, in milliseconds."""


def deadline(context: LambdaContext, now: datetime) -> datetime:
    """Return when the work of an invocation should end."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return now + left - min(_RESERVE, left * _SHARE_OF_RESERVE)


def agent_of(invocation: Invocation, settings: FunctionSettings) -> Agent:
    """Return the agent of an invocation."""
    return Agent(
        software=APPLICATION,
        version=__version__,
        commit=settings.commit,
        function=invocation.function_name,
        request_id=invocation.aws_request_id,
    )
