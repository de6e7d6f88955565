import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from runtime import settings
from runtime.contract import Attribute, function_name
from stacks import naming
from stacks.config import ConfigurationError, load_settings, split_tag
from tests.infra.synthesis import LAYERS, Assembly, Resource, listed, settings_of, synthesise

BUCKET = "AWS::S3::Bucket"
TABLE = "AWS::DynamoDB::GlobalTable"
QUEUE = "AWS::SQS::Queue"
FUNCTION = "AWS::Lambda::Function"
LOG = "AWS::Logs::LogGroup"
# Each queue with the function that works on it, and how often a message is tried.
QUEUES = [
    ("object-created", settings.DepositSettings.function, 5),
    ("object-deleted", settings.RemovalSettings.function, 5),
    ("bucket-requests", settings.ProvisioningSettings.function, 5),
    ("verification", settings.VerificationSettings.function, 5),
    ("sweep", settings.SweepSettings.function, 5),
    ("reports", settings.ReportSettings.function, 5),
    ("replication-events", settings.ReplicationSettings.function, 5),
]


def _mapping_of(assembly: Assembly, function: str) -> Mapping[str, Any]:
    name = f"Lambda::Function:{function_name(assembly.settings.name, function)}"
    (found,) = (
        mapping.properties
        for mapping in assembly.resources("AWS::Lambda::EventSourceMapping")
        if name == assembly.resolve(mapping.layer, mapping.properties["FunctionName"])
    )
    return found


def _statements_on(assembly: Assembly, bucket: str) -> list[Mapping[str, Any]]:
    """Return what the policy of a fixed bucket says."""
    name = f"S3::Bucket:{assembly.settings.bucket_prefix}-{bucket}"
    (policy,) = (
        policy
        for policy in assembly.resources("AWS::S3::BucketPolicy")
        if name == assembly.resolve(policy.layer, policy.properties["Bucket"])
    )
    return policy.statements


def _senders(assembly: Assembly, service: str) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    """Yield the policies of queues, each with its statement, that let a service of AWS send messages."""
    for policy in assembly.resources("AWS::SQS::QueuePolicy"):
        for statement in policy.statements:
            if statement["Effect"] == "Allow" and statement["Principal"] == {"Service": service}:
                yield policy, statement


def test_stacks_have_their_names(assembly: Assembly) -> None:
    """Four stacks per environment, named after it and their layer."""
    name = assembly.settings.name
    templates = {path.name.removesuffix(".template.json") for path in assembly.directory.glob("*.template.json")}

    assert {f"duracloud-{name}-{layer}" for layer in ("base", "storage", "integrity", "monitoring")} == templates


def test_batches_wait_as_long_as_the_settings_say(variant: Assembly) -> None:
    """Nobody waits for a due check, so its batches may fill for longer than those of uploads and deletions."""
    delivery = variant.settings.delivery
    windows = {
        settings.DepositSettings.function: delivery.batch_window_seconds,
        settings.RemovalSettings.function: delivery.batch_window_seconds,
        settings.DueSettings.function: delivery.check_window_seconds,
        settings.VerificationSettings.function: delivery.check_window_seconds,
        settings.AlertsSettings.function: delivery.alert_window_seconds,
        settings.TrailSettings.function: variant.settings.audit.window_seconds,
    }

    assert windows == {
        function: _mapping_of(variant, function).get("MaximumBatchingWindowInSeconds", 0) for function in windows
    }


def test_parameters_are_exactly_the_public_contract(variant: Assembly) -> None:
    """Outsiders find every SSM parameter of the contract with the right value, and no other."""
    name, prefix = variant.settings.name, variant.settings.bucket_prefix
    queues = {name for name, _, _ in QUEUES}
    expected = {
        "base/alert-topic-arn": f"SNS::Topic:duracloud-{name}-alerts",
        "base/audit-key-arn": f"KMS::Key:{variant.signing_key.logical_id}",
        "base/power-users-policy": f"{prefix}-S3PowerUsers",
        "base/users-policy": f"{prefix}-S3Users",
        "storage/managed-bucket": f"S3::Bucket:{prefix}-managed",
        "storage/request-bucket": f"S3::Bucket:{prefix}-bucket-requested",
        "storage/logs-bucket": f"S3::Bucket:{prefix}-logs",
        "storage/checksum-table": f"DynamoDB::GlobalTable:duracloud-{name}-checksums",
        "storage/scheduler-table": f"DynamoDB::GlobalTable:duracloud-{name}-schedule",
        "storage/checksum-stream-arn": f"DynamoDB::GlobalTable:duracloud-{name}-checksums.StreamArn",
        "storage/replication-role-arn": "IAM::Role:ReplicationRoleCCFDD102",
        **{f"integrity/queue/{queue}-url": f"SQS::Queue:duracloud-{name}-{queue}" for queue in queues},
        **{f"integrity/queue/{queue}-dlq-url": f"SQS::Queue:duracloud-{name}-{queue}-dlq" for queue in queues},
        **{
            f"integrity/function/{function}": f"Lambda::Function:duracloud-{name}-{function}"
            for function in settings.FUNCTIONS
        },
    }
    found = {
        parameter.properties["Name"]: variant.resolve(parameter.layer, parameter.properties["Value"])
        for parameter in variant.resources("AWS::SSM::Parameter")
    }

    assert {f"/duracloud/{name}/{key}": value for key, value in expected.items()} == found


def test_no_custom_resources(variant: Assembly) -> None:
    """Nothing runs at deploy time but CloudFormation, and every function is one of the contract."""
    types = {resource.type for resource in variant.resources()}

    assert set() == {kind for kind in types if kind.startswith("Custom::") or "CustomResource" in kind}
    assert len(settings.FUNCTIONS) == len(list(variant.resources(FUNCTION)))


def test_no_users_and_no_keys(variant: Assembly) -> None:
    """A deploy makes groups only: people and their keys are the operator's (lesson L21)."""
    assert [] == list(variant.resources("AWS::IAM::User", "AWS::IAM::AccessKey"))


def test_data_is_kept_by_every_deploy(variant: Assembly) -> None:
    """Buckets, tables, keys, queues and logs outlive their template where the second lock is not open."""
    for resource in variant.resources(BUCKET, TABLE, "AWS::KMS::Key", QUEUE, LOG):
        assert ("RetainExceptOnCreate", "Retain") == (
            resource.body["DeletionPolicy"],
            resource.body["UpdateReplacePolicy"],
        )


def test_tables_are_protected(variant: Assembly) -> None:
    """Both tables have point-in-time recovery and deletion protection in their region, and the streams they need."""
    tables = list(variant.resources(TABLE))

    assert 2 == len(tables)
    for table in tables:
        (replica,) = table.properties["Replicas"]
        assert variant.settings.region == replica["Region"]
        assert replica["DeletionProtectionEnabled"]
        assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert "NEW_AND_OLD_IMAGES" == table.properties["StreamSpecification"]["StreamViewType"]
        assert [
            {"AttributeName": Attribute.BUCKET_NAME, "KeyType": "HASH"},
            {"AttributeName": Attribute.OBJECT_KEY, "KeyType": "RANGE"},
        ] == table.properties["KeySchema"]


def test_only_schedule_rows_expire(variant: Assembly) -> None:
    """The scheduler table has a TTL, the records have none."""
    name = variant.settings.name

    schedule = variant.named(TABLE, f"duracloud-{name}-schedule").properties["TimeToLiveSpecification"]
    assert {"AttributeName": "TTL", "Enabled": True} == schedule
    assert "TimeToLiveSpecification" not in variant.named(TABLE, f"duracloud-{name}-checksums").properties


@pytest.mark.parametrize(("name", "mode"), [("dev", "PAY_PER_REQUEST"), ("customer-key", "PROVISIONED")])
def test_billing_follows_the_settings(assemblies: Mapping[str, Assembly], name: str, mode: str) -> None:
    """On-demand, or provisioned with auto-scaling between the capacities of the settings."""
    assembly = assemblies[name]
    for table in assembly.resources(TABLE):
        assert mode == table.properties["BillingMode"]
        if mode == "PROVISIONED":
            scaling = table.properties["WriteProvisionedThroughputSettings"]["WriteCapacityAutoScalingSettings"]
            capacities = (assembly.settings.tables.min_capacity, assembly.settings.tables.max_capacity)
            assert capacities == (scaling["MinCapacity"], scaling["MaxCapacity"])


def test_production_is_protected_from_deletion(assemblies: Mapping[str, Assembly]) -> None:
    """CloudFormation refuses to delete a stack of prod."""
    manifest = json.loads((assemblies["prod"].directory / "manifest.json").read_text("utf-8"))
    stacks = [entry for entry in manifest["artifacts"].values() if entry["type"] == "aws:cloudformation:stack"]

    assert [True] * len(LAYERS) == [stack["properties"]["terminationProtection"] for stack in stacks]


@pytest.mark.parametrize("name", ["local", "dev", "staging"])
def test_disposable_data_is_destroyed_only_under_both_locks(destroyable: Mapping[str, Assembly], name: str) -> None:
    """The setting and the word on the command line together make data destroyable."""
    assembly = destroyable[name]

    assert {"Delete"} == {resource.body["DeletionPolicy"] for resource in assembly.resources(BUCKET, TABLE, QUEUE, LOG)}
    for table in assembly.resources(TABLE):
        assert not table.properties["Replicas"][0].get("DeletionProtectionEnabled", False)


def test_production_has_no_second_lock(tmp_path: Path) -> None:
    """Allowing data loss on prod is refused with one line."""
    with pytest.raises(ConfigurationError, match="allowed for prod: false, because it is not disposable"):
        synthesise(load_settings("prod"), tmp_path, allowDataLoss="true")


def test_an_unclear_word_about_data_loss_is_refused(tmp_path: Path) -> None:
    """Only true and false are understood."""
    with pytest.raises(ConfigurationError, match="allowDataLoss is 'yes'; allowed: true, false"):
        synthesise(load_settings("dev"), tmp_path, allowDataLoss="yes")


def test_fixed_buckets_are_private_versioned_and_logged(variant: Assembly) -> None:
    """Three buckets with their names, all closed to the public, versioned, and logged but for the log bucket."""
    prefix = variant.settings.bucket_prefix
    names = {f"{prefix}-{suffix}" for suffix in ("managed", "bucket-requested", "logs")}

    assert names == {bucket.physical_name for bucket in variant.resources(BUCKET)}
    for bucket in variant.resources(BUCKET):
        assert {True} == set(bucket.properties["PublicAccessBlockConfiguration"].values())
        assert {"Status": "Enabled"} == bucket.properties["VersioningConfiguration"]
        assert [{"ObjectOwnership": "BucketOwnerEnforced"}] == bucket.properties["OwnershipControls"]["Rules"]
        if bucket.physical_name == f"{prefix}-logs":
            assert "LoggingConfiguration" not in bucket.properties
        else:
            logging = bucket.properties["LoggingConfiguration"]
            assert f"S3::Bucket:{prefix}-logs" == variant.resolve(bucket.layer, logging["DestinationBucketName"])
            assert f"access/{bucket.physical_name}/" == logging["LogFilePrefix"]


def test_encryption_follows_the_settings(variant: Assembly) -> None:
    """A customer key encrypts buckets and alerts; the log bucket cannot have one, and no key is AWS's own for SNS."""
    customer_key = variant.settings.encryption.customer_key
    for bucket in variant.resources(BUCKET):
        (rule,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        kms = customer_key and bucket.physical_name != f"{variant.settings.bucket_prefix}-logs"
        assert ("aws:kms" if kms else "AES256") == rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
    (topic,) = variant.resources("AWS::SNS::Topic")
    assert customer_key == ("KmsMasterKeyId" in topic.properties)
    assert "alias/aws/sns" not in json.dumps(topic.body)


def test_alarms_may_use_the_customer_key(assemblies: Mapping[str, Assembly]) -> None:
    """CloudWatch can encrypt what it publishes: without it alarms are dropped silently."""
    key = assemblies["customer-key"].customer_key
    allowed = {
        service: set(statement["Action"])
        for statement in key.statements
        if "Service" in statement["Principal"]
        for service in listed(statement["Principal"]["Service"])
        if isinstance(statement["Action"], list)
    }

    assert {"kms:Decrypt", "kms:GenerateDataKey*"} == allowed["cloudwatch.amazonaws.com"]


@pytest.mark.parametrize(
    ("policy", "target", "action"),
    [
        ("AWS::S3::BucketPolicy", BUCKET, "s3:*"),
        ("AWS::SQS::QueuePolicy", QUEUE, "sqs:*"),
        ("AWS::SNS::TopicPolicy", "AWS::SNS::Topic", "sns:Publish"),
    ],
)
def test_nothing_is_reached_without_tls(variant: Assembly, policy: str, target: str, action: str) -> None:
    """Every bucket, queue and topic refuses plain HTTP."""
    policies = list(variant.resources(policy))

    assert len(list(variant.resources(target))) == len(policies)
    for found in policies:
        assert action in [
            statement["Action"]
            for statement in found.statements
            if statement["Effect"] == "Deny"
            and {"Bool": {"aws:SecureTransport": "false"}} == statement.get("Condition")
        ]


def _expiries(variant: Assembly, suffix: str) -> dict[str, tuple[int, int]]:
    """Return of each folder of a bucket after how many days its files expire, and expired ones are removed."""
    bucket = variant.named(BUCKET, f"{variant.settings.bucket_prefix}-{suffix}")
    rules = bucket.properties["LifecycleConfiguration"]["Rules"]
    return {
        rule.get("Prefix", ""): (rule["ExpirationInDays"], rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        for rule in rules
        if {"ExpirationInDays", "NoncurrentVersionExpiration"} & set(rule)
    }


def test_l23_evidence_outlives_transient_data(variant: Assembly) -> None:
    """Inventories and scratch files go after a month; other things stay as long as the settings say."""
    found = _expiries(variant, "managed")
    transient = {prefix: sum(days) for prefix, days in found.items() if prefix in {"inventory/", "scratch/"}}

    assert 3650 == variant.settings.lifecycle.evidence_retention_days
    assert {"inventory/": 31, "scratch/": 31} == transient
    assert {"inventory/", "scratch/", "requests/", "exports/checksum-table/", "reports/", "audit/"} == set(found)


def test_l50_what_expires_is_gone_when_the_setting_says(variant: Assembly) -> None:
    """Expired files are noncurrent for a time: for evidence it is part of the retention, else it is a day."""
    days = variant.settings.lifecycle
    managed, logs = _expiries(variant, "managed"), _expiries(variant, "logs")

    for prefix in ("requests/", "exports/checksum-table/", "reports/", "audit/"):
        assert days.evidence_retention_days == sum(managed[prefix])
        # A report or result that was overwritten can be fetched back for a month.
        assert 30 == managed[prefix][1]
    for prefix in ("inventory/", "scratch/"):
        assert (days.transient_expiry_days, 1) == managed[prefix]
    assert {"": (days.access_log_expiry_days, 1)} == logs


def test_f06_public_buckets_need_a_word_of_the_environment(variant: Assembly) -> None:
    """Nobody makes a bucket that the internet may read, unless the file of the environment says so; `local` does."""
    function = variant.function("bucket-requested")
    allowed = function.properties["Environment"]["Variables"]["DURACLOUD_PUBLIC_BUCKETS_ALLOWED"]

    assert ("true" if variant.settings.name == "local" else "false") == allowed


def test_evidence_moves_to_a_cheaper_class_that_can_be_read_at_once(variant: Assembly) -> None:
    """After 90 days larger evidence lies in Glacier Instant Retrieval; inventories and scratch files are not moved."""
    bucket = variant.named(BUCKET, f"{variant.settings.bucket_prefix}-managed")
    moves = [rule for rule in bucket.properties["LifecycleConfiguration"]["Rules"] if "Transitions" in rule]

    assert ["requests/", "exports/checksum-table/", "reports/", "audit/"] == [rule["Prefix"] for rule in moves]
    for rule in moves:
        assert [{"StorageClass": "GLACIER_IR", "TransitionInDays": 90}] == rule["Transitions"]
        # S3 would by itself move nothing under 128 KiB, which few files of the audit trail reach.
        assert "32767" == rule["ObjectSizeGreaterThan"]
        assert not {"ExpirationInDays", "NoncurrentVersionExpiration"} & set(rule)


def test_l23_access_logs_outlive_transient_data(variant: Assembly) -> None:
    """Access logs are kept for a year, those of S3's delivery alone, and only for buckets of the prefix."""
    prefix = variant.settings.bucket_prefix
    (allowed,) = (statement for statement in _statements_on(variant, "logs") if statement["Effect"] == "Allow")

    assert {"": (365, 1)} == _expiries(variant, "logs")
    assert {"Service": "logging.s3.amazonaws.com"} == allowed["Principal"]
    assert {
        "StringEquals": {"aws:SourceAccount": variant.settings.account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{prefix}-*"},
    } == allowed["Condition"]


def test_l23_the_audit_trail_can_be_locked_where_the_settings_lock_it(variant: Assembly) -> None:
    """Only the bucket of the trail takes locks, and nothing in it is locked that does not ask for it."""
    prefix = variant.settings.bucket_prefix
    lockable = {
        bucket.physical_name for bucket in variant.resources(BUCKET) if "ObjectLockEnabled" in bucket.properties
    }
    locks = {
        variant.function(kind.function).properties["Environment"]["Variables"]["DURACLOUD_AUDIT_OBJECT_LOCK"]
        for kind in (settings.TrailSettings, settings.ManifestSettings, settings.ProvisioningSettings)
    }

    assert ({f"{prefix}-managed"} if variant.settings.audit.locks else set()) == lockable
    assert [] == [bucket for bucket in variant.resources(BUCKET) if "ObjectLockConfiguration" in bucket.properties]
    assert {variant.settings.audit.object_lock} == locks


def _refused_in_the_audit_trail(assembly: Assembly) -> dict[str, Any]:
    """Return the conditions under which the policy of the managed bucket refuses actions on files of the trail."""
    trail = f"arn:aws:s3:::{assembly.settings.bucket_prefix}-managed/audit/*"
    found = [one for one in _statements_on(assembly, "managed") if one["Resource"] == trail]
    assert {("Deny", "*")} == {(one["Effect"], one["Principal"]["AWS"]) for one in found}
    return {one["Action"]: one.get("Condition") for one in found}


def test_files_of_the_audit_trail_are_written_once_and_not_deleted(variant: Assembly) -> None:
    """S3 itself refuses to everybody to write without the condition that there is no such file, and to delete one."""
    assert {
        "s3:PutObject": {"Null": {"s3:if-none-match": "true"}},
        "s3:DeleteObject": None,
    } == _refused_in_the_audit_trail(variant)


def test_a_bucket_that_may_be_destroyed_can_be_emptied(destroyable: Mapping[str, Assembly]) -> None:
    """Where data may be lost the files of the trail may be deleted, and are written once all the same."""
    assert {"s3:PutObject": {"Null": {"s3:if-none-match": "true"}}} == _refused_in_the_audit_trail(destroyable["dev"])


def test_production_locks_the_audit_trail(assemblies: Mapping[str, Assembly]) -> None:
    """Evidence of prod cannot be deleted by whoever may delete objects; elsewhere it may."""
    locks = {name: assemblies[name].settings.audit.object_lock for name in ("local", "dev", "staging", "prod")}

    assert {"local": "none", "dev": "none", "staging": "none", "prod": "governance"} == locks


def test_the_audit_trail_is_signed_by_a_key_that_only_signs(variant: Assembly) -> None:
    """One P-256 key makes signatures, and the schedule hands its moment to the function that signs."""
    key = variant.signing_key.properties
    target = variant.target_of(variant.settings.audit.schedule)

    assert ("ECC_NIST_P256", "SIGN_VERIFY") == (key["KeySpec"], key["KeyUsage"])
    assert "EnableKeyRotation" not in key
    name = f"Lambda::Function:{function_name(variant.settings.name, settings.ManifestSettings.function)}"
    assert name == variant.resolve(naming.INTEGRITY, target["Arn"])
    assert {"time": "$.time"} == target["InputTransformer"]["InputPathsMap"]
    assert '{"time":<time>}' == target["InputTransformer"]["InputTemplate"]


def test_only_the_request_bucket_announces_objects(variant: Assembly) -> None:
    """Of the fixed buckets only the one for requests tells EventBridge of its objects."""
    announcing = {
        bucket.physical_name for bucket in variant.resources(BUCKET) if "NotificationConfiguration" in bucket.properties
    }

    assert {f"{variant.settings.bucket_prefix}-bucket-requested"} == announcing


@pytest.mark.parametrize(("name", "function", "receives"), QUEUES)
def test_l47_work_queues_lose_nothing(variant: Assembly, name: str, function: str, receives: int) -> None:
    """Each queue waits six time-outs, then sets aside, and keeps that longest; messages of a batch fail one by one."""
    environment = variant.settings.name
    queue = variant.named(QUEUE, f"duracloud-{environment}-{name}")
    timeout = variant.function(function).properties["Timeout"]
    source = _mapping_of(variant, function)
    redrive = queue.properties["RedrivePolicy"]

    assert queue.properties["VisibilityTimeout"] >= 6 * timeout
    assert queue.properties["SqsManagedSseEnabled"]
    assert receives == redrive["maxReceiveCount"]
    dead_letters = f"duracloud-{environment}-{name}-dlq"
    assert f"SQS::Queue:{dead_letters}" == variant.resolve(queue.layer, redrive["deadLetterTargetArn"])
    assert 7 * 86_400 == queue.properties["MessageRetentionPeriod"]
    assert 14 * 86_400 == variant.named(QUEUE, dead_letters).properties["MessageRetentionPeriod"]
    assert f"SQS::Queue:duracloud-{environment}-{name}" == variant.resolve(queue.layer, source["EventSourceArn"])
    assert ["ReportBatchItemFailures"] == source["FunctionResponseTypes"]
    assert (1 if name in {naming.BUCKET_REQUESTS, naming.SWEEP, naming.REPORTS} else 10) == source["BatchSize"]
    sizing = getattr(variant.settings.functions, function.replace("-", "_"))
    assert sizing.max_concurrency == source["ScalingConfig"]["MaximumConcurrency"]


@pytest.mark.parametrize(
    ("function", "table", "filters"),
    [
        (
            settings.DueSettings.function,
            naming.SCHEDULE,
            [
                {
                    "eventName": ["REMOVE"],
                    "userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]},
                }
            ],
        ),
        (
            settings.AlertsSettings.function,
            naming.CHECKSUMS,
            [
                {"dynamodb": {"NewImage": {"LastChecksumSuccess": {"BOOL": [False]}}}},
                {
                    "dynamodb": {
                        "NewImage": {"LastChecksumSuccess": {"BOOL": [True]}},
                        "OldImage": {"LastChecksumSuccess": {"BOOL": [False]}},
                    }
                },
            ],
        ),
        (settings.TrailSettings.function, naming.CHECKSUMS, []),
    ],
)
def test_streams_lose_nothing(variant: Assembly, function: str, table: str, filters: list[object]) -> None:
    """Each stream begins at its oldest record, halves failing batches and sets aside what fails; most are filtered."""
    environment = variant.settings.name
    source = _mapping_of(variant, function)
    destination = source["DestinationConfig"]["OnFailure"]["Destination"]

    stream = f"DynamoDB::GlobalTable:duracloud-{environment}-{table}.StreamArn"
    assert stream == variant.resolve(naming.INTEGRITY, source["EventSourceArn"])
    criteria = source.get("FilterCriteria", {"Filters": []})
    assert filters == [json.loads(one["Pattern"]) for one in criteria["Filters"]]
    assert "TRIM_HORIZON" == source["StartingPosition"]
    assert source["BisectBatchOnFunctionError"]
    assert f"SQS::Queue:duracloud-{environment}-{function}-failures" == variant.resolve(naming.INTEGRITY, destination)


def test_functions_read_exactly_the_variables_of_the_contract(variant: Assembly) -> None:
    """Every function gets the variables that its settings class reads, no fewer and no more."""
    for name, kind in settings.FUNCTIONS.items():
        environment = variant.function(name).properties["Environment"]["Variables"]
        assert set(kind.variables().values()) == set(environment)


def test_functions_can_load_their_variables(variant: Assembly) -> None:
    """What the template says is what the settings classes of the runtime accept (lesson L33)."""
    for name, kind in settings.FUNCTIONS.items():
        function = variant.function(name)
        environment = {
            key: variant.resolve(function.layer, value)
            for key, value in function.properties["Environment"]["Variables"].items()
        }
        assert variant.settings.name == kind.from_environment(environment).environment


def test_functions_are_stated_in_full(variant: Assembly) -> None:
    """Runtime, processor, handler, memory, time-out, JSON logs and a log group with retention are all given."""
    for name in settings.FUNCTIONS:
        function = variant.function(name)
        log_group = f"/aws/lambda/{function.physical_name}"
        sizing = getattr(variant.settings.functions, name.replace("-", "_"))
        properties = function.properties
        assert "python3.13" == properties["Runtime"]
        assert [variant.settings.architecture] == properties["Architectures"]
        assert f"runtime.handlers.{name.replace('-', '_')}.handler" == properties["Handler"]
        assert (sizing.memory_mib, sizing.timeout_seconds) == (properties["MemorySize"], properties["Timeout"])
        assert "JSON" == properties["LoggingConfig"]["LogFormat"]
        assert f"Logs::LogGroup:{log_group}" == variant.resolve(function.layer, properties["LoggingConfig"]["LogGroup"])
        retention = variant.named(LOG, log_group).properties["RetentionInDays"]
        assert variant.settings.log_retention_days == retention
        layers = 2 if name == settings.ReportSettings.function else 1
        assert (layers if variant.settings.dependency_layer else 0) == len(properties.get("Layers", []))


def test_exports_are_started_and_followed(variant: Assembly) -> None:
    """One schedule starts an export with its time, another follows exports."""
    start = variant.target_of(variant.settings.export.schedule)["InputTransformer"]
    follow = variant.target_of(variant.settings.export.follow_schedule)

    assert {"time": "$.time"} == start["InputPathsMap"]
    assert '{"action":"start","time":<time>}' == start["InputTemplate"]
    assert {"action": "follow"} == json.loads(follow["Input"])


@pytest.mark.parametrize(("work", "queue"), [("sweep", naming.SWEEP), ("report", naming.REPORTS)])
def test_work_in_slices_is_started_through_its_queue(variant: Assembly, work: str, queue: str) -> None:
    """The schedule puts a start with its time into the queue, where it is tried again like any other work."""
    target = variant.target_of(getattr(variant.settings, work).schedule)

    assert f"SQS::Queue:duracloud-{variant.settings.name}-{queue}" == variant.resolve(naming.INTEGRITY, target["Arn"])
    assert {"time": "$.time"} == target["InputTransformer"]["InputPathsMap"]
    assert '{"action":"start","time":<time>}' == target["InputTransformer"]["InputTemplate"]


def test_l47_who_sends_to_its_own_queue_may_call_itself(variant: Assembly) -> None:
    """Lambda stops a function that calls itself by its own messages, but for those that are made so.

    Slices continue, and throttled messages are sent anew.
    """
    allowed = {
        function.physical_name
        for function in variant.resources(FUNCTION)
        if "Allow" == function.properties.get("RecursiveLoop")
    }

    sending = [
        name
        for name, kind in settings.FUNCTIONS.items()
        if issubclass(kind, settings.FixitySettings | settings.SweepSettings | settings.ReportSettings)
    ]
    assert {function_name(variant.settings.name, name) for name in sending} == allowed


def test_rules_deliver_to_their_queue_alone(variant: Assembly) -> None:
    """A queue takes messages of EventBridge only from its own rule, and so does its dead-letter queue."""
    rules = [
        rule for rule in variant.resources("AWS::Events::Rule") if "DeadLetterConfig" in rule.properties["Targets"][0]
    ]
    allowed = {
        variant.resolve(policy.layer, policy.properties["Queues"][0]): variant.resolve(
            policy.layer, statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        )
        for policy, statement in _senders(variant, "events.amazonaws.com")
    }
    delivered = {}
    for rule in rules:
        (target,) = rule.properties["Targets"]
        for arn in (target["Arn"], target["DeadLetterConfig"]["Arn"]):
            delivered[variant.resolve(rule.layer, arn)] = f"Events::Rule:{rule.logical_id}"

    assert 10 == len(delivered)
    assert delivered == allowed


def test_s3_reports_replications_to_their_queue_alone(variant: Assembly) -> None:
    """S3 may write to one queue, for buckets of this account and environment only."""
    prefix = variant.settings.bucket_prefix
    allowed = [
        (variant.resolve(policy.layer, policy.properties["Queues"][0]), statement["Action"], statement["Condition"])
        for policy, statement in _senders(variant, "s3.amazonaws.com")
    ]

    assert [
        (
            f"SQS::Queue:duracloud-{variant.settings.name}-replication-events",
            "sqs:SendMessage",
            {
                "StringEquals": {"aws:SourceAccount": variant.settings.account},
                "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{prefix}-*"},
            },
        )
    ] == allowed


def test_resources_are_tagged(variant: Assembly) -> None:
    """Buckets, queues and functions say what they belong to, and have the tags of the settings."""
    tags = {"Application": "DuraCloud", "Environment": variant.settings.name}
    tags |= dict(split_tag(tag) for tag in variant.settings.tags)
    for resource in variant.resources(BUCKET, QUEUE, FUNCTION):
        assert tags == {tag["Key"]: tag["Value"] for tag in resource.properties["Tags"]}


def test_the_variant_differs_only_where_it_should() -> None:
    """The variant of the tests is prod with a customer key, provisioned tables and a prefix of several parts."""
    variant, prod = settings_of("customer-key"), load_settings("prod")

    assert prod.name == variant.name
    assert variant.encryption.customer_key
    assert variant.tables.provisioned
