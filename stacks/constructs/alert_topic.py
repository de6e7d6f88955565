"""The alert topic: it notifies people of alarms, failures and recoveries."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks import naming
from stacks.config import Settings


class AlertTopic(Construct):
    """The topic and its subscriptions."""

    def __init__(self, scope: Construct, construct_id: str, settings: Settings, *, key: kms.IKey | None) -> None:
        """Let CloudWatch publish, and subscribe the addresses: each has to confirm once.

        With the AWS-managed key the topic would drop alarms silently: a customer key or none.
        """
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=naming.resource_name(settings.name, naming.ALERTS),
            display_name=f"DuraCloud {settings.name}",
            enforce_ssl=True,
            master_key=key,
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": settings.account}},
            )
        )
        for email in settings.alert_emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
