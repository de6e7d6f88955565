"""A first deployment that fails at a bucket name that another account has, and the preflight that says so before."""

import json
import os
from collections.abc import Iterator
from typing import Any

import attrs
import boto3
import pytest

from duracloud.local.aws import ACCOUNT, REGION, LocalAws
from duracloud.local.watching import eventually
from duracloud.preflight.account import Preflight
from duracloud.preflight.findings import Finding, Verdict, status
from stacks.config import Settings, load_settings
from tests.local.support import unique

ENDED = ("COMPLETE", "FAILED")
PARAMETER = "/cdk-bootstrap/hnb659fds/version"


@pytest.fixture
def name() -> str:
    """A name of an environment, so of its stacks and tables."""
    return unique("first")


@pytest.fixture(autouse=True)
def _found_by_tools(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in aws.environment().items():
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    assert os.environ["AWS_ENDPOINT_URL"] == aws.endpoint
    # Its address begins with the account, which an address of numbers cannot have: tests/preflight looks at it.
    monkeypatch.setattr(Preflight, "_public_access", lambda _: iter([(Verdict.OK, "off for the account")]))


@pytest.fixture
def taken(aws: LocalAws, name: str) -> Iterator[str]:
    """A bucket name that another account has."""
    session: Any = boto3.session.Session("111122223333", "secret", region_name=REGION)
    other, bucket = session.client("s3", endpoint_url=aws.endpoint), f"{name}-managed"
    other.create_bucket(Bucket=bucket)
    yield bucket
    if bucket in {found["Name"] for found in other.list_buckets()["Buckets"]}:
        other.delete_bucket(Bucket=bucket)


def template(name: str, *, protected: bool) -> dict[str, Any]:
    """Return what the storage layer has of both kinds of protection: a table first, then a bucket."""
    key = {"AttributeName": "K", "AttributeType": "S"}
    table = {
        "TableName": f"duracloud-{name}-checksums",
        "KeySchema": [{"AttributeName": "K", "KeyType": "HASH"}],
        "AttributeDefinitions": [key],
        "BillingMode": "PAY_PER_REQUEST",
        "Replicas": [{"Region": REGION, "DeletionProtectionEnabled": protected}],
    }
    kept = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
    versions = {"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}
    return {
        "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": PARAMETER}},
        "Rules": {"CheckBootstrapVersion": {"Assertions": [{"Assert": {"Fn::Not": [versions]}}]}},
        "Resources": {
            "Table": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": table, **kept},
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"BucketName": f"{name}-managed"},
                "DependsOn": "Table",
                **kept,
            },
        },
    }


def deploy(aws: LocalAws, name: str, *, protected: bool, late: bool = False) -> str:
    """Deploy as the CDK command line does, and return the status of the stack.

    What a failed creation left is deleted first. Termination protection is switched before the change is made. With
    `late` a taken name is found when the table is there.
    """
    cloudformation, stack = aws.client("cloudformation"), f"duracloud-{name}-storage"
    aws.client("ssm").put_parameter(Name=PARAMETER, Value="30", Type="String", Overwrite=True)

    def state() -> str:
        return str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    known = {one["StackName"]: one["StackStatus"] for one in cloudformation.describe_stacks()["Stacks"]}
    body = template(name, protected=protected)
    if late:
        # CloudFormation looks at names before it makes anything, but not at one that it has to wait for.
        parts = {"Fn::Join": ["|", [f"{name}-managed", {"Ref": "Table"}]]}
        body["Resources"]["Bucket"]["Properties"]["BucketName"] = {"Fn::Select": [0, {"Fn::Split": ["|", parts]}]}
    if known.get(stack) == "ROLLBACK_COMPLETE":
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
        known.pop(stack)
    if stack in known:
        cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=protected)
        cloudformation.update_stack(StackName=stack, TemplateBody=json.dumps(body))
    else:
        cloudformation.create_stack(
            StackName=stack, TemplateBody=json.dumps(body), EnableTerminationProtection=protected
        )
    return eventually(state, lambda seen: seen.endswith(ENDED), seconds=60)


def looked_at(name: str, *, protected: bool = False) -> list[Finding]:
    """Return what the preflight finds for an environment with this name, that of its stack and of its tables."""
    settings: Settings = attrs.evolve(
        load_settings("local"), name=name, account=ACCOUNT, bucket_prefix=name, termination_protection=True
    )
    found = Preflight(settings, {"storage": template(name, protected=protected)}).findings()
    # Under another name the local AWS's account is a placeholder.
    return [one for one in found if one.what != "settings"]


def of(found: list[Finding], what: str) -> Finding:
    """Return what was found of one thing."""
    (one,) = (one for one in found if what in one.what)
    return one


def test_l48_a_protected_first_deployment_that_fails_cannot_be_repeated(aws: LocalAws, name: str, taken: str) -> None:
    """Why there is the flag: CloudFormation cannot take back a protected table, nor delete a protected stack."""
    assert taken == f"{name}-managed"
    assert "ROLLBACK_FAILED" == deploy(aws, name, protected=True, late=True)
    with pytest.raises(Exception, match="TerminationProtection is enabled"):
        aws.client("cloudformation").delete_stack(StackName=f"duracloud-{name}-storage")
    stack = of(looked_at(name), "stack")
    assert (Verdict.PROBLEM, True) == (stack.verdict, stack.text.startswith("ROLLBACK_FAILED;"))


def test_l48_a_first_deployment_is_repeated_by_the_same_command_and_protected_by_the_next(
    aws: LocalAws, name: str, taken: str
) -> None:
    """With the flag a failure leaves nothing; the name free, the same works; without the flag all is protected."""
    before = looked_at(name)
    assert (Verdict.PROBLEM, 1) == (of(before, f"Bucket {taken}").verdict, status(before))
    assert "the name is taken" in of(before, f"Bucket {taken}").text

    for late in (True, False, True):
        assert "ROLLBACK_COMPLETE" == deploy(aws, name, protected=False, late=late)
        assert Verdict.OK == of(looked_at(name), "stack").verdict
        assert "the name is free" == of(looked_at(name), "GlobalTable").text
    session: Any = boto3.session.Session("111122223333", "secret", region_name=REGION)
    session.client("s3", endpoint_url=aws.endpoint).delete_bucket(Bucket=taken)
    assert "CREATE_COMPLETE" == deploy(aws, name, protected=False)

    unprotected = looked_at(name)
    for what in ("stack", "GlobalTable"):
        assert (
            "not protected from deletion; deploy again without '-c firstDeployment=true'" in of(unprotected, what).text
        )
    assert 1 == status(unprotected)

    assert "UPDATE_COMPLETE" == deploy(aws, name, protected=True)
    done = looked_at(name)
    assert [] == [one for one in done if one.verdict != Verdict.OK]
    assert 0 == status(done)


def test_l48_what_an_earlier_stack_left_is_named(aws: LocalAws, name: str) -> None:
    """A retained bucket would make the deployment fail; the preflight says so before, and what to do."""
    aws.client("s3").create_bucket(Bucket=f"{name}-managed")
    found = of(looked_at(name), f"Bucket {name}-managed")
    assert (Verdict.PROBLEM, True) == (found.verdict, found.text.startswith("exists, and no stack has it;"))


def test_l48_credentials_of_another_account_are_the_only_finding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said of an account that is not the environment's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "111122223333")
    (found,) = looked_at(name)
    assert "got credentials of account 111122223333; allowed: 000000000000" == found.text
    assert 1 == status([found])


def test_l48_an_account_that_is_not_bootstrapped_is_told_how(aws: LocalAws, name: str) -> None:
    """Too old or missing: the line has the command, for the region of the stacks only."""
    ssm = aws.client("ssm")
    ssm.put_parameter(Name=PARAMETER, Value="5", Type="String", Overwrite=True)
    assert "got version 5; allowed: from 6; run 'npx cdk bootstrap" in of(looked_at(name), "bootstrap").text
    ssm.delete_parameter(Name=PARAMETER)
    found = of(looked_at(name), "bootstrap")
    assert (Verdict.PROBLEM, f"{REGION} is not bootstrapped") == (found.verdict, found.text.partition(";")[0])
