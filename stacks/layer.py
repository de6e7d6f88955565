"""A layer of the app: a stack with the names and the protection that all stacks share."""

from collections.abc import Mapping

from aws_cdk import Environment, PermissionsBoundary, Stack
from constructs import Construct

from stacks import naming
from stacks.config import Settings
from stacks.constructs.parameters import Parameters


class Layer(Stack):
    """One of the four stacks of an environment."""

    def __init__(self, scope: Construct, settings: Settings, layer: str, contents: str) -> None:
        boundary = settings.access.permissions_boundary
        super().__init__(
            scope,
            naming.stack_name(settings.name, layer),
            env=Environment(account=settings.account, region=settings.region),
            description=f"DuraCloud {settings.name}: {contents}",
            termination_protection=settings.termination_protection,
            permissions_boundary=PermissionsBoundary.from_arn(boundary) if boundary else None,
        )
        self._environment, self._layer = settings.name, layer

    def publish(self, values: Mapping[str, str]) -> None:
        """Publish values as SSM parameters of this layer."""
        Parameters(self, "Parameters", environment=self._environment, layer=self._layer, values=values)
