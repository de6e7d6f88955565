"""The key that signs the audit trail: its private part never leaves KMS."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks import naming
from stacks.config import Settings
from stacks.constructs.retention import Retention


class SigningKey(Construct):
    """A key for signatures. KMS cannot rotate it: the trail keeps one key."""

    def __init__(self, scope: Construct, construct_id: str, settings: Settings, retention: Retention) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{naming.resource_name(settings.name, 'audit')}",
            description=f"DuraCloud {settings.name}: signatures of the audit trail",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            pending_window=Duration.days(30),
            removal_policy=retention.removal_policy,
        )
