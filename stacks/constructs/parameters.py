"""SSM parameters: published for people and tools outside the app; our own stacks never read them."""

from collections.abc import Mapping

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks import naming


class Parameters(Construct):
    """The parameters of one layer."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: str, layer: str, values: Mapping[str, str]
    ) -> None:
        super().__init__(scope, construct_id)
        for name, value in values.items():
            ssm.StringParameter(
                self,
                name.replace("/", "-"),
                parameter_name=naming.parameter_name(environment, layer, name),
                string_value=value,
            )
