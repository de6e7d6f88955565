"""The topic that tells people: alarms, failures and recoveries."""

import attrs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks import naming


@attrs.frozen(kw_only=True)
class AlertTopicProps:
    """Arguments of `AlertTopic`.

    Attributes:
        environment: the environment's name.
        account: its AWS account.
        emails: addresses that receive alerts; each has to confirm once.
        key: the customer key, None where there is none: the AWS-managed key would drop alarms silently.
    """

    environment: str
    account: str
    emails: tuple[str, ...]
    key: kms.IKey | None


class AlertTopic(Construct):
    """The topic and its subscriptions.

    Attributes:
        topic: the topic.
    """

    def __init__(self, scope: Construct, construct_id: str, props: AlertTopicProps) -> None:
        """Create the topic, let CloudWatch publish to it, and subscribe the addresses."""
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=naming.resource_name(props.environment, "alerts"),
            display_name=f"DuraCloud {props.environment}",
            enforce_ssl=True,
            master_key=props.key,
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": props.account}},
            )
        )
        for email in props.emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
