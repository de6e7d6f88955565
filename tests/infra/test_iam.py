import ast
import fnmatch
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import botocore.session
import pytest
from botocore import xform_name

from runtime import settings
from runtime.contract import function_name
from tests.architecture.source import attributes_of
from tests.infra.synthesis import ROOT, Assembly, Resource, listed

# What the calls of each adapter ask of IAM, by the adapter's module and boto3's name of the operation. A missing
# object answers 404 instead of 403 only where the bucket may be listed (lesson L22).
_READ: Final = {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"}
ASKED: Final[dict[str, dict[str, set[str]]]] = {
    # Nor does AWS say which right to list makes a missing version answer 404.
    "s3_objects": {
        **{name: {*_READ, "s3:ListBucketVersions"} for name in ("get_object", "head_object")},
        "list_object_versions": {"s3:ListBucketVersions"},
    },
    "dynamodb_records": {
        "get_item": {"dynamodb:GetItem"},
        "put_item": {"dynamodb:PutItem"},
        "update_item": {"dynamodb:UpdateItem"},
        "delete_item": {"dynamodb:DeleteItem"},
    },
    "dynamodb_schedule": {"put_item": {"dynamodb:PutItem"}, "delete_item": {"dynamodb:DeleteItem"}},
    "sqs_queue": {"send_message_batch": {"sqs:SendMessage"}},
    "sqs_own_queue": {"send_message": {"sqs:SendMessage"}},
    "sns_topic": {"publish": {"sns:Publish"}},
    "dynamodb_export": {
        "list_exports": {"dynamodb:ListExports"},
        "describe_export": {"dynamodb:DescribeExport"},
        # DynamoDB writes the export with the rights of who asked for it.
        "export_table_to_point_in_time": {
            "dynamodb:ExportTableToPointInTime",
            "s3:AbortMultipartUpload",
            "s3:PutObject",
            "s3:PutObjectAcl",
        },
    },
    "s3_requests": {"get_object": _READ, "put_object": {"s3:PutObject"}, "delete_object": {"s3:DeleteObject"}},
    "s3_buckets": {
        "head_bucket": {"s3:ListBucket"},
        "get_bucket_abac": {"s3:GetBucketAbac"},
        "get_bucket_encryption": {"s3:GetEncryptionConfiguration"},
        "get_bucket_inventory_configuration": {"s3:GetInventoryConfiguration"},
        "get_bucket_lifecycle_configuration": {"s3:GetLifecycleConfiguration"},
        "get_bucket_logging": {"s3:GetBucketLogging"},
        "get_bucket_notification_configuration": {"s3:GetBucketNotification"},
        "get_bucket_ownership_controls": {"s3:GetBucketOwnershipControls"},
        "get_bucket_policy": {"s3:GetBucketPolicy"},
        "get_bucket_replication": {"s3:GetReplicationConfiguration"},
        "get_bucket_tagging": {"s3:GetBucketTagging"},
        "get_bucket_versioning": {"s3:GetBucketVersioning"},
        "get_public_access_block": {"s3:GetBucketPublicAccessBlock"},
        "tag_resource": {"s3:TagResource"},
        "create_bucket": {"s3:CreateBucket"},
        "delete_bucket": {"s3:DeleteBucket"},
        "put_bucket_encryption": {"s3:PutEncryptionConfiguration"},
        "put_bucket_inventory_configuration": {"s3:PutInventoryConfiguration"},
        "put_bucket_lifecycle_configuration": {"s3:PutLifecycleConfiguration"},
        "put_bucket_logging": {"s3:PutBucketLogging"},
        "put_bucket_notification_configuration": {"s3:PutBucketNotification"},
        "put_bucket_ownership_controls": {"s3:PutBucketOwnershipControls"},
        "put_bucket_policy": {"s3:PutBucketPolicy"},
        "put_bucket_replication": {"s3:PutReplicationConfiguration", "iam:PassRole"},
        "put_bucket_tagging": {"s3:PutBucketTagging"},
        "put_bucket_versioning": {"s3:PutBucketVersioning"},
        "put_public_access_block": {"s3:PutBucketPublicAccessBlock"},
    },
    "s3_audit_files": {"get_object": {"s3:GetObject"}, "put_object": {"s3:PutObject"}},
    "s3_audit_folder": {"list_objects_v2": {"s3:ListBucket"}},
    "kms_signer": {"get_public_key": {"kms:GetPublicKey"}, "sign": {"kms:Sign"}, "verify": {"kms:Verify"}},
    "dynamodb_pages": {"query": {"dynamodb:Query"}},
    "dynamodb_record_states": {"get_item": {"dynamodb:GetItem"}},
    "s3_bucket_list": {"list_buckets": {"s3:ListAllMyBuckets"}},
    "s3_object_list": {"list_objects_v2": {"s3:ListBucket"}},
    "s3_documents": {
        "list_objects_v2": {"s3:ListBucket"},
        "get_object": {"s3:GetObject", "s3:ListBucket"},
        "head_object": {"s3:GetObject", "s3:ListBucket"},
        "put_object": {"s3:PutObject"},
    },
    "s3_report_files": {
        "create_multipart_upload": {"s3:PutObject"},
        "upload_part": {"s3:PutObject"},
        "complete_multipart_upload": {"s3:PutObject"},
        "abort_multipart_upload": {"s3:AbortMultipartUpload"},
        "put_object": {"s3:PutObject"},
        "list_objects_v2": {"s3:ListBucket"},
    },
    "cloudwatch_alarms": {"describe_alarms": {"cloudwatch:DescribeAlarms"}},
    "s3_inventories": {"get_object": {"s3:GetObject", "s3:ListBucket"}, "list_objects_v2": {"s3:ListBucket"}},
}
# What Lambda itself asks of the role, for the function's log and its source of work.
_LOG: Final = {"logs:CreateLogStream", "logs:PutLogEvents"}
_CONSUME: Final = {
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
}
_SET_ASIDE: Final = {"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"}
_STREAM: Final = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}
# What functions work on: messages of a queue, or the stream of a table.
_QUEUES: Final = {
    settings.DepositSettings.function: "object-created",
    settings.RemovalSettings.function: "object-deleted",
    settings.VerificationSettings.function: "verification",
    settings.ProvisioningSettings.function: "bucket-requests",
    settings.SweepSettings.function: "sweep",
    settings.ReportSettings.function: "reports",
    settings.ReplicationSettings.function: "replication-events",
}
_STREAMS: Final = {
    settings.DueSettings.function: "schedule",
    settings.AlertsSettings.function: "checksums",
    settings.TrailSettings.function: "checksums",
}

Rights = Mapping[str, set[str]]


def _statements(assembly: Assembly, role: str) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    for policy in assembly.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        roles = [assembly.resolve(policy.layer, one) for one in policy.properties.get("Roles", [])]
        if role in roles:
            yield from ((policy, statement) for statement in policy.statements)


def _rights(assembly: Assembly, function: str) -> Rights:
    """Return what the role of a function allows: resources by action. Denials take from it, so they need no leave."""
    rights: dict[str, set[str]] = defaultdict(set)
    for policy, statement in _statements(assembly, assembly.role_of(function)):
        if statement["Effect"] == "Deny":
            continue
        for action in listed(statement["Action"]):
            rights[action] |= {assembly.resolve(policy.layer, one) for one in listed(statement["Resource"])}
    return dict(rights)


def _asked_by_lambda(environment: str, function: str) -> Iterator[tuple[set[str], str]]:
    yield _LOG, f"Logs::LogGroup:/aws/lambda/{function_name(environment, function)}"
    if function in _QUEUES:
        yield _CONSUME, f"SQS::Queue:duracloud-{environment}-{_QUEUES[function]}"
    if function in _STREAMS:
        yield _STREAM, f"DynamoDB::GlobalTable:duracloud-{environment}-{_STREAMS[function]}.StreamArn"
        yield _SET_ASIDE, f"SQS::Queue:duracloud-{environment}-{function}-failures"


def _expected(assembly: Assembly, function: str) -> Rights:  # noqa: C901, PLR0915 (a case per function)
    """Return what the role of a function should allow: what Lambda needs, and what the code calls."""
    environment, prefix = assembly.settings.name, assembly.settings.bucket_prefix
    customer_key = assembly.settings.encryption.customer_key
    rights: dict[str, set[str]] = defaultdict(set)

    def add(actions: set[str], *resources: str) -> None:
        for action in actions:
            rights[action] |= set(resources)

    def key(*actions: str) -> None:
        if customer_key:
            add(set(actions), f"KMS::Key:{assembly.customer_key.logical_id}")

    def into_trail(read: str, *write: str) -> None:
        add({"s3:GetObject"}, f"{managed}/audit/{read}")
        locking = set() if assembly.settings.audit.object_lock == "none" else {"s3:PutObjectRetention"}
        add({"s3:PutObject", *locking}, *(f"{managed}/audit/{keys}" for keys in write))

    table = f"DynamoDB::GlobalTable:duracloud-{environment}-"
    queue = f"SQS::Queue:duracloud-{environment}-"
    buckets, managed = f"arn:aws:s3:::{prefix}-*", f"arn:aws:s3:::{prefix}-managed"
    for actions, resource in _asked_by_lambda(environment, function):
        add(actions, resource)
    match function:
        case _ if issubclass(settings.FUNCTIONS[function], settings.FixitySettings):
            add({"s3:GetObject", "s3:GetObjectVersion"}, f"{buckets}/*")
            add({"s3:ListBucket", "s3:ListBucketVersions"}, buckets)
            add(_union(ASKED["dynamodb_records"]), f"{table}checksums")
            add(_union(ASKED["dynamodb_schedule"]), f"{table}schedule")
            add({"sqs:SendMessage"}, f"{queue}{_QUEUES[function]}")
            key("kms:Decrypt")
            if customer_key and function == settings.VerificationSettings.function:
                add({"kms:Decrypt"}, assembly.settings.encryption.replica_key_arn)
        case settings.DueSettings.function:
            add({"sqs:SendMessage"}, f"{queue}verification")
        case settings.AlertsSettings.function:
            add({"sns:Publish"}, f"SNS::Topic:duracloud-{environment}-alerts")
            key("kms:Decrypt", "kms:GenerateDataKey")
        case settings.ExportSettings.function:
            add({"dynamodb:ExportTableToPointInTime"}, f"{table}checksums")
            add({"dynamodb:ListExports"}, "*")
            home = f"{assembly.settings.region}:{assembly.settings.account}"
            exports = f"arn:aws:dynamodb:{home}:table/duracloud-{environment}-checksums/export/*"
            add({"dynamodb:DescribeExport"}, exports)
            add(
                {"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"},
                f"{managed}/exports/checksum-table/*",
            )
            add({"s3:ListBucket"}, managed)
            key("kms:Decrypt", "kms:GenerateDataKey")
        case settings.ReportSettings.function:
            reports = ("reports/????-??-??/*", "reports/LATEST/*", "reports/index.html", "scratch/reports/*")
            written = [f"{managed}/{keys}" for keys in reports]
            add({"sqs:SendMessage"}, f"{queue}reports")
            add({"dynamodb:Query"}, f"{table}checksums")
            add({"s3:ListAllMyBuckets"}, "*")
            home = f"{assembly.settings.region}:{assembly.settings.account}"
            add({"cloudwatch:DescribeAlarms"}, f"arn:aws:cloudwatch:{home}:alarm:*")
            add({"s3:ListBucket"}, managed)
            add({"s3:GetObject"}, *written, f"{managed}/inventory/*", f"{managed}/audit/manifests/*")
            add({"s3:PutObject", "s3:AbortMultipartUpload"}, *written)
            key("kms:Decrypt", "kms:GenerateDataKey")
        case settings.SweepSettings.function:
            add({"sqs:SendMessage"}, f"{queue}sweep", f"{queue}verification", f"{queue}object-created")
            add({"dynamodb:Query", "dynamodb:GetItem"}, f"{table}checksums")
            add({"dynamodb:Query"}, f"{table}checksums", f"{table}schedule")
            add(_union(ASKED["dynamodb_schedule"]), f"{table}schedule")
            add({"s3:ListAllMyBuckets"}, "*")
            add({"s3:ListBucket"}, buckets)
            add({"s3:GetObject", "s3:PutObject"}, f"{managed}/scratch/sweeps/*", f"{managed}/reports/coverage/*")
            key("kms:Decrypt", "kms:GenerateDataKey")
        case settings.TrailSettings.function:
            into_trail("events/*", "events/*")
            key("kms:Decrypt", "kms:GenerateDataKey")
        case settings.ManifestSettings.function:
            into_trail("*", "manifests/*", "public-key.pem")
            add({"s3:ListBucket"}, managed)
            add(_union(ASKED["kms_signer"]), f"KMS::Key:{assembly.signing_key.logical_id}")
            key("kms:Decrypt", "kms:GenerateDataKey")
        case settings.ProvisioningSettings.function:
            into_trail("events/*", "events/*")
            add({"s3:GetObject", "s3:GetObjectVersion"}, f"arn:aws:s3:::{prefix}-bucket-requested/*")
            add({"s3:PutObject"}, f"{managed}/requests/*")
            add(
                _union(ASKED["s3_requests"]) - {"s3:GetObjectVersion", "s3:ListBucket"},
                f"{managed}/scratch/in-progress/*",
            )
            add({"s3:GetObject", "s3:PutObject"}, f"{managed}/collections/*")
            add({"sqs:SendMessage"}, f"{queue}bucket-requests")
            add(_union(ASKED["s3_buckets"]) - {"iam:PassRole"}, buckets)
            add({"iam:PassRole"}, "IAM::Role:ReplicationRoleCCFDD102")
            key("kms:Decrypt", "kms:GenerateDataKey")
        case _:
            assert function == settings.ReplicationSettings.function, f"nothing is expected of {function}"
    return dict(rights)


def _union(asked: Mapping[str, set[str]]) -> set[str]:
    return set().union(*asked.values())


def _tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"))


def _operations() -> set[str]:
    """Return boto3's names of all operations of the services that the functions call."""
    session = botocore.session.get_session()
    return {
        xform_name(operation)
        for service in ("cloudwatch", "s3", "s3control", "dynamodb", "sqs", "sns", "kms")
        for operation in session.get_service_model(service).operation_names
    }


def _calls(adapter: str) -> set[str]:
    """Return the operations that an adapter's code names, itself or in functions that it shares with others."""
    tree = _tree(f"runtime/adapters/{adapter}.py")
    for node in [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)]:
        if str(node.module).startswith("runtime.adapters."):
            shared, names = _tree(f"{str(node.module).replace('.', '/')}.py"), {alias.name for alias in node.names}
            tree.body += [one for one in shared.body if isinstance(one, ast.FunctionDef) and one.name in names]
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    attributes |= {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get_paginator"
        and isinstance(node.args[0], ast.Constant)
    }
    if adapter == "s3_buckets":
        # It makes the calls that the configuration of a bucket names, and those of its own table that read it.
        attributes |= {
            str(node.value)
            for path in ("runtime/provisioning/bucket_configuration.py", "runtime/adapters/s3_buckets.py")
            for node in ast.walk(_tree(path))
            if isinstance(node, ast.Constant)
        }
    return attributes & _operations()


def _adapters(function: str) -> set[str]:
    """Return the adapters that a function's factory in the composition root imports."""
    handler = _tree(f"runtime/handlers/{function.replace('-', '_')}.py")
    factories = attributes_of("bootstrap", handler)
    bodies = {node.name: node for node in _tree("runtime/bootstrap.py").body if isinstance(node, ast.FunctionDef)}
    helpers = {
        node.id for factory in factories for node in ast.walk(bodies[factory]) if isinstance(node, ast.Name)
    } & set(bodies)
    return {
        str(node.module).removeprefix("runtime.adapters.")
        for name in factories | helpers
        for node in ast.walk(bodies[name])
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("runtime.adapters.")
    }


@pytest.mark.parametrize("adapter", sorted(ASKED))
def test_l22_every_call_of_an_adapter_is_in_the_table(adapter: str) -> None:
    """The table of calls says exactly what the adapter's code can call, error paths included."""
    assert set(ASKED[adapter]) == _calls(adapter)


@pytest.mark.parametrize("function", sorted(settings.FUNCTIONS))
def test_l22_a_role_allows_every_call_of_its_function(variant: Assembly, function: str) -> None:
    """Whatever the adapters that a function loads may call is allowed by its role."""
    asked = set[str]()
    for adapter in _adapters(function):
        assert adapter in ASKED or not _calls(adapter)
        asked |= _union(ASKED.get(adapter, {}))

    # It only counts what its queue hands over.
    assert bool(asked) == (function != settings.ReplicationSettings.function)
    assert set() == asked - set(_rights(variant, function))


@pytest.mark.parametrize("function", sorted(settings.FUNCTIONS))
def test_l22_a_role_allows_nothing_else(variant: Assembly, function: str) -> None:
    """A role allows the calls of its function's code and what Lambda needs, each on its own resources, and no more."""
    assert _expected(variant, function) == _rights(variant, function)


def test_l21_every_function_has_its_own_role(variant: Assembly) -> None:
    """No two functions share a role, and no role has a policy that AWS manages."""
    roles = {variant.role_of(function) for function in settings.FUNCTIONS}

    assert len(list(variant.resources("AWS::Lambda::Function"))) == len(roles)
    assert [] == [role for role in variant.resources("AWS::IAM::Role") if "ManagedPolicyArns" in role.properties]


def _patterns(assembly: Assembly) -> Iterator[str]:
    kinds = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::S3::BucketPolicy", "AWS::KMS::Key")
    for policy in assembly.resources(*kinds):
        for statement in policy.statements:
            for resource in listed(statement["Resource"]):
                yield assembly.resolve(policy.layer, resource)
            for condition in statement.get("Condition", {}).values():
                for value in condition.values():
                    yield from (str(one) for one in listed(value))


def test_l21_patterns_do_not_reach_sibling_environments(variant: Assembly) -> None:
    """No S3 pattern matches a bucket of an environment whose prefix only begins like ours."""
    prefix = variant.settings.bucket_prefix
    sibling = [
        f"arn:aws:s3:::{prefix}2-books",
        f"arn:aws:s3:::{prefix}2-books/key",
        f"arn:aws:s3:::{prefix}2-books-repl/key",
    ]
    patterns = [pattern for pattern in _patterns(variant) if pattern.startswith("arn:aws:s3:::")]

    assert patterns
    for pattern in patterns:
        assert pattern.startswith(f"arn:aws:s3:::{prefix}-")
        assert [] == fnmatch.filter(sibling, pattern)


def test_l15_bucket_requests_cannot_touch_the_fixed_buckets(variant: Assembly) -> None:
    """Whatever makes deposit buckets is denied every change of the managed, request and log bucket."""
    prefix = variant.settings.bucket_prefix
    role = variant.role_of(settings.ProvisioningSettings.function)
    (denial,) = (statement for _, statement in _statements(variant, role) if statement["Effect"] == "Deny")
    asked = _union(ASKED["s3_buckets"]) - {"iam:PassRole", "s3:ListBucket"}
    changes = {action for action in asked if not action.startswith("s3:Get")}

    assert changes == set(denial["Action"])
    assert {f"arn:aws:s3:::{prefix}-{name}" for name in ("managed", "bucket-requested", "logs")} == set(
        denial["Resource"]
    )


def test_only_the_replication_role_is_handed_on(variant: Assembly) -> None:
    """A function can give S3 the replication role, and no role to anybody else."""
    passing = [
        (variant.resolve(policy.layer, statement["Resource"]), statement["Condition"])
        for policy in variant.resources("AWS::IAM::Policy")
        for statement in policy.statements
        if "iam:PassRole" in listed(statement["Action"])
    ]

    condition = {"StringEquals": {"iam:PassedToService": "s3.amazonaws.com"}}
    assert [("IAM::Role:ReplicationRoleCCFDD102", condition)] == passing


def test_the_replication_role_does_what_s3_asks(variant: Assembly) -> None:
    """S3 reads main buckets and writes replicas with it, and nothing else."""
    prefix = variant.settings.bucket_prefix
    rights = {
        action: variant.resolve(policy.layer, statement["Resource"])
        for policy, statement in _statements(variant, "IAM::Role:ReplicationRoleCCFDD102")
        for action in listed(statement["Action"])
    }
    expected = {
        **dict.fromkeys(("s3:GetReplicationConfiguration", "s3:ListBucket"), f"arn:aws:s3:::{prefix}-*"),
        **dict.fromkeys(
            ("s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"),
            f"arn:aws:s3:::{prefix}-*/*",
        ),
        **dict.fromkeys(
            ("s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"), f"arn:aws:s3:::{prefix}-*-repl/*"
        ),
    }
    if variant.settings.encryption.customer_key:
        expected |= {"kms:Decrypt": f"KMS::Key:{variant.customer_key.logical_id}"}
        expected |= dict.fromkeys(("kms:Encrypt", "kms:GenerateDataKey"), variant.settings.encryption.replica_key_arn)

    assert expected == rights
