"""The functions that write and sign the audit trail, and permissions for all functions that write into it."""

from typing import Final

from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from constructs import Construct

from runtime.contract import ManagedPrefix
from runtime.settings import FunctionSettings, ManifestSettings, TrailSettings
from stacks import naming
from stacks.config import Sizing
from stacks.constructs.acknowledged import FOLDER
from stacks.constructs.fixity_tables import FixityTables
from stacks.constructs.function_host import FunctionHost
from stacks.constructs.runtime_function import RuntimeFunction
from stacks.constructs.table_stream import TableStream

# One file per batch: large, so that files are few; well below the 6 MB limit of an invocation.
_BATCH_SIZE: Final = 500


def let_write(function: RuntimeFunction, host: FunctionHost, *, read: str, write: tuple[str, ...]) -> None:
    """Let a function write files of the audit trail; `read` and `write` are patterns of keys."""
    managed = host.managed_bucket
    function.allow(["s3:GetObject"], naming.objects_arn(managed, read), acknowledged=FOLDER)
    locking = ["s3:PutObjectRetention"] if host.settings.audit.locks else []
    written = [naming.objects_arn(managed, keys) for keys in write]
    function.allow(["s3:PutObject", *locking], *written, acknowledged=FOLDER)


def let_write_events(function: RuntimeFunction, host: FunctionHost) -> None:
    """Let a function write events, and read those that it may have written before."""
    events_of_all = f"{ManagedPrefix.AUDIT_EVENTS}*"
    let_write(function, host, read=events_of_all, write=(events_of_all,))


class Audit(Construct):
    """Two functions, a stream and a schedule."""

    def __init__(
        self, scope: Construct, construct_id: str, host: FunctionHost, *, tables: FixityTables, signing_key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._host = host
        settings = host.settings
        writer = self._function(
            "AuditTrail",
            TrailSettings(**host.audit_settings()),
            "Writes what happens to objects into the audit trail",
            settings.functions.audit_trail,
        )
        let_write_events(writer, host)
        self.stream = TableStream(
            self,
            "AuditTrailStream",
            host,
            table=tables.checksums,
            function=writer,
            batch_size=_BATCH_SIZE,
            window_seconds=settings.audit.window_seconds,
        )
        self.functions = (writer, self._signer(signing_key))

    def _signer(self, signing_key: kms.IKey) -> RuntimeFunction:
        host, settings = self._host, self._host.settings
        function = self._function(
            "AuditManifest",
            ManifestSettings(**host.audit_settings(), audit_key_arn=signing_key.key_arn),
            "Signs the days of the audit trail",
            settings.functions.audit_manifest,
        )
        written = (f"{ManagedPrefix.AUDIT_MANIFESTS}*", ManagedPrefix.AUDIT_KEY)
        let_write(function, host, read=f"{ManagedPrefix.AUDIT}*", write=written)
        function.allow(["s3:ListBucket"], naming.bucket_arn(host.managed_bucket))
        function.allow_key(signing_key, "kms:GetPublicKey", "kms:Sign", "kms:Verify")
        message = {"time": events.EventField.time}
        function.invoke(self, "Daily", "Signs the audit trail of the days before", settings.audit.schedule, message)
        return function

    def _function(
        self, construct_id: str, settings: FunctionSettings, description: str, sizing: Sizing
    ) -> RuntimeFunction:
        function = RuntimeFunction(self, construct_id, self._host, settings, description=description, sizing=sizing)
        function.allow_key(self._host.key, "kms:Decrypt", "kms:GenerateDataKey")
        return function
