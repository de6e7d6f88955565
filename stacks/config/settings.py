"""All that differs between environments."""

import re
from typing import Final

import attrs

from runtime.contract import S3_RESERVED_PREFIXES, BucketSuffix, bucket_name, function_name
from runtime.settings import FUNCTIONS
from stacks.config.alarms import Alarms
from stacks.config.fields import checked, flag, matching, one_of
from stacks.config.functions import Functions
from stacks.config.storage import Encryption, Lifecycle, Tables
from stacks.config.work import Audit, Delivery, Export, Fixity, Report, Requests, Sweep

# The longest fixed bucket name, `<prefix>-bucket-requested`, has to stay within S3's 63 characters.
_LONGEST_PREFIX: Final = 63 - len("-" + BucketSuffix.REQUEST)
_BUCKET_PREFIX: Final = re.compile(rf"[a-z0-9]([a-z0-9-]{{0,{_LONGEST_PREFIX - 2}}}[a-z0-9])?")
# The longest function name has to stay within Lambda's 64 characters:
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_LONGEST_NAME: Final = 64 - max(len(function_name("", function)) for function in FUNCTIONS)
_NAME: Final = re.compile(rf"(?=.{{1,{_LONGEST_NAME}}}\Z)[a-z0-9]+(-[a-z0-9]+)*")
# An environment with such a word in its name or bucket prefix holds what must not be destroyed.
_PRODUCTION: Final = ("prod", "production", "live")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# The ARNs that are written out are those of AWS's commercial partition.
_REGION: Final = re.compile(r"(?!cn-|us-gov-|us-iso)[a-z]{2}(-[a-z]+)+-\d")
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_LOG_RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
# Metrics travel in the log at INFO, and Lambda discards what is below the level:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
_LOG_LEVELS: Final = ("DEBUG", "INFO")


def _check_name(_: object, __: object, name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            f"the environment's name is {name!r}; allowed: file names of 1 to {_LONGEST_NAME} of a-z and 0-9, with"
            " single dashes between them"
        )


@attrs.frozen(kw_only=True)
class Settings:
    """All that differs between environments; the name of an environment is the name of its file."""

    name: str = attrs.field(validator=_check_name)
    account: str = matching(re.compile(r"\d{12}"), "an AWS account number of 12 digits", "AWS account")
    region: str = matching(_REGION, "an AWS region such as us-east-1, not of China or GovCloud", "home region")
    replica_region: str = matching(
        _REGION, "an AWS region such as us-west-2, not of China or GovCloud", "region of the replicas; another one"
    )
    bucket_prefix: str = checked(
        # S3's rules hold for full names (lesson L14).
        lambda prefix: (
            _BUCKET_PREFIX.fullmatch(prefix) is not None
            and not bucket_name(prefix, "").startswith(S3_RESERVED_PREFIXES)
        ),
        f"1 to {_LONGEST_PREFIX} of a-z, 0-9 and dash, beginning and ending with a letter or digit,"
        " and not with what S3 reserves",
        "beginning of every bucket and group name, without the dash that follows it; it neither equals the prefix of"
        " another environment, in any account, nor begins with that one and a dash",
    )
    architecture: str = one_of(("arm64", "x86_64"), "processor of the functions", default="arm64")
    alert_emails: tuple[str, ...] = checked(
        lambda emails: all(_EMAIL.fullmatch(email) for email in emails) and len(set(emails)) == len(emails),
        "e-mail addresses, each once",
        "addresses that receive alerts; empty only where data is disposable",
    )
    runbook_url: str = matching(
        re.compile(r"https://[^\s#]+"),
        "an address that begins with https:// and has no '#'",
        "where your copy of the runbook can be read; alarms and e-mails link to its headings",
    )
    log_level: str = one_of(_LOG_LEVELS, "level of the functions' logs", default="INFO")
    log_retention_days: int = one_of(_LOG_RETENTION_DAYS, "the functions' logs are kept", default=365, unit="days")
    disposable: bool = flag(
        "data may be destroyed with its stacks; needs `-c allowDataLoss=true` as well; never true where `prod`,"
        " `production` or `live` is a word of the environment's name or `bucket_prefix`",
        default=False,
    )
    termination_protection: bool = flag("CloudFormation refuses to delete the stacks", default=True)
    dependency_layer: bool = flag(
        "the functions' dependencies are deployed; false only where the host provides them", default=True
    )
    encryption: Encryption = Encryption()
    lifecycle: Lifecycle = Lifecycle()
    fixity: Fixity = Fixity()
    requests: Requests = Requests()
    tables: Tables = Tables()
    functions: Functions = Functions()
    delivery: Delivery = Delivery()
    export: Export = Export()
    audit: Audit = Audit()
    sweep: Sweep = Sweep()
    report: Report = Report()
    alarms: Alarms = Alarms()

    def __attrs_post_init__(self) -> None:
        """Hold the rules between settings."""
        if self.replica_region == self.region:
            raise ValueError(f"replica_region is {self.replica_region!r}; allowed: another region than {self.region!r}")
        if self.encryption.customer_key and f":kms:{self.replica_region}:" not in self.encryption.replica_key_arn:
            raise ValueError(
                f"replica_key_arn is {self.encryption.replica_key_arn!r}; allowed: a key in {self.replica_region}"
            )
        most = self.functions.checksum_verification.max_concurrency
        if self.alarms.verification_concurrency > most:
            raise ValueError(
                f"verification_concurrency is {self.alarms.verification_concurrency};"
                f" allowed: up to {most}, the max_concurrency of checksum_verification, or the alarm could never fire"
            )
        # The queue hands a request out again after six time-outs; then its buckets must have settled.
        longest = 5 * self.functions.bucket_requested.timeout_seconds // 60
        if self.requests.settling_minutes > longest:
            raise ValueError(
                f"settling_minutes is {self.requests.settling_minutes}; allowed with timeout_seconds"
                f" {self.functions.bucket_requested.timeout_seconds} of bucket_requested: up to {longest}"
            )
        words = f"{self.name}-{self.bucket_prefix}".split("-")
        if self.disposable and (word := next((word for word in _PRODUCTION if word in words), None)):
            raise ValueError(
                f"disposable is True; allowed where {word!r} is a word of the environment's name or bucket_prefix"
                f" (here {self.name!r} and {self.bucket_prefix!r}): False"
            )
        if not (self.disposable or self.alert_emails):
            raise ValueError("alert_emails is empty; allowed where data is not disposable: at least one address")
