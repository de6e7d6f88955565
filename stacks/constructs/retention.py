"""Whether a deploy may destroy data: decided once, handed to every construct that keeps some."""

import attrs
from aws_cdk import RemovalPolicy


@attrs.frozen
class Retention:
    """What happens to data when its resource leaves a template."""

    destroyable: bool  # the environment is disposable and `-c allowDataLoss=true` was given

    @property
    def removal_policy(self) -> RemovalPolicy:
        """The removal policy of every resource that holds data."""
        # What a first deployment made before it failed is empty, and would stand in the way of the second.
        return RemovalPolicy.DESTROY if self.destroyable else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE

    @property
    def deletion_protection(self) -> bool:
        """Whether the service itself refuses a deletion."""
        return not self.destroyable
