"""MonitoringStack: alarms and dashboard, made of the metrics of the other layers."""

from constructs import Construct

from stacks import naming
from stacks.config import Settings
from stacks.constructs.alarm_list import alarms_on
from stacks.constructs.alarms import Alarms
from stacks.constructs.dashboard import FixityDashboard
from stacks.constructs.watched import Watched
from stacks.integrity_stack import IntegrityStack
from stacks.layer import Layer
from stacks.storage_stack import StorageStack


class MonitoringStack(Layer):
    """The uppermost layer."""

    def __init__(self, scope: Construct, settings: Settings, storage: StorageStack, integrity: IntegrityStack) -> None:
        super().__init__(scope, settings, naming.MONITORING, "alarms, dashboard")
        watched = Watched(
            settings=settings,
            functions=integrity.functions,
            queues=integrity.queues,
            dead_letters=integrity.dead_letters,
            streams=integrity.streams,
            tables=storage.tables.metrics,
        )
        Alarms(self, "Alarms", settings, alarms=alarms_on(watched))
        FixityDashboard(self, "Fixity", watched)
