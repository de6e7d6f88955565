"""The fixed buckets of an environment: managed, request and logs."""

from collections.abc import Mapping
from typing import Any

import attrs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from runtime.contract import BucketSuffix, ManagedPrefix
from stacks import naming
from stacks.config import LEAST_MOVED_EVIDENCE_BYTES, Lifecycle
from stacks.constructs.preservation_bucket import Expiry, Move, PreservationBucket, PreservationBucketProps
from stacks.constructs.retention import Retention

_TRANSIENT = (ManagedPrefix.INVENTORY, ManagedPrefix.SCRATCH)
_EVIDENCE = (ManagedPrefix.REQUESTS, ManagedPrefix.EXPORTS, ManagedPrefix.REPORTS, ManagedPrefix.AUDIT)


@attrs.frozen(kw_only=True)
class FixedBucketsProps:
    """Arguments of `FixedBuckets`.

    Attributes:
        account: the AWS account.
        bucket_prefix: beginning of the environment's bucket names.
        lifecycle: days that objects are kept.
        locks_evidence: whether files of the audit trail are locked.
        key: the customer key, None where encryption is S3-managed.
        retention: what happens to the buckets when they leave the template.
    """

    account: str
    bucket_prefix: str
    lifecycle: Lifecycle
    locks_evidence: bool
    key: kms.IKey | None
    retention: Retention


class FixedBuckets(Construct):
    """The three buckets.

    Attributes:
        logs: takes the access logs of every bucket.
        managed: takes results, inventories, exports, reports and the audit trail.
        requests: users drop bucket requests here.
    """

    def __init__(self, scope: Construct, construct_id: str, props: FixedBucketsProps) -> None:
        """Create the buckets."""
        super().__init__(scope, construct_id)
        prefix, days = props.bucket_prefix, props.lifecycle
        self.logs = PreservationBucket(
            self,
            "Logs",
            PreservationBucketProps(
                name=naming.bucket_name(prefix, BucketSuffix.LOGS),
                # S3 delivers access logs to no bucket under a customer key:
                # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
                key=None,
                log_bucket=None,
                announces_objects=False,
                lockable=False,
                expiries=[
                    Expiry(
                        name="access-logs",
                        days=days.access_log_expiry_days,
                        noncurrent_days=days.noncurrent_expiry_days,
                    )
                ],
                noncurrent_expiry_days=None,
                abort_multipart_days=days.abort_multipart_days,
                retention=props.retention,
            ),
        ).bucket
        self.managed = PreservationBucket(
            self,
            "Managed",
            PreservationBucketProps(
                name=naming.bucket_name(prefix, BucketSuffix.MANAGED),
                key=props.key,
                log_bucket=self.logs,
                announces_objects=False,
                lockable=props.locks_evidence,
                expiries=[
                    *(
                        _expiry(folder, days.transient_expiry_days, days.noncurrent_expiry_days)
                        for folder in _TRANSIENT
                    ),
                    # A replaced or deleted piece of evidence is kept as long as one that stands (lesson L23).
                    *(
                        _expiry(folder, days.evidence_retention_days, days.evidence_retention_days)
                        for folder in _EVIDENCE
                    ),
                    # The same files stand in the folder of their day. Of two rules S3 takes the shorter time:
                    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
                    _expiry(ManagedPrefix.LATEST_REPORT, days.evidence_retention_days, days.noncurrent_expiry_days),
                ],
                moves=[_move(folder, days) for folder in _EVIDENCE] if days.moves_evidence else [],
                noncurrent_expiry_days=None,
                abort_multipart_days=days.abort_multipart_days,
                retention=props.retention,
            ),
        ).bucket
        self.requests = PreservationBucket(
            self,
            "Requests",
            PreservationBucketProps(
                name=naming.bucket_name(prefix, BucketSuffix.REQUEST),
                key=props.key,
                log_bucket=self.logs,
                announces_objects=True,
                lockable=False,
                expiries=[],
                noncurrent_expiry_days=days.noncurrent_expiry_days,
                abort_multipart_days=days.abort_multipart_days,
                retention=props.retention,
            ),
        ).bucket
        self._let_s3_deliver(props)
        self._keep_audit_files(props)

    def _let_s3_deliver(self, props: FixedBucketsProps) -> None:
        ours = {
            "StringEquals": {"aws:SourceAccount": props.account},
            "ArnLike": {"aws:SourceArn": naming.bucket_arn(naming.any_bucket(props.bucket_prefix))},
        }
        self.logs.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AccessLogs",
                principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[naming.objects_arn(naming.bucket_name(props.bucket_prefix, BucketSuffix.LOGS))],
                conditions=ours,
            )
        )
        self.managed.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Inventories",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[
                    naming.objects_arn(
                        naming.bucket_name(props.bucket_prefix, BucketSuffix.MANAGED), f"{ManagedPrefix.INVENTORY}*"
                    )
                ],
                conditions=ours,
            )
        )

    def _keep_audit_files(self, props: FixedBucketsProps) -> None:
        """Refuse to everybody what would put another file in the place of one of the audit trail.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
        """
        managed = naming.bucket_name(props.bucket_prefix, BucketSuffix.MANAGED)

        def refuse(sid: str, action: str, conditions: Mapping[str, Any]) -> None:
            self.managed.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=sid,
                    effect=iam.Effect.DENY,
                    principals=[iam.AnyPrincipal()],
                    actions=[action],
                    resources=[naming.objects_arn(managed, f"{ManagedPrefix.AUDIT}*")],
                    conditions=conditions,
                )
            )

        # It also refuses uploads in parts, which cannot carry the condition when they begin; no writer makes any.
        refuse("AuditFilesAreWrittenOnce", "s3:PutObject", {"Null": {"s3:if-none-match": "true"}})
        if not props.retention.destroyable:
            # Behind a delete marker a key is free again. Lifecycle rules are not subject to this.
            refuse("AuditFilesAreNotDeleted", "s3:DeleteObject", {})


def _expiry(folder: str, days: int, noncurrent_days: int) -> Expiry:
    return Expiry(name=_rule_name(folder), days=days, noncurrent_days=noncurrent_days, prefix=folder)


def _move(folder: str, lifecycle: Lifecycle) -> Move:
    return Move(
        name=f"move-{_rule_name(folder)}",
        days=lifecycle.evidence_transition_days,
        storage_class=s3.StorageClass(lifecycle.evidence_storage_class),
        larger_than=LEAST_MOVED_EVIDENCE_BYTES - 1,
        prefix=folder,
    )


def _rule_name(folder: str) -> str:
    return folder.strip("/").replace("/", "-")
