"""What CloudFormation of AWS applies and the emulator's drops."""

import functools
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import botocore.serialize
import botocore.session
from ministack.services import dynamodb, iam, s3
from ministack.services.cloudformation import provisioners

from duracloud.local.emulator.common import Row


def _apply_after_provisioning(kind: str, apply: Callable[[str, Row], None]) -> None:
    """Have `apply` called with the name and the properties of each resource that a template makes or updates."""
    handler = provisioners._RESOURCE_HANDLERS[kind]

    def completed(provision: Callable[..., Any]) -> Callable[..., Any]:
        def provisioned(*args: Any, **kwargs: Any) -> Any:
            answer = provision(*args, **kwargs)
            # The last dictionary is what the template says now, whether it creates or updates.
            apply(answer[0], next(arg for arg in reversed(args) if isinstance(arg, dict)))
            return answer

        return provisioned

    handler |= {verb: completed(handler[verb]) for verb in ("create", "update") if verb in handler}


def create_tables_completely() -> None:
    """CloudFormation of AWS applies a table's time to live, point-in-time recovery and protection from deletion.

    The emulator's drops all three of a global table, and deletes protected tables.
    """

    def apply(name: str, properties: Row) -> None:
        replicas = properties.get("Replicas") or [{}]
        recovery_key = "PointInTimeRecoverySpecification"
        if expiry := properties.get("TimeToLiveSpecification"):
            dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": expiry})
        if recovery := properties.get(recovery_key) or replicas[0].get(recovery_key):
            dynamodb._update_continuous_backups({"TableName": name, recovery_key: recovery})
        if "Replicas" in properties:
            protected = replicas[0].get("DeletionProtectionEnabled", False)
            dynamodb._tables[name]["DeletionProtectionEnabled"] = protected

    for kind in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        _apply_after_provisioning(kind, apply)
        _refuse_to_delete_protected_tables(provisioners._RESOURCE_HANDLERS[kind])


def _refuse_to_delete_protected_tables(handler: Row) -> None:
    delete = handler["delete"]

    def delete_unprotected(name: str, *args: Any) -> Any:
        if (dynamodb._tables.get(name) or {}).get("DeletionProtectionEnabled"):
            raise ValueError(f"Table {name} is protected against deletion")
        return delete(name, *args)

    handler["delete"] = delete_unprotected


def create_buckets_completely() -> None:
    """CloudFormation of AWS applies all properties of a bucket; the emulator's knows a few of them."""

    def apply(name: str, properties: Row) -> None:
        for store, operation, member, value in _bucket_settings(properties):
            status = store(name, _request_body(operation, {"Bucket": name, member: value}))[0]
            if status >= HTTPStatus.BAD_REQUEST:
                raise ValueError(f"{operation} of {name} was refused: {value}")

    _apply_after_provisioning("AWS::S3::Bucket", apply)


def _bucket_settings(properties: Row) -> Iterator[tuple[Callable[[str, bytes], Any], str, str, Row]]:
    """Translate a template's properties into the operations of S3's own API."""
    if tags := properties.get("Tags"):
        yield s3._put_bucket_tagging, "PutBucketTagging", "Tagging", {"TagSet": tags}
    if encryption := properties.get("BucketEncryption"):
        rules = [
            {
                "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
                "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
            }
            for rule in encryption["ServerSideEncryptionConfiguration"]
        ]
        # Without a key's id S3 takes the key that AWS manages; the emulator would refuse every upload.
        if not any(_uses_managed_key(rule["ApplyServerSideEncryptionByDefault"]) for rule in rules):
            member = "ServerSideEncryptionConfiguration"
            yield s3._put_bucket_encryption, "PutBucketEncryption", member, {"Rules": rules}
    if ownership := properties.get("OwnershipControls"):
        yield s3._put_bucket_ownership_controls, "PutBucketOwnershipControls", "OwnershipControls", ownership
    if logging_to := properties.get("LoggingConfiguration"):
        target = {
            "TargetBucket": logging_to["DestinationBucketName"],
            "TargetPrefix": logging_to.get("LogFilePrefix", ""),
        }
        yield s3._put_bucket_logging, "PutBucketLogging", "BucketLoggingStatus", {"LoggingEnabled": target}
    if lifecycle := properties.get("LifecycleConfiguration"):
        rules = [_lifecycle_rule(rule) for rule in lifecycle["Rules"]]
        yield (s3._put_bucket_lifecycle, "PutBucketLifecycleConfiguration", "LifecycleConfiguration", {"Rules": rules})


def _uses_managed_key(encryption: Row) -> bool:
    return encryption["SSEAlgorithm"].startswith("aws:kms") and "KMSMasterKeyID" not in encryption


def _lifecycle_rule(rule: Row) -> Row:
    found: Row = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if days := rule.get("ExpirationInDays"):
        found["Expiration"] = {"Days": days}
    elif rule.get("ExpiredObjectDeleteMarker"):
        found["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if transitions := rule.get("Transitions"):
        found["Transitions"] = [
            {"Days": entry["TransitionInDays"], "StorageClass": entry["StorageClass"]} for entry in transitions
        ]
    for name in ("AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"):
        if name in rule:
            found[name] = rule[name]
    return found


@functools.cache
def _s3_model() -> Any:
    return botocore.session.get_session().get_service_model("s3")


def _request_body(operation: str, parameters: Row) -> bytes:
    serializer = botocore.serialize.create_serializer("rest-xml", include_validation=False)
    body = serializer.serialize_to_request(parameters, _s3_model().operation_model(operation))["body"]
    return bytes(body)


def create_groups() -> None:
    """CloudFormation of AWS makes IAM groups; the emulator's knows groups only through IAM's own calls."""

    def attach(name: str, arns: list[str], act: Callable[[Row], Any]) -> None:
        for arn in arns:
            act({"GroupName": name, "PolicyArn": arn})

    def create(logical_id: str, props: Row, stack_name: str) -> tuple[str, Row]:
        name = props.get("GroupName") or f"{stack_name}-{logical_id}"
        iam._create_group({"GroupName": name, "Path": props.get("Path", "/")})
        attach(name, props.get("ManagedPolicyArns", []), iam._attach_group_policy)
        return name, {"Arn": iam._groups[name]["Arn"]}

    def update(physical_id: str, old: Row, new: Row, _stack_name: str) -> tuple[str, Row]:
        attach(physical_id, old.get("ManagedPolicyArns", []), iam._detach_group_policy)
        attach(physical_id, new.get("ManagedPolicyArns", []), iam._attach_group_policy)
        return physical_id, {"Arn": iam._groups[physical_id]["Arn"]}

    def delete(physical_id: str, props: Row) -> None:
        attach(physical_id, props.get("ManagedPolicyArns", []), iam._detach_group_policy)
        iam._delete_group({"GroupName": physical_id})

    provisioners._RESOURCE_HANDLERS["AWS::IAM::Group"] = {"create": create, "update": update, "delete": delete}


def take_alarms_on_expressions() -> None:
    """CloudFormation of AWS makes alarms on metric math; the emulator's refuses them."""
    record = provisioners._cw_metric_alarm_record

    def record_with_queries(name: str, props: Row) -> Row:
        queries = props.get("Metrics")
        if not queries:
            return dict(record(name, props))
        first = next(query["MetricStat"] for query in queries if "MetricStat" in query)
        plain = {**props, "Metrics": [], "MetricName": "-", "Namespace": "-", "Period": first["Period"]}
        return {**record(name, plain), "Metrics": queries, "MetricName": "", "Namespace": ""}

    provisioners._cw_metric_alarm_record = record_with_queries
