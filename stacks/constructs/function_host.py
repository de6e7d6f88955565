"""What all functions of an environment share."""

from typing import Any

import attrs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from runtime.contract import BucketSuffix
from runtime.settings import AuditSettings
from stacks import bundling, naming
from stacks.config import Settings
from stacks.constructs.retention import Retention


@attrs.frozen(kw_only=True)
class FunctionHost:
    """What all functions of an environment share."""

    settings: Settings
    code: lambda_.Code  # of all functions
    layer: lambda_.ILayerVersion | None  # None where the local AWS provides the dependencies
    key: kms.IKey | None  # None without a customer key
    retention: Retention  # of logs and queues

    @property
    def commit(self) -> str:
        """The last commit that changed the code."""
        return bundling.commit()

    @property
    def managed_bucket(self) -> str:
        """Name of the bucket that takes results, reports and the audit trail."""
        return naming.bucket_name(self.settings.bucket_prefix, BucketSuffix.MANAGED)

    def audit_settings(self) -> dict[str, Any]:
        """Return the settings that all functions share that write into the audit trail, by name."""
        shared = AuditSettings(
            environment=self.settings.name,
            commit=self.commit,
            managed_bucket=self.managed_bucket,
            audit_object_lock=self.settings.audit.object_lock,
            evidence_retention_days=self.settings.lifecycle.evidence_retention_days,
        )
        return attrs.asdict(shared)
