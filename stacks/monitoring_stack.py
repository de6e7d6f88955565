"""MonitoringStack: alarms and dashboard, made of metrics that the other layers offer."""

from aws_cdk import Environment, Stack
from constructs import Construct

from stacks import naming
from stacks.base_stack import BaseStack
from stacks.config import Settings
from stacks.constructs.alarms import AlarmsProps, FixityAlarms
from stacks.constructs.dashboard import DashboardProps, FixityDashboard
from stacks.integrity_stack import IntegrityStack


class MonitoringStack(Stack):
    """The uppermost layer."""

    def __init__(self, scope: Construct, settings: Settings, base: BaseStack, integrity: IntegrityStack) -> None:
        """Compose the layer."""
        super().__init__(
            scope,
            naming.stack_name(settings.name, naming.MONITORING),
            env=Environment(account=settings.account, region=settings.region),
            description=f"DuraCloud {settings.name}: alarms, dashboard",
            termination_protection=settings.termination_protection,
        )
        FixityAlarms(
            self,
            "Alarms",
            AlarmsProps(
                settings=settings,
                topic=base.topic,
                functions=integrity.functions,
                dead_letters=integrity.dead_letters,
            ),
        )
        FixityDashboard(
            self,
            "Fixity",
            DashboardProps(
                environment=settings.name,
                functions=integrity.functions,
                queues=integrity.queues,
                dead_letters=integrity.dead_letters,
            ),
        )
