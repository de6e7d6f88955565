"""The two tables: fixity records, and the due dates of checks."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from runtime.contract import Attribute
from stacks import naming
from stacks.config import Settings, Tables
from stacks.constructs.retention import Retention
from stacks.constructs.table_metrics import TableMetrics


class FixityTables(Construct):
    """Both tables, with the same key."""

    def __init__(self, scope: Construct, construct_id: str, settings: Settings, retention: Retention) -> None:
        super().__init__(scope, construct_id)
        self._settings, self._retention = settings, retention
        self.checksums = self._table("Checksums", naming.CHECKSUMS)
        self.schedule = self._table("Schedule", naming.SCHEDULE, expires_by=Attribute.TTL)
        self.metrics = (
            self._metrics(naming.CHECKSUMS, ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")),
            self._metrics(naming.SCHEDULE, ("PutItem", "DeleteItem", "Query")),
        )

    def _metrics(self, name: str, operations: tuple[str, ...]) -> TableMetrics:
        return TableMetrics(name, naming.resource_name(self._settings.name, name), operations)

    def _table(self, construct_id: str, name: str, expires_by: str | None = None) -> dynamodb.TableV2:
        return dynamodb.TableV2(
            self,
            construct_id,
            table_name=naming.resource_name(self._settings.name, name),
            partition_key=dynamodb.Attribute(name=Attribute.BUCKET_NAME, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=Attribute.OBJECT_KEY, type=dynamodb.AttributeType.STRING),
            time_to_live_attribute=expires_by,
            billing=_billing(self._settings.tables),
            dynamo_stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self._retention.protected,
            removal_policy=self._retention.removal_policy,
        )


def _billing(tables: Tables) -> dynamodb.Billing:
    if not tables.provisioned:
        return dynamodb.Billing.on_demand()
    capacity = dynamodb.Capacity.autoscaled(
        min_capacity=tables.min_capacity,
        max_capacity=tables.max_capacity,
        # What a table that was on demand begins with.
        seed_capacity=tables.min_capacity,
    )
    return dynamodb.Billing.provisioned(read_capacity=capacity, write_capacity=capacity)
