"""IntegrityStack: what works: queues, event rules, functions, schedules."""

from aws_cdk import Environment, Stack
from constructs import Construct

from stacks import bundling, naming
from stacks.base_stack import BaseStack
from stacks.config import Settings
from stacks.constructs.audit_trail import AuditTrail, AuditTrailProps
from stacks.constructs.bucket_requests import BucketRequests, BucketRequestsProps
from stacks.constructs.fixity_functions import FixityFunctions, FixityFunctionsProps
from stacks.constructs.fixity_report import FixityReport, FixityReportProps
from stacks.constructs.overdue_sweep import OverdueSweep, OverdueSweepProps
from stacks.constructs.parameters import Parameters, ParametersProps
from stacks.constructs.replication_watch import ReplicationWatch, ReplicationWatchProps
from stacks.constructs.retention import Retention
from stacks.constructs.table_export import TableExport, TableExportProps
from stacks.storage_stack import StorageStack


class IntegrityStack(Stack):
    """The layer of work.

    Attributes:
        functions: every function.
        queues: every queue of work.
        streams: every stream that a function works on.
        dead_letters: every queue that takes what failed for good.
    """

    def __init__(
        self, scope: Construct, settings: Settings, retention: Retention, base: BaseStack, storage: StorageStack
    ) -> None:
        """Compose the layer."""
        super().__init__(
            scope,
            naming.stack_name(settings.name, naming.INTEGRITY),
            env=Environment(account=settings.account, region=settings.region),
            description=f"DuraCloud {settings.name}: queues, event rules, functions, schedules",
            termination_protection=settings.termination_protection,
        )
        code = bundling.function_code(self)
        layer = None
        if settings.dependency_layer:
            layer = bundling.dependency_layer(self, "Dependencies", settings.architecture)
        replication = ReplicationWatch(
            self,
            "Replication",
            ReplicationWatchProps(settings=settings, code=code, layer=layer, retention=retention),
        )
        requests = BucketRequests(
            self,
            "Requests",
            BucketRequestsProps(
                settings=settings,
                code=code,
                layer=layer,
                buckets=storage.buckets,
                replication_role=storage.replication_role,
                replication_events=replication.queue,
                key=base.key,
                retention=retention,
            ),
        )
        fixity = FixityFunctions(
            self,
            "Fixity",
            FixityFunctionsProps(
                settings=settings,
                code=code,
                layer=layer,
                tables=storage.tables,
                topic=base.topic,
                key=base.key,
                retention=retention,
            ),
        )
        export = TableExport(
            self,
            "Export",
            TableExportProps(
                settings=settings,
                code=code,
                layer=layer,
                table=storage.tables.checksums,
                key=base.key,
                retention=retention,
            ),
        )
        audit = AuditTrail(
            self,
            "Audit",
            AuditTrailProps(
                settings=settings,
                code=code,
                layer=layer,
                tables=storage.tables,
                signing_key=base.signing_key,
                key=base.key,
                retention=retention,
            ),
        )
        sweep = OverdueSweep(
            self,
            "Sweep",
            OverdueSweepProps(
                settings=settings,
                code=code,
                layer=layer,
                tables=storage.tables,
                created=fixity.created,
                verification=fixity.verification,
                key=base.key,
                retention=retention,
            ),
        )
        report = FixityReport(
            self,
            "Report",
            FixityReportProps(
                settings=settings,
                code=code,
                layer=layer,
                table=storage.tables.checksums,
                key=base.key,
                retention=retention,
            ),
        )
        self.functions = (
            requests.function,
            *fixity.functions,
            export.function,
            replication.function,
            *audit.functions,
            sweep.function,
            report.function,
        )
        self.queues = (requests.queue, *fixity.queues, replication.queue, sweep.queue, report.queue)
        self.streams = (*fixity.streams, audit.stream)
        self.dead_letters = (
            *(queue.dead_letters for queue in self.queues),
            *(stream.failures for stream in self.streams),
        )
        published = {f"function/{function.name}": function.function.function_name for function in self.functions}
        for queue in self.queues:
            published[f"queue/{queue.name}-url"] = queue.queue.queue_url
            published[f"queue/{queue.name}-dlq-url"] = queue.dead_letters.queue.queue_url
        Parameters(
            self,
            "Parameters",
            ParametersProps(environment=settings.name, layer=naming.INTEGRITY, values=published),
        )
