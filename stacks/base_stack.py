"""BaseStack: the keys, the alert topic, the user groups; every other layer uses it."""

from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks import naming
from stacks.config import Settings
from stacks.constructs.alert_topic import AlertTopic
from stacks.constructs.keys import EncryptionKey, SigningKey
from stacks.constructs.retention import Retention
from stacks.constructs.user_groups import UserGroups
from stacks.layer import Layer


class BaseStack(Layer):
    """The lowest layer; `key` is None if the encryption is S3-managed."""

    def __init__(self, scope: Construct, settings: Settings, retention: Retention) -> None:
        super().__init__(scope, settings, naming.BASE, "keys, alert topic, user groups")
        self.key: kms.IKey | None = None
        if settings.encryption.customer_key:
            self.key = EncryptionKey(self, "EncryptionKey", settings, retention).key
        self.signing_key = SigningKey(self, "SigningKey", settings, retention).key
        self.topic = AlertTopic(self, "AlertTopic", settings, key=self.key).topic
        UserGroups(self, "UserGroups", settings, key=self.key)
        self.publish(
            {
                "alert-topic-arn": self.topic.topic_arn,
                "audit-key-arn": self.signing_key.key_arn,
                "power-users-policy": naming.group_name(settings.bucket_prefix, naming.POWER_USERS),
                "users-policy": naming.group_name(settings.bucket_prefix, naming.USERS),
            }
        )
