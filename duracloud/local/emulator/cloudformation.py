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


def _create_tables_completely() -> None:
    """CloudFormation of AWS applies a table's time to live and point-in-time recovery; the emulator's drops both."""
    for kind in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        handler = provisioners._RESOURCE_HANDLERS[kind]
        for verb in ("create", "update"):
            if verb in handler:
                handler[verb] = _with_table_settings(handler[verb])


def _with_table_settings(provision: Callable[..., Any]) -> Callable[..., Any]:
    def provisioned(*args: Any, **kwargs: Any) -> Any:
        answer = provision(*args, **kwargs)
        # The last dictionary is what the template says now, whether it creates or updates.
        properties = next(arg for arg in reversed(args) if isinstance(arg, dict))
        name = answer[0]
        replicas = properties.get("Replicas") or [{}]
        expiry = properties.get("TimeToLiveSpecification")
        recovery = properties.get("PointInTimeRecoverySpecification") or replicas[0].get(
            "PointInTimeRecoverySpecification"
        )
        if expiry:
            dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": expiry})
        if recovery:
            dynamodb._update_continuous_backups({"TableName": name, "PointInTimeRecoverySpecification": recovery})
        return answer

    return provisioned


def _create_buckets_completely() -> None:
    """CloudFormation of AWS applies all properties of a bucket; the emulator's knows a few of them."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    for verb in ("create", "update"):
        handler[verb] = _with_bucket_settings(handler[verb])


def _with_bucket_settings(provision: Callable[..., Any]) -> Callable[..., Any]:
    def provisioned(*args: Any, **kwargs: Any) -> Any:
        answer = provision(*args, **kwargs)
        properties = next(arg for arg in reversed(args) if isinstance(arg, dict))
        for store, operation, member, value in _bucket_settings(properties):
            status = store(answer[0], _request_body(operation, {"Bucket": answer[0], member: value}))[0]
            if status >= HTTPStatus.BAD_REQUEST:
                raise ValueError(f"{operation} of {answer[0]} was refused: {value}")
        return answer

    return provisioned


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
            yield (
                s3._put_bucket_encryption,
                "PutBucketEncryption",
                "ServerSideEncryptionConfiguration",
                {"Rules": rules},
            )
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


def _create_groups() -> None:
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


def _take_alarms_on_expressions() -> None:
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


def mend() -> None:
    """Close the gaps."""
    _create_tables_completely()
    _create_buckets_completely()
    _create_groups()
    _take_alarms_on_expressions()
