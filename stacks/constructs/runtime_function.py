"""The one way to make a Lambda function here."""

from collections.abc import Mapping, Sequence
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from runtime.contract import function_name
from runtime.settings import FunctionSettings
from stacks import bundling
from stacks.config import Sizing
from stacks.constructs.acknowledged import Acknowledged
from stacks.constructs.function_host import FunctionHost


class RuntimeFunction(Construct):
    """A function with its own role and its own log group."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        host: FunctionHost,
        settings: FunctionSettings,
        *,
        description: str,
        sizing: Sizing,
        more_layers: Sequence[lambda_.ILayerVersion] = (),
        calls_itself: bool = False,
    ) -> None:
        """Create the function; its role may write its log and nothing else, until something is allowed.

        A function that sends messages to its own queue needs `calls_itself`: Lambda stops it after 16 rounds otherwise
        (https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html).
        """
        super().__init__(scope, construct_id)
        physical_name = function_name(settings.environment, settings.function)
        self._physical_name = physical_name
        self.name = settings.function
        self._memory_mib = sizing.memory_mib
        self.timeout = Duration.seconds(sizing.timeout_seconds)
        log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{physical_name}",
            removal_policy=host.retention.removal_policy,
        )
        # The L2 property takes CDK's own names of these numbers.
        cast("logs.CfnLogGroup", log_group.node.default_child).retention_in_days = host.settings.log_retention_days
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
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=bundling.cpu(host.settings.architecture),
            handler=f"runtime.handlers.{self.name.replace('-', '_')}.handler",
            code=host.code,
            layers=[layer for layer in (host.layer, *more_layers) if layer is not None],
            role=self._role,
            memory_size=sizing.memory_mib,
            timeout=self.timeout,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if calls_itself else None,
            application_log_level_v2=lambda_.ApplicationLogLevel(host.settings.log_level),
            environment=settings.to_environment(),
        )
        self.acknowledged = [
            Acknowledged(
                f"{self.function.node.path}/Resource",
                "AwsSolutions-L1",
                "Python 3.13 is what the dependency layer is built and tested for; Lambda supports it until 2029",
            )
        ]

    def allow(
        self,
        actions: Sequence[str],
        *resources: str,
        acknowledged: str = "",
        conditions: Mapping[str, object] | None = None,
    ) -> None:
        """Let the function call AWS; `acknowledged` says why patterns among the resources are accepted."""
        self._role.add_to_policy(
            iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
        )
        if acknowledged:
            policy = f"{self._role.node.path}/DefaultPolicy"
            wildcards = (pattern for pattern in resources if "*" in pattern)
            self.acknowledged += [Acknowledged.wildcard(policy, pattern, acknowledged) for pattern in wildcards]

    def deny(self, actions: Sequence[str], *resources: str) -> None:
        """Keep the function from calls that a wider permission would allow."""
        self._role.add_to_policy(
            iam.PolicyStatement(effect=iam.Effect.DENY, actions=list(actions), resources=list(resources))
        )

    def allow_key(self, key: kms.IKey | None, *actions: str) -> None:
        """Let the function use the customer key, where there is one."""
        if key is not None:
            key.grant(self._role, *actions)

    def invoke(
        self, scope: Construct, rule_id: str, description: str, expression: str, message: Mapping[str, str]
    ) -> None:
        """Let EventBridge invoke the function with a message at certain times, in UTC."""
        event = events.RuleTargetInput.from_object(dict(message))
        events.Rule(
            scope,
            rule_id,
            description=description,
            schedule=events.Schedule.expression(expression),
            targets=[targets.LambdaFunction(self.function, event=event)],
        )

    def metric_errors(self) -> cloudwatch.Metric:
        """Return the number of failed invocations in five minutes."""
        return self._metric("Errors", "Sum")

    def metric_throttles(self) -> cloudwatch.Metric:
        """Return the number of throttled invocations in five minutes."""
        return self._metric("Throttles", "Sum")

    def metric_concurrency(self) -> cloudwatch.Metric:
        """Return the highest number of invocations at the same time in five minutes."""
        return self._metric("ConcurrentExecutions", "Maximum")

    def metric_iterator_age(self) -> cloudwatch.Metric:
        """Return the age in milliseconds of the newest record of the stream's oldest batch in five minutes."""
        return self._metric("IteratorAge", "Maximum")

    def metric_gigabyte_seconds(self) -> cloudwatch.IMetric:
        """Return what Lambda charges for, the memory in GB times the duration in seconds, in five minutes."""
        metric_id = f"duration_{self.name.replace('-', '_')}"
        return cloudwatch.MathExpression(
            expression=f"{metric_id} / 1000 * {self._memory_mib} / 1024",
            using_metrics={metric_id: self._metric("Duration", "Sum")},
            label=self.name,
            period=Duration.minutes(5),
        )

    def metric_invocations(self) -> cloudwatch.Metric:
        """Return the number of invocations in five minutes."""
        return self._metric("Invocations", "Sum")

    def metric_duration(self) -> cloudwatch.Metric:
        """Return the 99th percentile of durations in five minutes."""
        return self._metric("Duration", "p99")

    def _metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        """Return a metric of Lambda over five minutes; with the name as text no other stack waits for this one's."""
        return cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name=name,
            dimensions_map={"FunctionName": self._physical_name},
            statistic=statistic,
            period=Duration.minutes(5),
        )
