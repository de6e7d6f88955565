"""The key that signs the audit trail: nobody, not even AWS's customer, ever sees its private part."""

import attrs
from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks import naming
from stacks.constructs.retention import Retention


@attrs.frozen(kw_only=True)
class SigningKeyProps:
    """Arguments of `SigningKey`.

    Attributes:
        environment: the environment's name.
        retention: what happens to the key when it leaves the template.
    """

    environment: str
    retention: Retention


class SigningKey(Construct):
    """A key for signatures, which KMS cannot rotate: the same one for as long as the trail is kept.

    Attributes:
        key: the key.
    """

    def __init__(self, scope: Construct, construct_id: str, props: SigningKeyProps) -> None:
        """Create the key and its alias."""
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{naming.resource_name(props.environment, 'audit')}",
            description=f"DuraCloud {props.environment}: signatures of the audit trail",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            pending_window=Duration.days(30),
            removal_policy=props.retention.removal_policy,
        )
