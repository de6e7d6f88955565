"""The role by which S3 copies deposits to their replica buckets."""

import attrs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks import naming


@attrs.frozen(kw_only=True)
class ReplicationRoleProps:
    """Arguments of `ReplicationRole`.

    Attributes:
        bucket_prefix: beginning of the environment's bucket names.
        key: the customer key of main buckets, None where encryption is S3-managed.
        replica_key_arn: the customer key of replica buckets; empty where there is none.
    """

    bucket_prefix: str
    key: kms.IKey | None
    replica_key_arn: str


class ReplicationRole(Construct):
    """One role for all deposit buckets of an environment.

    Attributes:
        role: the role.
    """

    def __init__(self, scope: Construct, construct_id: str, props: ReplicationRoleProps) -> None:
        """Create the role with what S3 needs, see AWS's page.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
        """
        super().__init__(scope, construct_id)
        buckets = naming.any_bucket(props.bucket_prefix)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("s3.amazonaws.com"),
            description="Copies deposits to their replica buckets",
        )
        self._allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], naming.bucket_arn(buckets))
        self._allow(
            ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"],
            naming.objects_arn(buckets),
        )
        self._allow(
            ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
            naming.objects_arn(naming.any_replica(props.bucket_prefix)),
        )
        if props.key is not None:
            props.key.grant(self.role, "kms:Decrypt")
            self._allow(["kms:Encrypt", "kms:GenerateDataKey"], props.replica_key_arn)

    def _allow(self, actions: list[str], resource: str) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
