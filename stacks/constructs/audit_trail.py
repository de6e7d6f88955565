"""The functions that write and sign the audit trail, and what every function needs that writes into it."""

from collections.abc import Mapping
from typing import Final

import attrs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from runtime.contract import BucketSuffix, Env, Function, ManagedPrefix
from stacks import naming
from stacks.config import Settings, Sizing
from stacks.constructs.fixity_tables import FixityTables
from stacks.constructs.retention import Retention
from stacks.constructs.runtime_function import RuntimeFunction, RuntimeFunctionProps
from stacks.constructs.table_stream import TableStream, TableStreamProps

# One file per batch: large, so that files are few; well within the 6 MB that Lambda hands over at once.
_BATCH_SIZE: Final = 500


def variables(settings: Settings) -> dict[str, str]:
    """Return the environment variables of a function that writes into the audit trail."""
    return {
        Env.MANAGED_BUCKET: _managed(settings),
        Env.AUDIT_OBJECT_LOCK: settings.audit.object_lock,
        Env.EVIDENCE_RETENTION_DAYS: str(settings.lifecycle.evidence_retention_days),
    }


def let_write(function: RuntimeFunction, settings: Settings, *, read: str, write: tuple[str, ...]) -> None:
    """Let a function write files of the audit trail.

    Args:
        function: the function.
        settings: the environment's settings.
        read: pattern of the keys that it may read.
        write: patterns of the keys that it may write.
    """
    function.allow(["s3:GetObject"], naming.objects_arn(_managed(settings), read))
    locking = ["s3:PutObjectRetention"] if settings.audit.locks else []
    function.allow(["s3:PutObject", *locking], *(naming.objects_arn(_managed(settings), keys) for keys in write))


def let_write_events(function: RuntimeFunction, settings: Settings) -> None:
    """Let a function write events, and read those that it may have written before."""
    events_of_all = f"{ManagedPrefix.AUDIT_EVENTS}*"
    let_write(function, settings, read=events_of_all, write=(events_of_all,))


def _managed(settings: Settings) -> str:
    return naming.bucket_name(settings.bucket_prefix, BucketSuffix.MANAGED)


@attrs.frozen(kw_only=True)
class AuditTrailProps:
    """Arguments of `AuditTrail`.

    Attributes:
        settings: the environment's settings.
        code: the code of all functions.
        layer: their dependencies, None where the host provides them.
        tables: the two tables.
        signing_key: the key that signs.
        key: the customer key, None where there is none.
        retention: what happens to logs and queues when they leave the template.
    """

    settings: Settings
    code: lambda_.Code
    layer: lambda_.ILayerVersion | None
    tables: FixityTables
    signing_key: kms.IKey
    key: kms.IKey | None
    retention: Retention


class AuditTrail(Construct):
    """Two functions, a stream and a schedule.

    Attributes:
        functions: the function that writes and the one that signs.
        stream: the checksum table's stream as the first of them reads it.
    """

    def __init__(self, scope: Construct, construct_id: str, props: AuditTrailProps) -> None:
        """Create all of it."""
        super().__init__(scope, construct_id)
        self._props = props
        settings = props.settings
        writer = self._function(
            "AuditTrail",
            Function.AUDIT_TRAIL,
            "Writes what happens to objects into the audit trail",
            settings.functions.audit_trail,
            {},
        )
        let_write_events(writer, settings)
        self.stream = TableStream(
            self,
            "AuditTrailStream",
            TableStreamProps(
                environment=settings.name,
                table=props.tables.checksums,
                function=writer,
                filters=[],
                batch_size=_BATCH_SIZE,
                window_seconds=settings.audit.window_seconds,
                removal_policy=props.retention.removal_policy,
            ),
        )
        self.functions = (writer, self._signer())

    def _signer(self) -> RuntimeFunction:
        settings, signing_key = self._props.settings, self._props.signing_key
        function = self._function(
            "AuditManifest",
            Function.AUDIT_MANIFEST,
            "Signs the days of the audit trail",
            settings.functions.audit_manifest,
            {Env.AUDIT_KEY_ARN: signing_key.key_arn},
        )
        let_write(
            function,
            settings,
            read=f"{ManagedPrefix.AUDIT}*",
            write=(f"{ManagedPrefix.AUDIT_MANIFESTS}*", ManagedPrefix.AUDIT_KEY),
        )
        function.allow(["s3:ListBucket"], naming.bucket_arn(_managed(settings)))
        function.allow_key(signing_key, "kms:GetPublicKey", "kms:Sign", "kms:Verify")
        events.Rule(
            self,
            "Daily",
            description="Signs the audit trail of the days before",
            schedule=events.Schedule.expression(settings.audit.schedule),
            targets=[
                targets.LambdaFunction(
                    function.function, event=events.RuleTargetInput.from_object({"time": events.EventField.time})
                )
            ],
        )
        return function

    def _function(
        self, construct_id: str, name: str, description: str, sizing: Sizing, more: Mapping[str, str]
    ) -> RuntimeFunction:
        settings = self._props.settings
        function = RuntimeFunction(
            self,
            construct_id,
            RuntimeFunctionProps(
                settings=settings,
                name=name,
                description=description,
                sizing=sizing,
                code=self._props.code,
                layer=self._props.layer,
                variables={**variables(settings), **more},
                removal_policy=self._props.retention.removal_policy,
            ),
        )
        function.allow_key(self._props.key, "kms:Decrypt", "kms:GenerateDataKey")
        return function
