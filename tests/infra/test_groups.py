from collections.abc import Mapping

import attrs
import pytest

from runtime.contract import ManagedPrefix
from stacks.config import Access, load_settings, parse_settings
from stacks.config.fields import ConfigurationError
from tests.infra.synthesis import Assembly
from tests.support.policies import Statements, allowed, policies_of, template_of_groups

GROUPS = ("S3PowerUsers", "S3Users")
POWER, USERS = GROUPS
NOT_ASKED = {
    "delete a version": ("s3:DeleteObjectVersion", "/a key"),
    "write an ACL": ("s3:PutObjectAcl", "/a key"),
    "replicate": ("s3:ReplicateObject", "/a key"),
    "configure": ("s3:PutBucketPolicy", ""),
    "make": ("s3:CreateBucket", ""),
    "remove": ("s3:DeleteBucket", ""),
}
ASKED = {
    "list": ("s3:ListBucket", ""),
    "find its region": ("s3:GetBucketLocation", ""),
    "list uploads": ("s3:ListBucketMultipartUploads", ""),
    "get": ("s3:GetObject", "/a key"),
    "get tags": ("s3:GetObjectTagging", "/a key"),
    "put": ("s3:PutObject", "/a key"),
    "put tags": ("s3:PutObjectTagging", "/a key"),
    "list parts": ("s3:ListMultipartUploadParts", "/a key"),
    "abort": ("s3:AbortMultipartUpload", "/a key"),
    "delete": ("s3:DeleteObject", "/a key"),
}
LIST = {"list", "list uploads", "find its region"}
GET = {"get", "get tags"}
PUT = {"put", "put tags", "list parts", "abort"}


def policies(assembly: Assembly) -> Mapping[str, Statements]:
    """Return the statements of both groups of an environment."""
    found = policies_of(assembly.templates["base"])
    return {name.removeprefix(f"{assembly.settings.bucket_prefix}-"): found[name] for name in found}


def of(access: Access) -> Mapping[str, Statements]:
    """Return the statements of both groups of prod with other settings of access."""
    settings = attrs.evolve(load_settings("prod"), access=access)
    found = policies_of(template_of_groups(settings))
    return {name.removeprefix("example-prod-"): found[name] for name in found}


def may(statements: Statements, prefix: str, place: str) -> set[str]:
    """Return what IAM allows in a place, which is a bucket or a folder of one."""
    bucket, _, folder = place.partition("/")
    arn = f"arn:aws:s3:::{prefix}-{bucket}"
    asked = {**ASKED, **NOT_ASKED}
    return {
        what
        for what, (action, key) in asked.items()
        if allowed(statements, action, f"{arn}/{folder}{key.strip('/')}" if key else arn)
    }


@pytest.mark.parametrize(
    ("place", "power", "users"),
    [
        ("books", LIST | GET | PUT | {"delete"}, LIST | PUT),
        ("books-public", LIST | GET | PUT | {"delete"}, LIST | PUT),
        ("managed/audit/events/", LIST, LIST),
        ("managed/requests/", LIST | GET, LIST | GET),
        ("logs", LIST, LIST),
        ("bucket-requested", LIST | PUT, LIST | PUT),
        ("books-repl", set(), set()),
    ],
)
def test_groups_may_do_what_depositors_need(assembly: Assembly, place: str, power: set[str], users: set[str]) -> None:
    """Members list, get, put and delete objects where they should; nobody deletes versions or configures buckets."""
    for group, expected in ((POWER, power), (USERS, users)):
        assert expected == may(policies(assembly)[group], assembly.settings.bucket_prefix, place), group


@pytest.mark.parametrize("group", GROUPS)
def test_f25_members_see_the_buckets_of_the_account(variant: Assembly, group: str) -> None:
    """Clients with a window and the console begin with the list of buckets, which takes no resource."""
    assert allowed(policies(variant)[group], "s3:ListAllMyBuckets", "*")


@pytest.mark.parametrize("group", GROUPS)
def test_f25_members_read_results_and_the_latest_report_of_the_managed_bucket_and_nothing_else(
    assembly: Assembly, group: str
) -> None:
    """Exports, inventories, the audit trail, coverage, older reports and access logs are for the operator."""
    prefix, statements = assembly.settings.bucket_prefix, policies(assembly)[group]
    folders = [folder for name, folder in vars(ManagedPrefix).items() if not name.startswith("_")]
    keys = [*(f"{folder}2026/x.json" for folder in folders), "reports/2026-11-01/report.html"]

    for action in ("s3:GetObject", "s3:GetObjectTagging"):
        read = {key for key in keys if allowed(statements, action, f"arn:aws:s3:::{prefix}-managed/{key}")}
        assert {f"{ManagedPrefix.REQUESTS}2026/x.json", f"{ManagedPrefix.LATEST_REPORT}2026/x.json"} == {
            # A file directly in the folder of reports, which the service never writes.
            *read - {f"{ManagedPrefix.REPORTS}2026/x.json"}
        }
        assert not allowed(statements, action, f"arn:aws:s3:::{prefix}-logs/access/x")


@pytest.mark.parametrize("readers", [set(), {POWER}, {USERS}, {POWER, USERS}])
def test_f25_each_group_has_its_switch_for_reading_back(readers: set[str]) -> None:
    """A switch lets its own group download deposited files and changes nothing else."""
    found = of(Access(power_users_read=POWER in readers, users_read=USERS in readers))

    for group, rest in ((POWER, LIST | PUT | {"delete"}), (USERS, LIST | PUT)):
        reads = group in readers
        assert rest | (GET if reads else set()) == may(found[group], "example-prod", "books"), group
        for place in ("managed/audit/", "logs", "bucket-requested", "books-repl"):
            assert not GET & may(found[group], "example-prod", place), (group, place)
        assert allowed(found[group], "s3:GetObject", "arn:aws:s3:::example-prod-managed/requests/2026-11-01/a.txt")


def test_f25_policies_have_stable_names_that_are_published(variant: Assembly) -> None:
    """Permission sets find policies by name, and programs find the names in parameters."""
    prefix = variant.settings.bucket_prefix
    assert set(GROUPS) == set(policies(variant))
    for resource in variant.resources("AWS::IAM::ManagedPolicy"):
        # CloudFormation replaces a policy whose description or path changes, and refuses that where it has a name.
        name = resource.properties["ManagedPolicyName"]
        assert {"Description": f"What members of {name} may do", "Path": "/"} == {
            key: resource.properties[key] for key in ("Description", "Path")
        }
    published = {
        resource.properties["Name"]: resource.properties["Value"]
        for resource in variant.resources("AWS::SSM::Parameter")
    }
    assert {f"{prefix}-{POWER}", f"{prefix}-{USERS}"} == {
        published[f"/duracloud/{variant.settings.name}/base/{name}"] for name in ("power-users-policy", "users-policy")
    }


def test_f25_policies_fit_into_what_iam_takes(variant: Assembly) -> None:
    """A managed policy has 6,144 characters at most, white space not counted.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    for statements in policies(variant).values():
        assert len("".join(str(statements).split())) < 6_144


def test_f25_groups_can_be_left_out() -> None:
    """Without groups the policies are made all the same, for permission sets and roles."""
    for groups, expected in ((True, 2), (False, 0)):
        settings = attrs.evolve(load_settings("prod"), access=Access(groups=groups))
        template = template_of_groups(settings)
        types = [resource["Type"] for resource in template["Resources"].values()]
        assert expected == types.count("AWS::IAM::Group")
        assert 2 == types.count("AWS::IAM::ManagedPolicy")


def test_f25_a_permissions_boundary_is_on_every_role(assemblies: Mapping[str, Assembly]) -> None:
    """Where an account asks for a boundary, every role has it, those that CDK adds too; elsewhere none has."""
    for name, assembly in assemblies.items():
        boundary = assembly.settings.access.permissions_boundary
        assert bool(boundary) == (name == "customer-key")
        for role in assembly.resources("AWS::IAM::Role", "AWS::IAM::User"):
            assert (boundary or None) == role.properties.get("PermissionsBoundary"), role.logical_id


def test_f25_extra_tags_are_on_what_is_deployed(assemblies: Mapping[str, Assembly]) -> None:
    """Buckets, tables, keys, queues, functions and roles have the institution's tags beside the service's."""
    kinds = ("S3::Bucket", "SQS::Queue", "Lambda::Function", "IAM::Role", "KMS::Key", "SNS::Topic", "CloudWatch::Alarm")
    for resource in assemblies["customer-key"].resources(*(f"AWS::{kind}" for kind in kinds)):
        tags = {tag["Key"]: tag["Value"] for tag in resource.properties["Tags"]}
        assert {"CostCenter": "4711=a", "Application": "DuraCloud"}.items() <= tags.items(), resource.logical_id
    for table in assemblies["customer-key"].resources("AWS::DynamoDB::GlobalTable"):
        (replica,) = table.properties["Replicas"]
        assert {"Key": "CostCenter", "Value": "4711=a"} in replica["Tags"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('tags = ["CostCenter"]', "'CostCenter=4711'"),
        ('tags = ["aws:x=1"]', "not beginning with 'aws:'"),
        ('tags = ["a=1", "a=2"]', "each key once"),
        ('tags = ["Application=other"]', "none of Application"),
        ('tags = ["a=\u00fc"]', "tags is"),
        ('[access]\npermissions_boundary = "team"', "the ARN of a managed policy"),
        (
            '[access]\npermissions_boundary = "arn:aws:iam::444444444444:policy/team"',
            "allowed: a policy of account 333333333333 or of AWS",
        ),
    ],
)
def test_f25_what_is_not_allowed_is_one_line(line: str, says: str) -> None:
    """Tags that AWS would refuse, or that are ours, and boundaries of another account fail before a deployment."""
    own = 'account = "333333333333"\nregion = "us-east-1"\nreplica_region = "us-west-2"\nbucket_prefix = "acme"\n'
    more = 'alert_emails = ["a@example.org"]\nrunbook_url = "https://example.org/runbook.md"\n'
    with pytest.raises(ConfigurationError, match=says) as caught:
        parse_settings("prod", f"{own}{more}{line}\n")
    assert "\n" not in str(caught.value)
