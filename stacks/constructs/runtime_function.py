"""The one way to make a Lambda function here."""

from collections.abc import Mapping
from typing import Final

import attrs
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from runtime.contract import Env, function_name
from stacks import bundling
from stacks.config import LOG_RETENTION_DAYS, Settings, Sizing

_RETENTION: Final = dict(
    zip(
        LOG_RETENTION_DAYS,
        (
            logs.RetentionDays.ONE_DAY,
            logs.RetentionDays.THREE_DAYS,
            logs.RetentionDays.FIVE_DAYS,
            logs.RetentionDays.ONE_WEEK,
            logs.RetentionDays.TWO_WEEKS,
            logs.RetentionDays.ONE_MONTH,
            logs.RetentionDays.TWO_MONTHS,
            logs.RetentionDays.THREE_MONTHS,
            logs.RetentionDays.FOUR_MONTHS,
            logs.RetentionDays.FIVE_MONTHS,
            logs.RetentionDays.SIX_MONTHS,
            logs.RetentionDays.ONE_YEAR,
            logs.RetentionDays.THIRTEEN_MONTHS,
            logs.RetentionDays.EIGHTEEN_MONTHS,
            logs.RetentionDays.TWO_YEARS,
            logs.RetentionDays.THREE_YEARS,
            logs.RetentionDays.FIVE_YEARS,
            logs.RetentionDays.SIX_YEARS,
            logs.RetentionDays.SEVEN_YEARS,
            logs.RetentionDays.EIGHT_YEARS,
            logs.RetentionDays.NINE_YEARS,
            logs.RetentionDays.TEN_YEARS,
        ),
        strict=True,
    )
)


@attrs.frozen(kw_only=True)
class RuntimeFunctionProps:
    """Arguments of `RuntimeFunction`.

    Attributes:
        settings: the environment's settings.
        name: the function's name as in `contract.Function`.
        description: what it does, for the console.
        sizing: its memory and time-out.
        code: the code of all functions.
        layer: their dependencies, None where the host provides them.
        variables: its own environment variables; those of every function are added.
        removal_policy: what happens to its log when it leaves the template.
        more_layers: what it needs besides.
        calls_itself: whether it goes on by messages to its own queue. Lambda takes that for a mistake and stops it
            after 16 rounds, unless told (https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html).
    """

    settings: Settings
    name: str
    description: str
    sizing: Sizing
    code: lambda_.Code
    layer: lambda_.ILayerVersion | None
    variables: Mapping[str, str]
    removal_policy: RemovalPolicy
    more_layers: tuple[lambda_.ILayerVersion, ...] = ()
    calls_itself: bool = False


class RuntimeFunction(Construct):
    """A function with its own role and its own log group.

    Attributes:
        name: the function's name as in `contract.Function`.
        function: the function.
        timeout: its longest invocation.
    """

    def __init__(self, scope: Construct, construct_id: str, props: RuntimeFunctionProps) -> None:
        """Create the function; its role may write its log and nothing else, until something is allowed."""
        super().__init__(scope, construct_id)
        settings = props.settings
        physical_name = function_name(settings.name, props.name)
        self.name = props.name
        self._memory_mib = props.sizing.memory_mib
        self.timeout = Duration.seconds(props.sizing.timeout_seconds)
        log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{physical_name}",
            retention=_RETENTION[settings.log_retention_days],
            removal_policy=props.removal_policy,
        )
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {physical_name} may do",
        )
        log_group.grant_write(self._role)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=physical_name,
            description=props.description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=bundling.cpu(settings.architecture),
            handler=f"runtime.handlers.{props.name.replace('-', '_')}.handler",
            code=props.code,
            layers=[layer for layer in (props.layer, *props.more_layers) if layer is not None],
            role=self._role,
            memory_size=props.sizing.memory_mib,
            timeout=self.timeout,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if props.calls_itself else None,
            application_log_level_v2=lambda_.ApplicationLogLevel(settings.log_level),
            environment={
                Env.ENVIRONMENT: settings.name,
                Env.COMMIT: bundling.commit(),
                **props.variables,
            },
        )

    def tell(self, variable: str, value: str) -> None:
        """Give the function one more environment variable, a name of `contract.Env`."""
        self.function.add_environment(variable, value)

    def allow(self, actions: list[str], *resources: str, conditions: Mapping[str, object] | None = None) -> None:
        """Let the function call AWS.

        Args:
            actions: IAM actions.
            resources: ARNs or ARN patterns.
            conditions: IAM conditions.
        """
        self._role.add_to_policy(iam.PolicyStatement(actions=actions, resources=list(resources), conditions=conditions))

    def deny(self, actions: list[str], *resources: str) -> None:
        """Keep the function from calls that a wider permission would let it make.

        Args:
            actions: IAM actions.
            resources: ARNs or ARN patterns.
        """
        self._role.add_to_policy(
            iam.PolicyStatement(effect=iam.Effect.DENY, actions=actions, resources=list(resources))
        )

    def allow_key(self, key: kms.IKey | None, *actions: str) -> None:
        """Let the function use the customer key, where there is one."""
        if key is not None:
            key.grant(self._role, *actions)

    def metric_errors(self) -> cloudwatch.Metric:
        """Return the number of failed invocations in five minutes."""
        return self.function.metric_errors(period=Duration.minutes(5), statistic="Sum")

    def metric_throttles(self) -> cloudwatch.Metric:
        """Return the number of invocations that Lambda refused for want of concurrency in five minutes."""
        return self.function.metric_throttles(period=Duration.minutes(5), statistic="Sum")

    def metric_concurrency(self) -> cloudwatch.Metric:
        """Return the highest number of invocations at the same time in five minutes."""
        return self.function.metric("ConcurrentExecutions", period=Duration.minutes(5), statistic="Maximum")

    def metric_iterator_age(self) -> cloudwatch.Metric:
        """Return the age in milliseconds of the newest record of the stream's oldest batch in five minutes."""
        return self.function.metric("IteratorAge", period=Duration.minutes(5), statistic="Maximum")

    def metric_gigabyte_seconds(self) -> cloudwatch.IMetric:
        """Return what Lambda charges for, the memory in GB times the duration in seconds, in five minutes."""
        metric_id = f"duration_{self.name.replace('-', '_')}"
        return cloudwatch.MathExpression(
            expression=f"{metric_id} / 1000 * {self._memory_mib} / 1024",
            using_metrics={metric_id: self.function.metric_duration(period=Duration.minutes(5), statistic="Sum")},
            label=self.name,
            period=Duration.minutes(5),
        )

    def metric_invocations(self) -> cloudwatch.Metric:
        """Return the number of invocations in five minutes."""
        return self.function.metric_invocations(period=Duration.minutes(5), statistic="Sum")

    def metric_duration(self) -> cloudwatch.Metric:
        """Return the 99th percentile of durations in five minutes."""
        return self.function.metric_duration(period=Duration.minutes(5), statistic="p99")
