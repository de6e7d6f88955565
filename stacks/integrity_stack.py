"""IntegrityStack: queues, event rules, functions, schedules."""

from constructs import Construct

from stacks import bundling, naming
from stacks.base_stack import BaseStack
from stacks.config import Settings
from stacks.constructs.audit import Audit
from stacks.constructs.export import Export
from stacks.constructs.fixity import Fixity
from stacks.constructs.function_host import FunctionHost
from stacks.constructs.provisioning import Provisioning
from stacks.constructs.replication import Replication
from stacks.constructs.report import Report
from stacks.constructs.retention import Retention
from stacks.constructs.sweep import Sweep
from stacks.layer import Layer
from stacks.storage_stack import StorageStack


class IntegrityStack(Layer):
    """The layer of work."""

    def __init__(
        self, scope: Construct, settings: Settings, retention: Retention, base: BaseStack, storage: StorageStack
    ) -> None:
        super().__init__(scope, settings, naming.INTEGRITY, "queues, event rules, functions, schedules")
        layer = None
        if settings.dependency_layer:
            layer = bundling.layer(self, "Dependencies", settings.architecture, bundling.ALL_FUNCTIONS)
        host = FunctionHost(
            settings=settings, code=bundling.function_code(self), layer=layer, key=base.key, retention=retention
        )
        tables = storage.tables
        replication = Replication(self, "Replication", host)
        provisioning = Provisioning(
            self,
            "Requests",
            host,
            buckets=storage.buckets,
            replication_role=storage.replication_role,
            replication_events=replication.queue,
        )
        fixity = Fixity(self, "Fixity", host, tables=tables, topic=base.topic)
        export = Export(self, "Export", host, table=tables.checksums)
        audit = Audit(self, "Audit", host, tables=tables, signing_key=base.signing_key)
        sweep = Sweep(self, "Sweep", host, tables=tables, created=fixity.created, verification=fixity.verification)
        report = Report(self, "Report", host, table=tables.checksums, topic=base.topic)
        self.functions = (
            *provisioning.functions,
            *fixity.functions,
            *export.functions,
            *replication.functions,
            *audit.functions,
            *sweep.functions,
            *report.functions,
        )
        self.queues = (provisioning.queue, *fixity.queues, replication.queue, sweep.queue, report.queue)
        self.streams = (*fixity.streams, audit.stream)
        self.dead_letters = (
            *(queue.dead_letters for queue in self.queues),
            *(stream.failures for stream in self.streams),
        )
        published = {f"function/{function.name}": function.function.function_name for function in self.functions}
        for queue in self.queues:
            published[f"queue/{queue.name}-url"] = queue.queue.queue_url
            published[f"queue/{queue.name}-dlq-url"] = queue.dead_letters.queue.queue_url
        self.publish(published)
