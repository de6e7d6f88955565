"""The two tables: fixity records, and the due dates of checks."""

import attrs
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from runtime.contract import Attribute
from stacks import naming
from stacks.config import Tables
from stacks.constructs.retention import Retention
from stacks.constructs.table_metrics import TableMetrics


@attrs.frozen(kw_only=True)
class FixityTablesProps:
    """Arguments of `FixityTables`.

    Attributes:
        environment: the environment's name.
        tables: how they are paid for.
        retention: what happens to them when they leave the template.
    """

    environment: str
    tables: Tables
    retention: Retention


class FixityTables(Construct):
    """Both tables, with the same key.

    Attributes:
        checksums: the records; its stream carries every fact of every check.
        schedule: one row per object, which expires when the object is due.
        metrics: what is measured of each of them.
    """

    def __init__(self, scope: Construct, construct_id: str, props: FixityTablesProps) -> None:
        """Create the tables."""
        super().__init__(scope, construct_id)
        self.checksums = self._table("Checksums", naming.resource_name(props.environment, naming.CHECKSUMS), props)
        self.schedule = self._table(
            "Schedule", naming.resource_name(props.environment, naming.SCHEDULE), props, expires_by=Attribute.TTL
        )
        self.metrics = (
            TableMetrics(naming.CHECKSUMS, self.checksums, ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")),
            TableMetrics(naming.SCHEDULE, self.schedule, ("PutItem", "DeleteItem", "Query")),
        )

    def _table(
        self, construct_id: str, name: str, props: FixityTablesProps, expires_by: str | None = None
    ) -> dynamodb.TableV2:
        return dynamodb.TableV2(
            self,
            construct_id,
            table_name=name,
            partition_key=dynamodb.Attribute(name=Attribute.BUCKET_NAME, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=Attribute.OBJECT_KEY, type=dynamodb.AttributeType.STRING),
            time_to_live_attribute=expires_by,
            billing=_billing(props.tables),
            dynamo_stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=props.retention.deletion_protection,
            removal_policy=props.retention.removal_policy,
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
