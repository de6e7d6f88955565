"""The function that exports the checksum table, and its two schedules."""

import attrs
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from runtime.contract import BucketSuffix, Env, Function, ManagedPrefix
from stacks import naming
from stacks.config import Settings
from stacks.constructs.retention import Retention
from stacks.constructs.runtime_function import RuntimeFunction, RuntimeFunctionProps


@attrs.frozen(kw_only=True)
class TableExportProps:
    """Arguments of `TableExport`.

    Attributes:
        settings: the environment's settings.
        code: the code of all functions.
        layer: their dependencies, None where the host provides them.
        table: the checksum table.
        key: the customer key, None where there is none.
        retention: what happens to the log when it leaves the template.
    """

    settings: Settings
    code: lambda_.Code
    layer: lambda_.ILayerVersion | None
    table: dynamodb.TableV2
    key: kms.IKey | None
    retention: Retention


class TableExport(Construct):
    """The function and its schedules.

    Attributes:
        function: the function.
    """

    def __init__(self, scope: Construct, construct_id: str, props: TableExportProps) -> None:
        """Create them."""
        super().__init__(scope, construct_id)
        settings = props.settings
        managed = naming.bucket_name(settings.bucket_prefix, BucketSuffix.MANAGED)
        self.function = RuntimeFunction(
            self,
            "ChecksumExporter",
            RuntimeFunctionProps(
                settings=settings,
                name=Function.CHECKSUM_EXPORTER,
                description="Exports the checksum table and follows its exports",
                sizing=settings.functions.checksum_exporter,
                code=props.code,
                layer=props.layer,
                variables={Env.CHECKSUM_TABLE_ARN: props.table.table_arn, Env.MANAGED_BUCKET: managed},
                removal_policy=props.retention.removal_policy,
            ),
        )
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport_Requesting.html
        self.function.allow(["dynamodb:ExportTableToPointInTime"], props.table.table_arn)
        self.function.allow(
            ["dynamodb:DescribeExport"],
            # Not the table's own attribute: the rule names of cdk-nag would hold a reference to another stack.
            naming.table_arn(settings.region, settings.account, naming.resource_name(settings.name, naming.CHECKSUMS))
            + "/export/*",
        )
        # It cannot be limited to a table.
        self.function.allow(["dynamodb:ListExports"], "*")
        self.function.allow(
            ["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"],
            naming.objects_arn(managed, f"{ManagedPrefix.EXPORTS}*"),
        )
        # Without it a missing file would be answered by 403 instead of 404 (lesson L22).
        self.function.allow(["s3:ListBucket"], naming.bucket_arn(managed))
        self.function.allow_key(props.key, "kms:Decrypt", "kms:GenerateDataKey")
        self._schedule(
            "Start",
            "Starts an export of the checksum table",
            settings.export.schedule,
            {"action": "start", "time": events.EventField.time},
        )
        self._schedule("Follow", "Looks for ends of exports", settings.export.follow_schedule, {"action": "follow"})

    def _schedule(self, construct_id: str, description: str, expression: str, message: dict[str, str]) -> None:
        events.Rule(
            self,
            construct_id,
            description=description,
            schedule=events.Schedule.expression(expression),
            targets=[targets.LambdaFunction(self.function.function, event=events.RuleTargetInput.from_object(message))],
        )
