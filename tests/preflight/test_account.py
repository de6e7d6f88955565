import json
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import boto3
import pytest
from moto import mock_aws

from duracloud.preflight import account
from duracloud.preflight.account import Preflight
from duracloud.preflight.findings import Finding, Verdict, bootstrap, concurrency, named, status
from stacks.config import load_settings

ACCOUNT = "123456789012"
TOO_OLD = {"Fn::Not": [{"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}]}
COMMON: Mapping[str, Any] = {
    "Parameters": {"BootstrapVersion": {"Default": "/cdk-bootstrap/hnb659fds/version"}},
    "Rules": {"CheckBootstrapVersion": {"Assertions": [{"Assert": TOO_OLD}]}},
}


def resource(kind: str, **properties: object) -> Mapping[str, Any]:
    """Return a template's resource."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    "base": {
        **COMMON,
        "Resources": {
            "Group": resource("IAM::Group", GroupName="acme-S3Users"),
            "Policy": resource("IAM::ManagedPolicy", ManagedPolicyName="acme-S3Users"),
        },
    },
    "integrity": {
        **COMMON,
        "Resources": {
            "Queue": resource("SQS::Queue", QueueName="duracloud-prod-verification"),
            "Log": resource("Logs::LogGroup", LogGroupName="/aws/lambda/duracloud-prod-file-uploaded"),
            "Mapping": resource("Lambda::EventSourceMapping", ScalingConfig={"MaximumConcurrency": 600}),
            "Other": resource("Lambda::EventSourceMapping", ScalingConfig={"MaximumConcurrency": 700}),
            "Stream": resource("Lambda::EventSourceMapping"),
        },
    },
}


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    # moto's CloudFormation needs packages that are not installed here; tests/local looks at stacks.
    monkeypatch.setattr(Preflight, "_stack", lambda *_: iter([(Verdict.OK, "not deployed")]))
    with mock_aws():
        yield


def client(service: str) -> Any:  # noqa: ANN401 (boto3 builds classes at run time)
    """Return a client in the home region."""
    session: Any = boto3.session.Session(region_name="us-east-1")
    return session.client(service)


def looked_at(*, public: bool = True) -> Mapping[str, list[Finding]]:
    """Return what the preflight finds of prod, by what was looked at."""
    settings = load_settings("prod")
    settings = attrs.evolve(
        settings, account=ACCOUNT, requests=attrs.evolve(settings.requests, public_buckets_allowed=public)
    )
    found: dict[str, list[Finding]] = {}
    for one in Preflight(settings, TEMPLATES).findings():
        found.setdefault(one.what, []).append(one)
    return found


def test_l48_what_a_deployment_makes_is_read_from_its_templates() -> None:
    """Names, concurrency and the bootstrap come from the templates, so that they cannot drift from them."""
    assert [
        "acme-S3Users",
        "acme-S3Users",
        "duracloud-prod-verification",
        "/aws/lambda/duracloud-prod-file-uploaded",
    ] == [one.name for one in named(TEMPLATES)]
    assert 1300 == concurrency(TEMPLATES)
    assert ("/cdk-bootstrap/hnb659fds/version", 6) == bootstrap(TEMPLATES)


def test_l48_names_of_every_kind_are_looked_up() -> None:
    """A group, a policy, a queue or a log group that an earlier stack left is a problem, before and not in between."""
    before = looked_at()
    kinds = ("IAM::Group acme-S3Users", "IAM::ManagedPolicy acme-S3Users", "SQS::Queue duracloud-prod-verification",
             "Logs::LogGroup /aws/lambda/duracloud-prod-file-uploaded")  # fmt: skip
    for kind in kinds:
        assert ["the name is free"] == [one.text for one in before[kind]], kind

    client("iam").create_group(GroupName="acme-S3Users")
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").create_policy(PolicyName="acme-S3Users", PolicyDocument=document)
    client("sqs").create_queue(QueueName="duracloud-prod-verification")
    client("logs").create_log_group(logGroupName="/aws/lambda/duracloud-prod-file-uploaded")
    after = looked_at()
    for kind in kinds:
        assert [Verdict.PROBLEM] == [one.verdict for one in after[kind]], kind


@pytest.mark.parametrize(
    ("limit", "verdict", "says"),
    [
        (1_299, Verdict.PROBLEM, "the account's quota is 1299, the queues' functions may use 1300"),
        (1_300, Verdict.OK, "1300 of 1300"),
    ],
)
def test_l48_a_low_quota_is_a_problem(monkeypatch: pytest.MonkeyPatch, limit: int, verdict: Verdict, says: str) -> None:
    """New accounts may have fewer invocations at the same time than the queues' functions may use."""

    class Lambda:
        def get_account_settings(self) -> Mapping[str, Any]:
            return {"AccountLimit": {"ConcurrentExecutions": limit}}

    of_moto = Preflight._client
    monkeypatch.setattr(
        Preflight,
        "_client",
        # moto has no limits of an account.
        lambda self, service, region="": Lambda() if service == "lambda" else of_moto(self, service, region),
    )
    (found,) = looked_at()["concurrent invocations"]
    assert (verdict, True) == (found.verdict, found.text.startswith(says))


@pytest.mark.parametrize(
    ("blocked", "public", "verdict"),
    [
        (False, True, Verdict.OK),
        (True, False, Verdict.OK),
        (True, True, Verdict.PROBLEM),
    ],
)
def test_l48_blocked_public_access_is_a_problem_where_public_buckets_are_allowed(
    blocked: bool,  # noqa: FBT001 (a case)
    public: bool,  # noqa: FBT001 (a case)
    verdict: Verdict,
) -> None:
    """The account's own block wins over every bucket, so requests for public buckets would fail."""
    if blocked:
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        block = dict.fromkeys(names, True)
        client("s3control").put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=block)
    (found,) = looked_at(public=public)["block of public access"]
    assert verdict == found.verdict, found.text


def test_l48_placeholders_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the settings call a placeholder is a problem here too."""
    monkeypatch.setattr(account, "placeholders", lambda _: ("bucket_prefix 'example-prod'",))
    (found,) = looked_at()["settings"]
    assert (Verdict.PROBLEM, True) == (found.verdict, "bucket_prefix 'example-prod'" in found.text)


def test_l48_what_could_not_be_looked_at_counts_as_wrong() -> None:
    """Nobody is told that all is right by a look that saw nothing."""
    assert [0, 1, 1] == [status([Finding("x", verdict, "")]) for verdict in Verdict]
