"""The groups that an operator puts depositors in: power users and users."""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from runtime.contract import BucketSuffix
from stacks import naming
from stacks.config import Settings
from stacks.constructs.acknowledged import ANY_BUCKET, ANY_OBJECT, FOLDER, Acknowledged

# A multipart upload is a put: who may begin one may list its parts and abort it.
_PUT = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
_GET = ("s3:GetObject",)
_DELETE = ("s3:DeleteObject",)
_LIST = ("s3:ListBucket",)
_ALL_ON_OBJECTS = (*_PUT, *_GET, *_DELETE)


class UserGroups(Construct):
    """Two groups and their policies. Users and keys are made by the operator, never by a deploy (lesson L21)."""

    def __init__(self, scope: Construct, construct_id: str, settings: Settings, *, key: kms.IKey | None) -> None:
        """Create the groups. Nothing allows configuration of buckets or deletion of versions."""
        super().__init__(scope, construct_id)
        prefix = settings.bucket_prefix
        self._key = key
        self.acknowledged: list[Acknowledged] = []
        everywhere = naming.objects_arn(naming.any_bucket(prefix))
        managed = naming.objects_arn(naming.bucket_name(prefix, BucketSuffix.MANAGED))
        logs = naming.objects_arn(naming.bucket_name(prefix, BucketSuffix.LOGS))
        requests = naming.objects_arn(naming.bucket_name(prefix, BucketSuffix.REQUEST))
        replicas = naming.objects_arn(naming.any_replica(prefix))
        listing = _statement("List", _LIST, naming.bucket_arn(naming.any_bucket(prefix)))
        fences = [
            _denial("NoReplicaObjects", _ALL_ON_OBJECTS, replicas),
            _denial("NoReplicaLists", _LIST, naming.bucket_arn(naming.any_replica(prefix))),
            _denial("NoWritesInFixedBuckets", (*_PUT, *_DELETE), managed, logs),
            _denial("NoReadsOrDeletesInRequests", (*_GET, *_DELETE), requests),
            _denial("NoVersionDeletion", ("s3:DeleteObjectVersion",), everywhere),
        ]
        accepted = {naming.bucket_arn(naming.any_bucket(prefix)): ANY_BUCKET, everywhere: ANY_OBJECT}
        self._group(
            "PowerUsers",
            f"{prefix}-S3PowerUsers",
            accepted,
            listing,
            _statement("Use", _ALL_ON_OBJECTS, everywhere),
            *fences,
        )
        self._group(
            "Users",
            f"{prefix}-S3Users",
            {**accepted, managed: FOLDER},
            listing,
            _statement("Put", _PUT, everywhere),
            _statement("ReadResults", _GET, managed),
            *fences,
        )

    def _group(
        self, construct_id: str, name: str, accepted: Mapping[str, str], *statements: iam.PolicyStatement
    ) -> None:
        policy = iam.ManagedPolicy(
            self, f"{construct_id}Policy", description=f"What members of {name} may do", statements=list(statements)
        )
        if self._key is not None:
            # Reading and writing objects under a customer key needs the key as well.
            self._key.grant(policy, "kms:Decrypt", "kms:GenerateDataKey")
        self.acknowledged += [Acknowledged.wildcard(policy.node.path, *pattern) for pattern in accepted.items()]
        iam.Group(self, construct_id, group_name=name, managed_policies=[policy])


def _statement(sid: str, actions: tuple[str, ...], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources))


def _denial(sid: str, actions: tuple[str, ...], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, effect=iam.Effect.DENY, actions=list(actions), resources=list(resources))
