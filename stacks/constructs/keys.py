"""The KMS keys of an environment: one signs the audit trail, one may encrypt data."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks import naming
from stacks.config import Settings
from stacks.constructs.retention import Retention


class SigningKey(Construct):
    """The key that signs the audit trail. Its private part never leaves KMS, which cannot rotate it."""

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


class EncryptionKey(Construct):
    """The customer key, rotated yearly. CloudWatch may use it for alerts, S3 for inventories."""

    def __init__(self, scope: Construct, construct_id: str, settings: Settings, retention: Retention) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{naming.resource_name(settings.name, 'data')}",
            description=f"DuraCloud {settings.name}: deposits, results and alerts",
            enable_key_rotation=True,
            pending_window=Duration.days(30),
            removal_policy=retention.removal_policy,
        )
        # CloudWatch drops alarms silently if the key's policy does not name it:
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": settings.account}},
            )
        )
        # Inventories of deposit buckets arrive in the managed bucket, which this key encrypts:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["kms:GenerateDataKey"],
                resources=["*"],
                conditions={
                    "StringEquals": {"aws:SourceAccount": settings.account},
                    "ArnLike": {"aws:SourceArn": naming.bucket_arn(naming.any_bucket(settings.bucket_prefix))},
                },
            )
        )
