"""Whether a deploy may destroy data: decided once, used by every construct that keeps data."""

import attrs
from aws_cdk import RemovalPolicy


@attrs.frozen
class Retention:
    """What happens to data when its resource leaves a template."""

    destroyable: bool  # the environment is disposable and `-c allowDataLoss=true` was given
    protected: bool  # tables refuse their deletion: not before the first deployment has succeeded

    @property
    def removal_policy(self) -> RemovalPolicy:
        """The removal policy of every resource that holds data."""
        # RetainExceptOnCreate: what a failed first deployment made is empty and would block the second one.
        return RemovalPolicy.DESTROY if self.destroyable else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
