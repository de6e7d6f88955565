"""The function that exports the checksum table, and its two schedules."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from constructs import Construct

from runtime.contract import ManagedPrefix
from runtime.settings import ExportSettings
from stacks import naming
from stacks.constructs.acknowledged import FOLDER
from stacks.constructs.function_host import FunctionHost
from stacks.constructs.runtime_function import RuntimeFunction


class Export(Construct):
    """The function and its schedules."""

    def __init__(self, scope: Construct, construct_id: str, host: FunctionHost, *, table: dynamodb.TableV2) -> None:
        super().__init__(scope, construct_id)
        settings = host.settings
        self._function = RuntimeFunction(
            self,
            "ChecksumExporter",
            host,
            ExportSettings(
                environment=settings.name,
                commit=host.commit,
                checksum_table_arn=table.table_arn,
                managed_bucket=host.managed_bucket,
            ),
            description="Exports the checksum table and follows its exports",
            sizing=settings.functions.checksum_exporter,
        )
        self.functions = (self._function,)
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport_Requesting.html
        self._function.allow(["dynamodb:ExportTableToPointInTime"], table.table_arn)
        # Not the table's own attribute: the rule names of cdk-nag would hold a reference to another stack.
        name = naming.resource_name(settings.name, naming.CHECKSUMS)
        self._function.allow(
            ["dynamodb:DescribeExport"],
            f"{naming.table_arn(settings.region, settings.account, name)}/export/*",
            acknowledged="DynamoDB makes the names of exports",
        )
        self._function.allow(
            ["dynamodb:ListExports"], "*", acknowledged="dynamodb:ListExports cannot be limited to a table"
        )
        self._function.allow(
            ["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"],
            naming.objects_arn(host.managed_bucket, f"{ManagedPrefix.EXPORTS}*"),
            acknowledged=FOLDER,
        )
        # Without it S3 answers 403 instead of 404 for a missing file (lesson L22).
        self._function.allow(["s3:ListBucket"], naming.bucket_arn(host.managed_bucket))
        self._function.allow_key(host.key, "kms:Decrypt", "kms:GenerateDataKey")
        start = {"action": "start", "time": events.EventField.time}
        schedules = settings.export
        self._function.invoke(self, "Start", "Starts an export of the checksum table", schedules.schedule, start)
        follow = {"action": "follow"}
        self._function.invoke(self, "Follow", "Looks for ends of exports", schedules.follow_schedule, follow)
