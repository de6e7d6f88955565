"""StorageStack: the fixed buckets, the two tables, the replication role."""

from constructs import Construct

from stacks import naming
from stacks.base_stack import BaseStack
from stacks.config import Settings
from stacks.constructs.fixed_buckets import FixedBuckets
from stacks.constructs.fixity_tables import FixityTables
from stacks.constructs.replication_role import ReplicationRole
from stacks.constructs.retention import Retention
from stacks.layer import Layer


class StorageStack(Layer):
    """The layer of data."""

    def __init__(self, scope: Construct, settings: Settings, retention: Retention, base: BaseStack) -> None:
        super().__init__(scope, settings, naming.STORAGE, "fixed buckets, tables, replication role")
        self.buckets = FixedBuckets(self, "Buckets", settings, retention, key=base.key)
        self.tables = FixityTables(self, "Tables", settings, retention)
        self.replication_role = ReplicationRole(self, "Replication", settings, key=base.key).role
        self.publish(
            {
                "managed-bucket": self.buckets.managed.bucket_name,
                "request-bucket": self.buckets.requests.bucket_name,
                "logs-bucket": self.buckets.logs.bucket_name,
                "checksum-table": self.tables.checksums.table_name,
                "scheduler-table": self.tables.schedule.table_name,
                "checksum-stream-arn": self.tables.checksums.table_stream_arn or "",
                "replication-role-arn": self.replication_role.role_arn,
            }
        )
