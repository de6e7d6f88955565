"""What depositors may do: two policies, and the groups that an operator puts them in."""

from collections.abc import Iterator, Mapping
from typing import Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from runtime.contract import BucketSuffix, ManagedPrefix
from stacks import naming
from stacks.config import Settings
from stacks.constructs.acknowledged import ANY_BUCKET, ANY_OBJECT, FOLDER, Acknowledged

# Actions, and whether they take a bucket, an object or nothing:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
# A multipart upload is a put: who may begin one may list its parts and abort it. Tags come with an upload, or with a
# copy from another place.
_PUT: Final = ("s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
# A copy takes the tags along, so `aws s3 mv` reads them.
_GET: Final = ("s3:GetObject", "s3:GetObjectTagging")
_DELETE: Final = ("s3:DeleteObject",)
# Cyberduck asks for unfinished uploads before each large one, and many programs for the region of a bucket.
_LIST: Final = ("s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation")
_ALL_ON_OBJECTS: Final = (*_PUT, *_GET, *_DELETE)
# Takes no bucket: people see the names of all buckets of the account.
_LIST_BUCKETS: Final = ("s3:ListAllMyBuckets",)
_ALL_BUCKETS: Final = "*"

# What members read of the managed bucket. A pattern cannot say "all but these", so all others are denied one by one.
_OPEN_FOLDERS: Final = (ManagedPrefix.REQUESTS, ManagedPrefix.LATEST_REPORT)
_REPORTS_OF_DAYS: Final = f"{ManagedPrefix.REPORTS}????-??-??/"
_EVERY_BUCKET: Final = "Programs and the console list the buckets of an account first, and IAM cannot limit that list"


class UserGroups(Construct):
    """Two policies and, if the settings ask for them, two groups.

    Users and keys are made by the operator, never by a deploy (lesson L21).
    """

    def __init__(self, scope: Construct, construct_id: str, settings: Settings, *, key: kms.IKey | None) -> None:
        """Create the policies. Nothing allows configuration of buckets or deletion of versions."""
        super().__init__(scope, construct_id)
        self._settings, self._key = settings, key
        self.acknowledged: list[Acknowledged] = []
        access = settings.access
        read_back = _GET if access.power_users_read else ()
        self._policy("PowerUsers", naming.POWER_USERS, (*_PUT, *_DELETE, *read_back))
        self._policy("Users", naming.USERS, (*_PUT, *(_GET if access.users_read else ())))

    def _policy(self, construct_id: str, group: str, actions: tuple[str, ...]) -> None:
        prefix = self._settings.bucket_prefix
        name = naming.group_name(prefix, group)
        buckets = naming.bucket_arn(naming.any_bucket(prefix))
        objects = naming.objects_arn(naming.any_bucket(prefix))
        results = [naming.objects_arn(_managed(prefix), f"{folder}*") for folder in _OPEN_FOLDERS]
        denials = list(_denials(prefix))
        policy = iam.ManagedPolicy(
            self,
            f"{construct_id}Policy",
            managed_policy_name=name,
            # Never changed: that would replace the policy, which CloudFormation refuses for one with a name.
            description=f"What members of {name} may do",
            statements=[
                _statement("ListBuckets", _LIST_BUCKETS, _ALL_BUCKETS),
                _statement("List", _LIST, buckets),
                _statement("Use", actions, objects),
                _statement("ReadResults", _GET, *results),
                *denials,
            ],
        )
        if self._key is not None:
            # Reading and writing objects under a customer key needs the key as well.
            self._key.grant(policy, "kms:Decrypt", "kms:GenerateDataKey")
        accepted: Mapping[str, str] = {
            _ALL_BUCKETS: _EVERY_BUCKET,
            buckets: ANY_BUCKET,
            objects: ANY_OBJECT,
            **dict.fromkeys(results, FOLDER),
        }
        self.acknowledged += [Acknowledged.wildcard(policy.node.path, *pattern) for pattern in accepted.items()]
        if self._settings.access.groups:
            iam.Group(self, construct_id, group_name=name, managed_policies=[policy])


def closed_folders() -> Iterator[str]:
    """Yield the folders of the managed bucket that members may not read, as patterns of keys."""
    folders = sorted(folder for name, folder in vars(ManagedPrefix).items() if not name.startswith("_"))
    closed: list[str] = [_REPORTS_OF_DAYS]
    for folder in folders:
        is_open = any(folder.startswith(open_one) or open_one.startswith(folder) for open_one in _OPEN_FOLDERS)
        if not is_open and not any(folder.startswith(known) for known in closed):
            closed.append(folder)
    yield from (f"{folder}*" for folder in closed)


def _denials(prefix: str) -> Iterator[iam.PolicyStatement]:
    managed, logs = _managed(prefix), naming.bucket_name(prefix, BucketSuffix.LOGS)
    replicas = naming.any_replica(prefix)
    yield _denial("NoReplicaObjects", _ALL_ON_OBJECTS, naming.objects_arn(replicas))
    yield _denial("NoReplicaLists", _LIST, naming.bucket_arn(replicas))
    yield _denial("NoWritesInFixedBuckets", (*_PUT, *_DELETE), naming.objects_arn(managed), naming.objects_arn(logs))
    yield _denial(
        "NoReadsButResults",
        _GET,
        *(naming.objects_arn(managed, keys) for keys in closed_folders()),
        naming.objects_arn(logs),
    )
    yield _denial(
        "NoReadsOrDeletesInRequests",
        (*_GET, *_DELETE),
        naming.objects_arn(naming.bucket_name(prefix, BucketSuffix.REQUEST)),
    )
    yield _denial("NoVersionDeletion", ("s3:DeleteObjectVersion",), naming.objects_arn(naming.any_bucket(prefix)))


def _managed(prefix: str) -> str:
    return naming.bucket_name(prefix, BucketSuffix.MANAGED)


def _statement(sid: str, actions: tuple[str, ...], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources))


def _denial(sid: str, actions: tuple[str, ...], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, effect=iam.Effect.DENY, actions=list(actions), resources=list(resources))
