"""Settings of what people may do, and of what an institution asks of everything that is deployed."""

import re
from typing import Final

import attrs

from runtime.contract import Tag
from stacks.config.fields import checked, flag

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
_POLICY: Final = re.compile(r"arn:aws:iam::(aws|\d{12}):policy/[\w+=,.@/-]+", re.ASCII)
# Lengths of key and value, and the characters that all services take; a key with '=' could not be written here:
# https://docs.aws.amazon.com/personalize/latest/dg/personalize-managing-tags.html
_TAG: Final = re.compile(r"(?!aws:)[\w .:/+@-]{1,128}=(?!aws:)[\w .:/=+@-]{0,256}", re.ASCII | re.IGNORECASE)
_OURS: Final = (Tag.APPLICATION, Tag.ENVIRONMENT, Tag.BUCKET_TYPE, Tag.SEVERITY)
# AWS allows 50 tags for each resource; some are ours, some are CloudFormation's.
_MOST_TAGS: Final = 40


@attrs.frozen(kw_only=True)
class Access:
    """What members of the two user groups may do, and whether there are groups."""

    groups: bool = flag(
        "IAM groups are made; false where people sign in with permission sets or roles, which take the policies alone",
        default=True,
    )
    power_users_read: bool = flag("power users may read deposited files back", default=True)
    users_read: bool = flag("users may read deposited files back", default=False)
    permissions_boundary: str = checked(
        lambda arn: not arn or _POLICY.fullmatch(arn) is not None,
        "the ARN of a managed policy of this account or of AWS; empty without a boundary",
        "permissions boundary of every role that is deployed, where your account asks for one",
        default="",
    )


def split_tag(tag: str) -> tuple[str, str]:
    """Return key and value of a tag that is written `key=value`."""
    key, _, value = tag.partition("=")
    return key, value


def _are_tags(tags: tuple[str, ...]) -> bool:
    keys = [split_tag(tag)[0] for tag in tags]
    return (
        all(_TAG.fullmatch(tag) for tag in tags)
        and len(set(keys)) == len(keys) <= _MOST_TAGS
        and not set(keys) & set(_OURS)
    )


def tags_setting() -> tuple[str, ...]:
    """Declare the tags that an institution wants on everything that is deployed."""
    return checked(
        _are_tags,
        f"up to {_MOST_TAGS} tags such as 'CostCenter=4711', each key once, not beginning with 'aws:' and none of"
        f" {', '.join(_OURS)}",
        "more tags on everything that is deployed, for cost reports or rules of your account",
        default=(),
    )
