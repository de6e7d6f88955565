"""Looks at an account before and after a deployment; it reads and changes nothing."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from duracloud.preflight.findings import Finding, Named, Templates, Verdict, bootstrap, concurrency, named
from stacks import naming
from stacks.assembly import FIRST_DEPLOYMENT
from stacks.config import Settings, placeholders

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html
_BUCKETS_BY_DEFAULT: Final = 10_000
_MISSING: Final = frozenset(
    {
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchPublicAccessBlockConfiguration",
        "ParameterNotFound",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
_AGAIN: Final = f"deploy again without '-c {FIRST_DEPLOYMENT}=true'"
_TAKEN_BACK: Final = ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS")


class Preflight:
    """One look at an account, with the credentials of the environment."""

    def __init__(self, settings: Settings, templates: Templates) -> None:
        self._settings, self._templates = settings, templates
        self._deployed: dict[str, Mapping[str, Any]] = {}

    def findings(self) -> Iterator[Finding]:
        """Yield what is found. In another account than the settings' nothing else is looked at."""
        yield from self._placeholders()
        account = list(_looked_at("account", self._account))
        yield from account
        if any(one.verdict != Verdict.OK for one in account):
            return
        for layer in self._templates:
            yield from _looked_at(f"stack {naming.stack_name(self._settings.name, layer)}", partial(self._stack, layer))
        for one in named(self._templates):
            yield from _looked_at(f"{one.type.removeprefix('AWS::')} {one.name}", partial(self._name, one))
        yield from _looked_at("bootstrap", self._bootstrap)
        yield from _looked_at("concurrent invocations", self._concurrency)
        yield from _looked_at("number of buckets", self._buckets)
        yield from _looked_at("block of public access", self._public_access)

    def _client(self, service: str, region: str = "") -> Any:  # noqa: ANN401 (boto3 builds classes at run time)
        how = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=10)
        return boto3.session.Session().client(service, region_name=region or self._settings.region, config=how)  # type: ignore[call-overload]

    def _placeholders(self) -> Iterator[Finding]:
        for text in placeholders(self._settings):
            yield Finding(
                "settings", Verdict.PROBLEM, f"{self._settings.name}.toml: {text} is a placeholder; set your own"
            )

    def _account(self) -> Iterator[tuple[Verdict, str]]:
        # Each region has an address of its own, which knows nobody where the account has not switched it on.
        for region in (self._settings.region, self._settings.replica_region):
            got = self._client("sts", region).get_caller_identity()["Account"]
            if got != self._settings.account:
                yield Verdict.PROBLEM, f"got credentials of account {got}; allowed: {self._settings.account}"
                return
            yield Verdict.OK, f"{got} in {region}"

    def _stack(self, layer: str) -> Iterator[tuple[Verdict, str]]:
        name = naming.stack_name(self._settings.name, layer)
        try:
            (stack,) = self._client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            # CloudFormation has no code of its own for a stack that is missing.
            if "does not exist" not in str(error):
                raise
            yield Verdict.OK, "not deployed"
            return
        state, protected = stack["StackStatus"], stack.get("EnableTerminationProtection", False)
        if state in _TAKEN_BACK:
            if protected:
                yield (
                    Verdict.PROBLEM,
                    (
                        f"{state}, and protected from deletion, so that no deployment can replace it; run 'aws"
                        " cloudformation update-termination-protection --no-enable-termination-protection"
                        f" --stack-name {name}', then deploy with '-c {FIRST_DEPLOYMENT}=true'"
                    ),
                )
            else:
                yield Verdict.OK, f"{state}: nothing is left, the next deployment makes it anew"
            return
        self._deployed[layer] = stack
        if state.endswith("_IN_PROGRESS"):
            yield Verdict.PROBLEM, f"{state}; wait until it is done"
        elif state.endswith("_FAILED"):
            yield Verdict.PROBLEM, f"{state}; see the events of the stack in CloudFormation, then delete or repair it"
        elif self._settings.termination_protection and not protected:
            yield Verdict.PROBLEM, f"{state}, not protected from deletion; {_AGAIN}"
        else:
            yield Verdict.OK, f"{state}{', protected from deletion' if protected else ''}"

    def _name(self, one: Named) -> Iterator[tuple[Verdict, str]]:
        try:
            found = _LOOKS[one.type](self, one.name)
        except ClientError as error:
            if one.type == "AWS::S3::Bucket" and error.response["Error"]["Code"] in {"403", "AccessDenied"}:
                yield Verdict.PROBLEM, "the name is taken, by another account as a rule; choose another bucket_prefix"
                return
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            found = None
        if one.layer not in self._deployed:
            if found is None:
                yield Verdict.OK, "the name is free"
            else:
                yield Verdict.PROBLEM, "exists, and no stack has it; import it into its stack, or remove it"
        elif found is None:
            yield Verdict.PROBLEM, "missing, although its stack is deployed"
        elif one.type == "AWS::DynamoDB::GlobalTable" and not found["Table"].get("DeletionProtectionEnabled"):
            yield Verdict.PROBLEM, f"not protected from deletion; {_AGAIN}"
        else:
            yield Verdict.OK, "in its stack"

    def _bucket(self, name: str) -> Any:  # noqa: ANN401 (an answer of AWS)
        return self._client("s3").head_bucket(Bucket=name)

    def _table(self, name: str) -> Any:  # noqa: ANN401 (an answer of AWS)
        return self._client("dynamodb").describe_table(TableName=name)

    def _queue(self, name: str) -> Any:  # noqa: ANN401 (an answer of AWS)
        return self._client("sqs").get_queue_url(QueueName=name)

    def _log_group(self, name: str) -> Any:  # noqa: ANN401 (an answer of AWS)
        pages = self._client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
        return next((group for page in pages for group in page["logGroups"] if group["logGroupName"] == name), None)

    def _group(self, name: str) -> Any:  # noqa: ANN401 (an answer of AWS)
        return self._client("iam").get_group(GroupName=name, MaxItems=1)

    def _policy(self, name: str) -> Any:  # noqa: ANN401 (an answer of AWS)
        return self._client("iam").get_policy(PolicyArn=f"arn:aws:iam::{self._settings.account}:policy/{name}")

    def _bootstrap(self) -> Iterator[tuple[Verdict, str]]:
        name, needed = bootstrap(self._templates)
        how = f"run 'npx cdk bootstrap -c env={self._settings.name} aws://{self._settings.account}/{self._settings.region}'"
        try:
            version = int(self._client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            yield Verdict.PROBLEM, f"{self._settings.region} is not bootstrapped; {how}"
            return
        if version < needed:
            yield Verdict.PROBLEM, f"got version {version}; allowed: from {needed}; {how}"
        else:
            yield Verdict.OK, f"version {version} in {self._settings.region}"

    def _concurrency(self) -> Iterator[tuple[Verdict, str]]:
        limit = self._client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        needed = concurrency(self._templates)
        if limit < needed:
            yield (
                Verdict.PROBLEM,
                (
                    f"the account's quota is {limit}, the queues' functions may use {needed}; ask AWS for more, or"
                    " lower max_concurrency of functions"
                ),
            )
        else:
            yield Verdict.OK, f"{needed} of {limit}"

    def _buckets(self) -> Iterator[tuple[Verdict, str]]:
        # Accounts with a higher quota are refused a list without pages.
        pages = self._client("s3").get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1_000})
        held = sum(len(page.get("Buckets", ())) for page in pages)
        fixed = sum(one.type == "AWS::S3::Bucket" and one.layer not in self._deployed for one in named(self._templates))
        if held + fixed > _BUCKETS_BY_DEFAULT:
            yield Verdict.UNKNOWN, f"{held}; AWS allows {_BUCKETS_BY_DEFAULT} by default; look at your quota"
        else:
            yield Verdict.OK, f"{held} of {_BUCKETS_BY_DEFAULT}, AWS's default"

    def _public_access(self) -> Iterator[tuple[Verdict, str]]:
        try:
            answer = self._client("s3control").get_public_access_block(AccountId=self._settings.account)
            blocked = any(answer["PublicAccessBlockConfiguration"].values())
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            blocked = False
        if blocked and self._settings.requests.public_buckets_allowed:
            yield (
                Verdict.PROBLEM,
                (
                    "the account blocks public buckets, and requests.public_buckets_allowed is true; requests for"
                    " public buckets would fail"
                ),
            )
        else:
            yield Verdict.OK, "on for the account" if blocked else "off for the account"


_LOOKS: Final[Mapping[str, Callable[[Preflight, str], Any]]] = {
    "AWS::S3::Bucket": Preflight._bucket,  # noqa: SLF001 (its own methods)
    "AWS::DynamoDB::GlobalTable": Preflight._table,  # noqa: SLF001
    "AWS::SQS::Queue": Preflight._queue,  # noqa: SLF001
    "AWS::Logs::LogGroup": Preflight._log_group,  # noqa: SLF001
    "AWS::IAM::Group": Preflight._group,  # noqa: SLF001
    "AWS::IAM::ManagedPolicy": Preflight._policy,  # noqa: SLF001
}


def _looked_at(what: str, look: Callable[[], Iterator[tuple[Verdict, str]]]) -> Iterator[Finding]:
    try:
        for verdict, text in look():
            yield Finding(what, verdict, text)
    except (ClientError, BotoCoreError) as error:
        forbidden = isinstance(error, ClientError) and (
            error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.FORBIDDEN
        )
        hint = "; use credentials that may read it" if forbidden else ""
        yield Finding(what, Verdict.UNKNOWN, f"{' '.join(str(error).split())}{hint}")
