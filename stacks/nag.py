"""The only place that knows cdk-nag: which of its findings are accepted, where, and why."""

from collections.abc import Iterator
from typing import Final

import attrs
import aws_cdk as cdk
import cdk_nag

from runtime.contract import ManagedPrefix
from stacks import naming
from stacks.config import Settings
from stacks.constructs import fixity_report

_ANY_BUCKET: Final = "Buckets of this environment are made on request, so their names are known by prefix only"
_ANY_OBJECT: Final = "Keys are chosen by depositors, in buckets that are known by prefix only"
_ANY_REPLICA: Final = "Replica buckets are made on request, so their names are known by prefix and suffix only"
_FOLDER: Final = "Names in this folder are made of dates and of what depositors chose"
_RUNTIME: Final = "Python 3.13 is what the dependency layer is built and tested for; Lambda supports it until 2029"
_LAST_STOP: Final = "It is itself where a stream's failed records end; an alarm speaks when one does"
_READERS: Final = ("FileUploaded", "FileDeleted", "ChecksumVerification")
_FUNCTIONS: Final = (
    "Requests/BucketRequested",
    *(f"Fixity/{name}" for name in (*_READERS, "VerificationDue", "ChecksumFailure")),
    "Export/ChecksumExporter",
    "Sweep/FixitySweep",
    "Report/ChecksumReport",
    "Replication/ReplicationFailed",
    "Audit/AuditTrail",
    "Audit/AuditManifest",
)


@attrs.frozen
class Acknowledged:
    """One accepted finding.

    Attributes:
        layer: the stack.
        path: the resource's construct path in it.
        rule: id of the finding, exactly.
        reason: why it is accepted.
    """

    layer: str
    path: str
    rule: str
    reason: str


def acknowledged(settings: Settings) -> Iterator[Acknowledged]:
    """Yield the accepted findings of an environment."""
    prefix = settings.bucket_prefix
    buckets, managed = naming.any_bucket(prefix), naming.bucket_name(prefix, "managed")

    def wildcard(layer: str, path: str, resource: str, reason: str) -> Acknowledged:
        return Acknowledged(layer, path, f"AwsSolutions-IAM5[Resource::{resource}]", reason)

    for group in ("PowerUsers", "Users"):
        policy = f"UserGroups/{group}Policy/Resource"
        yield wildcard(naming.BASE, policy, naming.bucket_arn(buckets), _ANY_BUCKET)
        yield wildcard(naming.BASE, policy, naming.objects_arn(buckets), _ANY_OBJECT)
    yield wildcard(naming.BASE, "UserGroups/UsersPolicy/Resource", naming.objects_arn(managed), _FOLDER)

    policy = "Replication/Role/DefaultPolicy/Resource"
    yield wildcard(naming.STORAGE, policy, naming.bucket_arn(buckets), _ANY_BUCKET)
    yield wildcard(naming.STORAGE, policy, naming.objects_arn(buckets), _ANY_OBJECT)
    yield wildcard(naming.STORAGE, policy, naming.objects_arn(naming.any_replica(prefix)), _ANY_REPLICA)

    for reader in _READERS:
        policy = f"Fixity/{reader}/Role/DefaultPolicy/Resource"
        yield wildcard(naming.INTEGRITY, policy, naming.bucket_arn(buckets), _ANY_BUCKET)
        yield wildcard(naming.INTEGRITY, policy, naming.objects_arn(buckets), _ANY_OBJECT)

    policy = "Requests/BucketRequested/Role/DefaultPolicy/Resource"
    requests = naming.bucket_name(prefix, "bucket-requested")
    yield wildcard(naming.INTEGRITY, policy, naming.bucket_arn(buckets), _ANY_BUCKET)
    yield wildcard(naming.INTEGRITY, policy, naming.objects_arn(requests), _ANY_OBJECT)
    yield wildcard(naming.INTEGRITY, policy, naming.objects_arn(managed, f"{ManagedPrefix.REQUESTS}*"), _FOLDER)
    yield wildcard(naming.INTEGRITY, policy, naming.objects_arn(managed, f"{ManagedPrefix.IN_PROGRESS}*"), _FOLDER)

    policy = "Export/ChecksumExporter/Role/DefaultPolicy/Resource"
    table = naming.table_arn(settings.region, settings.account, naming.resource_name(settings.name, naming.CHECKSUMS))
    yield wildcard(naming.INTEGRITY, policy, f"{table}/export/*", "DynamoDB makes the names of exports")
    yield wildcard(naming.INTEGRITY, policy, "*", "dynamodb:ListExports cannot be limited to a table")
    yield wildcard(naming.INTEGRITY, policy, naming.objects_arn(managed, f"{ManagedPrefix.EXPORTS}*"), _FOLDER)

    for policy in ("Requests/BucketRequested", "Audit/AuditTrail"):
        events = naming.objects_arn(managed, f"{ManagedPrefix.AUDIT_EVENTS}*")
        yield wildcard(naming.INTEGRITY, f"{policy}/Role/DefaultPolicy/Resource", events, _FOLDER)
    policy = "Audit/AuditManifest/Role/DefaultPolicy/Resource"
    for folder in (ManagedPrefix.AUDIT, ManagedPrefix.AUDIT_MANIFESTS):
        yield wildcard(naming.INTEGRITY, policy, naming.objects_arn(managed, f"{folder}*"), _FOLDER)
    policy = "Sweep/FixitySweep/Role/DefaultPolicy/Resource"
    yield wildcard(naming.INTEGRITY, policy, naming.bucket_arn(buckets), _ANY_BUCKET)
    yield wildcard(naming.INTEGRITY, policy, "*", "s3:ListAllMyBuckets cannot be limited to a prefix")
    yield wildcard(naming.INTEGRITY, policy, naming.objects_arn(managed, f"{ManagedPrefix.SWEEPS}*"), _FOLDER)
    yield wildcard(naming.INTEGRITY, policy, naming.objects_arn(managed, f"{ManagedPrefix.COVERAGE}*"), _FOLDER)

    policy = "Report/ChecksumReport/Role/DefaultPolicy/Resource"
    yield wildcard(naming.INTEGRITY, policy, "*", "s3:ListAllMyBuckets cannot be limited to a prefix")
    for keys in fixity_report.READ:
        yield wildcard(naming.INTEGRITY, policy, naming.objects_arn(managed, keys), _FOLDER)

    for function in _FUNCTIONS:
        yield Acknowledged(naming.INTEGRITY, f"{function}/Function/Resource", "AwsSolutions-L1", _RUNTIME)
    for stream in ("Fixity/VerificationDueStream", "Fixity/ChecksumFailureStream", "Audit/AuditTrailStream"):
        path = f"{stream}/Failures/Queue/Resource"
        yield Acknowledged(naming.INTEGRITY, path, "AwsSolutions-SQS3", _LAST_STOP)


def acknowledge(app: cdk.App, settings: Settings) -> None:
    """Accept the findings of an environment on its app."""
    for accepted in acknowledged(settings):
        construct = app.node.find_child(naming.stack_name(settings.name, accepted.layer))
        for step in accepted.path.split("/"):
            construct = construct.node.find_child(step)
        cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=accepted.rule, reason=accepted.reason))


def validate_on_synth(app: cdk.App, settings: Settings) -> None:
    """Let synth fail on findings that are not accepted."""
    acknowledge(app, settings)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))


def findings(app: cdk.App) -> set[tuple[str, str]]:
    """Return what cdk-nag finds in an app and nobody accepted: construct paths and rules."""
    report = cdk_nag.AwsSolutionsChecks(app).validate_scope(app)
    return {
        (resource.construct_path or "", violation.rule_name)
        for violation in report.violations
        for resource in violation.violating_resources
    }
