"""SSM parameters: the public contract for people and tools outside the app, never a way to wire our own stacks."""

from collections.abc import Mapping

import attrs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks import naming


@attrs.frozen(kw_only=True)
class ParametersProps:
    """Arguments of `Parameters`.

    Attributes:
        environment: the environment's name.
        layer: the layer that publishes.
        values: values by the last part of the parameter's name.
    """

    environment: str
    layer: str
    values: Mapping[str, str]


class Parameters(Construct):
    """The parameters of one layer."""

    def __init__(self, scope: Construct, construct_id: str, props: ParametersProps) -> None:
        """Create one parameter per value."""
        super().__init__(scope, construct_id)
        for name, value in props.values.items():
            ssm.StringParameter(
                self,
                name.replace("/", "-"),
                parameter_name=naming.parameter_name(props.environment, props.layer, name),
                string_value=value,
            )
