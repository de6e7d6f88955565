"""The role that S3 uses to copy deposits to their replica buckets."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks import naming
from stacks.config import Settings
from stacks.constructs.acknowledged import ANY_BUCKET, ANY_OBJECT, Acknowledged


class ReplicationRole(Construct):
    """One role for all deposit buckets of an environment."""

    def __init__(self, scope: Construct, construct_id: str, settings: Settings, *, key: kms.IKey | None) -> None:
        """Create the role with what S3 needs.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
        """
        super().__init__(scope, construct_id)
        prefix = settings.bucket_prefix
        buckets = naming.any_bucket(prefix)
        self.acknowledged: list[Acknowledged] = []
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("s3.amazonaws.com"),
            description="Copies deposits to their replica buckets",
        )
        self._allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], naming.bucket_arn(buckets), ANY_BUCKET)
        self._allow(
            ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"],
            naming.objects_arn(buckets),
            ANY_OBJECT,
        )
        self._allow(
            ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
            naming.objects_arn(naming.any_replica(prefix)),
            "Replica buckets are made on request, so their names are known by prefix and suffix only",
        )
        if key is not None:
            key.grant(self.role, "kms:Decrypt")
            self._allow(["kms:Encrypt", "kms:GenerateDataKey"], settings.encryption.replica_key_arn)

    def _allow(self, actions: list[str], resource: str, acknowledged: str = "") -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
        if acknowledged:
            policy = f"{self.role.node.path}/DefaultPolicy"
            self.acknowledged.append(Acknowledged.wildcard(policy, resource, acknowledged))
