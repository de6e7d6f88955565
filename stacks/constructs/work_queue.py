"""A queue of work with its dead-letter queue, fed by EventBridge, worked on by a function."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks import naming
from stacks.config import WorkerSizing
from stacks.constructs.acknowledged import Acknowledged
from stacks.constructs.function_host import FunctionHost
from stacks.constructs.runtime_function import RuntimeFunction

# A message keeps its age in the dead-letter queue, so that queue keeps messages longer than a queue of work:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
_DEAD_LETTERS_KEPT: Final = Duration.days(14)
_WORK_KEPT: Final = Duration.days(7)
# A message stays invisible while Lambda retries a throttled invocation:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_VISIBILITY_FACTOR: Final = 6


class _MeasuredQueue(Construct):
    """A queue whose messages are measured, for alarms and dashboard."""

    queue: sqs.Queue

    def __init__(self, scope: Construct, construct_id: str, *, physical_name: str) -> None:
        super().__init__(scope, construct_id)
        self._physical_name = physical_name

    def metric_messages(self) -> cloudwatch.Metric:
        """Return the highest number of waiting messages in five minutes."""
        return self._metric("ApproximateNumberOfMessagesVisible")

    def metric_age(self) -> cloudwatch.Metric:
        """Return the age in seconds of the oldest message, counted from its arrival in this queue, in five minutes."""
        return self._metric("ApproximateAgeOfOldestMessage")

    def _metric(self, name: str) -> cloudwatch.Metric:
        # With the name as text no other stack waits for this one's.
        return cloudwatch.Metric(
            namespace="AWS/SQS",
            metric_name=name,
            dimensions_map={"QueueName": self._physical_name},
            statistic="Maximum",
            period=Duration.minutes(5),
        )


class DeadLetterQueue(_MeasuredQueue):
    """A dead-letter queue, whose messages are kept for 14 days."""

    def __init__(
        self, scope: Construct, construct_id: str, host: FunctionHost, *, name: str, last_stop: str = ""
    ) -> None:
        """Create the queue; `last_stop` says why it has no dead-letter queue if it is not one itself."""
        super().__init__(scope, construct_id, physical_name=naming.resource_name(host.settings.name, name))
        self.name = name
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=self._physical_name,
            retention_period=_DEAD_LETTERS_KEPT,
            removal_policy=host.retention.removal_policy,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        path = f"{self.queue.node.path}/Resource"
        self.acknowledged = [Acknowledged(path, "AwsSolutions-SQS3", last_stop)] if last_stop else []


class WorkQueue(_MeasuredQueue):
    """The queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        host: FunctionHost,
        *,
        name: str,
        sizing: WorkerSizing,
        max_receives: int | None = None,
        batch_size: int = 1,
        batch_window_seconds: int = 0,
    ) -> None:
        super().__init__(scope, construct_id, physical_name=naming.resource_name(host.settings.name, name))
        self.name = name
        self._sizing = sizing
        self._batch_size = batch_size
        self._window = Duration.seconds(batch_window_seconds)
        self.dead_letters = DeadLetterQueue(self, "DeadLetters", host, name=f"{name}-dlq")
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=self._physical_name,
            visibility_timeout=Duration.seconds(_VISIBILITY_FACTOR * sizing.timeout_seconds + batch_window_seconds),
            retention_period=_WORK_KEPT,
            removal_policy=host.retention.removal_policy,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters.queue, max_receive_count=max_receives or host.settings.delivery.max_receives
            ),
        )

    def take(self, construct_id: str, description: str, pattern: events.EventPattern) -> None:
        """Take EventBridge events, as they are."""
        rule = events.Rule(self, construct_id, description=description, event_pattern=pattern)
        self._deliver(rule)

    def schedule_start(self, description: str, expression: str) -> None:
        """Take the message that starts a run at certain times; the expression is EventBridge's, in UTC."""
        rule = events.Rule(self, "Start", description=description, schedule=events.Schedule.expression(expression))
        message = {"action": "start", "time": events.EventField.time}
        self._deliver(rule, events.RuleTargetInput.from_object(message))

    def _deliver(self, rule: events.Rule, message: events.RuleTargetInput | None = None) -> None:
        # What EventBridge cannot deliver for 24 hours is sent to the dead-letter queue too.
        rule.add_target(targets.SqsQueue(self.queue, message=message, dead_letter_queue=self.dead_letters.queue))

    def take_notifications(self, account: str, buckets: str) -> None:
        """Take notifications that S3 sends to queues only, from buckets that match an ARN pattern."""
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": buckets}},
            )
        )

    def drive(self, function: RuntimeFunction) -> None:
        """Let a function work on the queue, each message of a batch failing for itself."""
        function.function.add_event_source(
            sources.SqsEventSource(
                self.queue,
                batch_size=self._batch_size,
                max_batching_window=self._window,
                max_concurrency=self._sizing.max_concurrency,
                report_batch_item_failures=True,
            )
        )
