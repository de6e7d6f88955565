"""Who works: the agent that records and events name, made of the invocation."""

from typing import Protocol

from runtime import __version__
from runtime.contract import APPLICATION
from runtime.domain.records import Agent
from runtime.settings import FunctionSettings


class Invocation(Protocol):
    """What the context that Lambda hands to a handler says of the invocation."""

    @property
    def function_name(self) -> str:
        """Physical name of the function."""
        ...

    @property
    def aws_request_id(self) -> str:
        """The invocation's id."""
        ...


def agent_of(invocation: Invocation, settings: FunctionSettings) -> Agent:
    """Return the agent of an invocation.

    Args:
        invocation: the invocation's context.
        settings: the function's settings.
    """
    return Agent(
        software=APPLICATION,
        version=__version__,
        commit=settings.commit,
        function=invocation.function_name,
        request_id=invocation.aws_request_id,
    )
