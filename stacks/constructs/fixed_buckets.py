"""The fixed buckets of an environment: managed, request and logs."""

from collections.abc import Iterator, Mapping
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from runtime.contract import BucketSuffix, ManagedPrefix
from stacks import naming
from stacks.config import (
    EVIDENCE_NONCURRENT_DAYS,
    LEAST_MOVED_EVIDENCE_BYTES,
    TRANSIENT_NONCURRENT_DAYS,
    Lifecycle,
    Settings,
)
from stacks.constructs.preservation_bucket import Expiry, Move, PreservationBucket
from stacks.constructs.retention import Retention

_TRANSIENT = (ManagedPrefix.INVENTORY, ManagedPrefix.SCRATCH)
_EVIDENCE = (ManagedPrefix.REQUESTS, ManagedPrefix.EXPORTS, ManagedPrefix.REPORTS, ManagedPrefix.AUDIT)


class FixedBuckets(Construct):
    """The three buckets."""

    def __init__(
        self, scope: Construct, construct_id: str, settings: Settings, retention: Retention, *, key: kms.IKey | None
    ) -> None:
        super().__init__(scope, construct_id)
        prefix, days = settings.bucket_prefix, settings.lifecycle
        self._managed_name = naming.bucket_name(prefix, BucketSuffix.MANAGED)
        logs_name = naming.bucket_name(prefix, BucketSuffix.LOGS)
        self.logs = PreservationBucket(
            self,
            "Logs",
            settings,
            retention,
            name=logs_name,
            # S3 delivers access logs to no bucket under a customer key:
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
            key=None,
            log_bucket=None,
            expiries=[
                Expiry(
                    name="access-logs",
                    days=days.access_log_expiry_days,
                    noncurrent_days=TRANSIENT_NONCURRENT_DAYS,
                )
            ],
        ).bucket
        self.managed = PreservationBucket(
            self,
            "Managed",
            settings,
            retention,
            name=self._managed_name,
            key=key,
            log_bucket=self.logs,
            lockable=settings.audit.locks,
            expiries=list(_expiries(days)),
            moves=[_move(folder, days) for folder in _EVIDENCE] if days.moves_evidence else [],
        ).bucket
        self.requests = PreservationBucket(
            self,
            "Requests",
            settings,
            retention,
            name=naming.bucket_name(prefix, BucketSuffix.REQUEST),
            key=key,
            log_bucket=self.logs,
            announces_objects=True,
            noncurrent_expiry_days=days.noncurrent_expiry_days,
        ).bucket
        ours = {
            "StringEquals": {"aws:SourceAccount": settings.account},
            "ArnLike": {"aws:SourceArn": naming.bucket_arn(naming.any_bucket(prefix))},
        }
        self._let_s3_deliver(logs_name, ours)
        self._keep_audit_files(retention)

    def _let_s3_deliver(self, logs_name: str, ours: Mapping[str, Any]) -> None:
        inventories = naming.objects_arn(self._managed_name, f"{ManagedPrefix.INVENTORY}*")
        for bucket, sid, service, objects in (
            (self.logs, "AccessLogs", "logging.s3.amazonaws.com", naming.objects_arn(logs_name)),
            (self.managed, "Inventories", "s3.amazonaws.com", inventories),
        ):
            bucket.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=sid,
                    principals=[iam.ServicePrincipal(service)],
                    actions=["s3:PutObject"],
                    resources=[objects],
                    conditions=ours,
                )
            )

    def _keep_audit_files(self, retention: Retention) -> None:
        """Deny everybody every call that would replace a file of the audit trail.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
        """

        def refuse(sid: str, action: str, conditions: Mapping[str, Any]) -> None:
            self.managed.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=sid,
                    effect=iam.Effect.DENY,
                    principals=[iam.AnyPrincipal()],
                    actions=[action],
                    resources=[naming.objects_arn(self._managed_name, f"{ManagedPrefix.AUDIT}*")],
                    conditions=conditions,
                )
            )

        # It also refuses uploads in parts, which cannot carry the condition when they begin; no writer makes any.
        refuse("AuditFilesAreWrittenOnce", "s3:PutObject", {"Null": {"s3:if-none-match": "true"}})
        if not retention.destroyable:
            # Behind a delete marker a key is free again. Lifecycle rules are not subject to this.
            refuse("AuditFilesAreNotDeleted", "s3:DeleteObject", {})


def _expiries(days: Lifecycle) -> Iterator[Expiry]:
    for folder in _TRANSIENT:
        yield _expiry(folder, days.transient_expiry_days, TRANSIENT_NONCURRENT_DAYS)
    for folder in _EVIDENCE:
        yield _expiry(folder, days.evidence_expiry_days, EVIDENCE_NONCURRENT_DAYS)


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
