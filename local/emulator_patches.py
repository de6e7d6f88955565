"""Everything the project knows of the emulator's internals: the gaps that we close in ministack 1.5.33.

Runs inside the emulator's process. Each function closes one gap and says what AWS does by itself. Each gap has a test
in `tests/local` that fails when a new version of the emulator moves things.
"""

import asyncio
import asyncio.constants
import contextvars
import copy
import functools
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Final

import botocore.serialize
import botocore.session
from ministack import app
from ministack.core import iam_actions, lambda_runtime, persistence
from ministack.core.responses import error_response_json, error_response_xml, request_scope
from ministack.services import cloudwatch, dynamodb, eventbridge, iam, lambda_svc, s3, sqs
from ministack.services.cloudformation import provisioners

from local.faults import CALLER, PATH, Fault, FaultPlan

_log = logging.getLogger("duracloud")
_EXPIRY_TICK_SECONDS: Final = 1.0
_METRICS_TICK_SECONDS: Final = 2.0
_SAVE_TICK_SECONDS: Final = 10.0
_EXPIRING: Final[contextvars.ContextVar[bool]] = contextvars.ContextVar("expiring", default=False)
_READER: Final[contextvars.ContextVar[dict[str, Any] | None]] = contextvars.ContextVar("reader", default=None)
_VERSION_ID: Final[contextvars.ContextVar[str | None]] = contextvars.ContextVar("version_id", default=None)

_REPLICATED_AS: Final[contextvars.ContextVar[str | None]] = contextvars.ContextVar("replicated_as", default=None)
_PLAN: Final = FaultPlan()
_HOLD_TICK_SECONDS: Final = 0.05

Row = dict[str, Any]


def apply() -> None:
    """Close all gaps. Call it once, before the emulator serves."""
    _create_tables_completely()
    _create_buckets_completely()
    _create_groups()
    _authorize_batches_of_messages()
    _tell_policies_of_conditional_writes()
    _move_messages_back()
    _expire_rows_as_a_service()
    _tell_versions_in_events()
    _read_versions_from_disk()
    _give_replicas_the_version_of_their_source()
    _keep_inventory_configurations()
    _note_readers_of_streams()
    _deliver_streams_as_described()
    _publish_the_age_of_streams()
    _keep_streams_over_a_restart()
    _read_metrics_from_logs()
    _take_alarms_on_expressions()
    _evaluate_alarms_as_described()
    _serve_one_port()
    _show_faults_on_order()


def start_ticks() -> None:
    """Start what goes on by itself: expiry, queue metrics with alarms, saving."""
    _every(_EXPIRY_TICK_SECONDS, _expire_rows)
    _every(_METRICS_TICK_SECONDS, _measure_and_evaluate)
    if persistence.PERSIST_STATE:
        _every(_SAVE_TICK_SECONDS, _save)


def _every(seconds: float, act: Callable[[], None]) -> None:
    def run() -> None:
        while True:
            time.sleep(seconds)
            try:
                act()
            except Exception:  # noqa: BLE001 (whatever one tick meets, the next one comes)
                _log.exception("a tick failed: %s", act.__name__)

    threading.Thread(target=run, daemon=True, name=act.__name__).start()


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
        yield (
            s3._put_bucket_lifecycle,
            "PutBucketLifecycleConfiguration",
            "LifecycleConfiguration",
            {"Rules": rules},
        )


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


def _authorize_batches_of_messages() -> None:
    """IAM knows no batch actions of SQS: whoever may send a message may send ten; the emulator asks for the batch."""
    batches = {f"{name}Batch": name for name in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")}
    for reader in ("_action_from_target", "_action_from_query"):
        read = getattr(iam_actions, reader)

        def without_batch(*args: Any, read: Callable[..., str | None] = read) -> str | None:
            action = read(*args)
            return batches.get(action, action) if action else action

        setattr(iam_actions, reader, without_batch)


def _tell_policies_of_conditional_writes() -> None:
    """S3 hands the condition of a write to policies as `s3:if-none-match`; the emulator does not know this key."""
    context_of = iam_actions._s3_object_context

    def with_condition(action: str, query: Row, path: str, headers: Row) -> Row:
        context = context_of(action, query, path, headers)
        condition = headers.get("if-none-match")
        return {**context, "s3:if-none-match": condition} if condition and action == "s3:PutObject" else context

    iam_actions._s3_object_context = with_condition


def _move_messages_back() -> None:
    """SQS moves what was set aside back to the queue that it came from; the emulator does not know the call."""

    def move(data: Row, _url: str) -> Row:
        with sqs._queues_lock:
            source = sqs._queue_by_arn(data["SourceArn"])
            if source is None:
                raise sqs._Err("ResourceNotFoundException", "The resource that you specified does not exist.", 404)
            messages, source["messages"] = source["messages"], []
            for message in messages:
                came_from = message["sys"].pop("DeadLetterQueueSourceArn", "")
                target = sqs._queue_by_arn(data.get("DestinationArn") or came_from)
                target["messages"].append(
                    {**message, "receipt_handle": None, "receive_count": 0, "visible_at": time.time()}
                )
        sqs.esm_wake.set()
        return {"TaskHandle": "moved"}

    sqs._HANDLERS["StartMessageMoveTask"] = move


def _expire_rows_as_a_service() -> None:
    """DynamoDB's stream names the service that removed an expired row; the emulator's leaves no record at all."""
    build, remove = dynamodb._build_change_record, dynamodb._remove_item

    def build_with_identity(*args: Any, **kwargs: Any) -> Row:
        record: Row = build(*args, **kwargs)
        if _EXPIRING.get():
            record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
        return record

    def remove_unless_reaper(table: Row, partition: Any, sort: Any) -> Any:
        if threading.current_thread().name == "dynamodb-ttl-reaper":
            return None
        return remove(table, partition, sort)

    dynamodb._build_change_record = build_with_identity
    dynamodb._remove_item = remove_unless_reaper


def _expire_rows() -> None:
    now = time.time()
    for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
        table = dynamodb._tables.get_scoped(account, region, name)
        attribute = setting.get("AttributeName")
        if table is None or setting.get("TimeToLiveStatus") != "ENABLED":
            continue
        with request_scope(account, region), dynamodb._lock:
            for partition, sort in list(_expired(table, attribute, now)):
                old = dynamodb._remove_item(table, partition, sort)
                expiring = _EXPIRING.set(True)
                try:
                    dynamodb._emit_stream_event(name, "REMOVE", old, None)
                finally:
                    _EXPIRING.reset(expiring)


def _expired(table: Row, attribute: str, now: float) -> Iterator[tuple[Any, Any]]:
    for partition, rows in table["items"].items():
        for sort, item in rows.items():
            value = item.get(attribute, {}).get("N")
            if value is not None and float(value) <= now:
                yield partition, sort


def _tell_versions_in_events() -> None:
    """EventBridge's S3 events name the version, and say neither size nor ETag of a deletion."""
    fire, dispatch = s3._fire_s3_event, eventbridge._dispatch_event

    def fire_with_version(*args: Any, **kwargs: Any) -> None:
        token = _VERSION_ID.set(kwargs.get("version_id"))
        try:
            fire(*args, **kwargs)
        finally:
            _VERSION_ID.reset(token)

    def dispatch_with_version(event: Row, *args: Any, **kwargs: Any) -> Any:
        if event.get("Source") == "aws.s3":
            detail = json.loads(event["Detail"])
            if version_id := _VERSION_ID.get():
                detail["object"]["version-id"] = version_id
            if event["DetailType"] == "Object Deleted":
                detail["object"].pop("size", None)
                detail["object"].pop("etag", None)
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, *args, **kwargs)

    s3._fire_s3_event = fire_with_version
    eventbridge._dispatch_event = dispatch_with_version


def _read_versions_from_disk() -> None:
    """S3 reads every version from its disks; the emulator reads a version that is asked for by its id from memory.

    Reading the current version from disk whichever way it is asked for makes a bit flipped on the disk show.
    HeadObject with a part number tells the size of that part; the emulator's does so for GetObject only.
    """
    head, get = s3._head_object, s3._get_object

    def without_current(bucket: str, key: str, query: Row | None) -> Row:
        found = dict(query or {})
        current = (s3._buckets.get(bucket) or {}).get("objects", {}).get(key) or {}
        if s3._qp(found, "versionId", "") == current.get("version_id"):
            found.pop("versionId", None)
        return found

    def get_from_disk(bucket: str, key: str, headers: Row, query_params: Row | None = None) -> Any:
        return get(bucket, key, headers, without_current(bucket, key, query_params))

    def head_from_disk(bucket: str, key: str, headers: Row | None = None, query_params: Row | None = None) -> Any:
        query = without_current(bucket, key, query_params)
        answer = head(bucket, key, headers, query)
        if answer[0] != HTTPStatus.OK or not query.get("partNumber"):
            return answer
        status, part_headers, _ = get(bucket, key, headers or {}, query)
        return (status, part_headers, b"") if status == HTTPStatus.PARTIAL_CONTENT else answer

    s3._get_object = get_from_disk
    s3._head_object = head_from_disk


def _give_replicas_the_version_of_their_source() -> None:
    """S3 gives a replica the version id of its source; the emulator makes one of its own for each.

    The emulator writes the replica first, so the source takes the id that the replica was given.
    """
    record, new_id = s3._record_object_version, s3.new_uuid

    def record_like_replica(bucket: str, key: str, prior: Row | None, written: Row, data: Any) -> Any:
        replica = written.get("_replica")
        token = _REPLICATED_AS.set(replica[1] if replica else None)
        try:
            return record(bucket, key, prior, written, data)
        finally:
            _REPLICATED_AS.reset(token)

    s3._record_object_version = record_like_replica
    s3.new_uuid = lambda: _REPLICATED_AS.get() or new_id()


def _keep_inventory_configurations() -> None:
    """S3 keeps a bucket's inventory configurations; the emulator takes the call for another and drops what it says."""
    dispatch = s3._dispatch
    kept = s3._PERSISTED_BUCKET_DICTS.setdefault("duracloud_inventories", s3.AccountScopedDict())

    def dispatch_inventory(method: str, bucket: str, key: str, *rest: Any) -> Any:
        _, body, query_params = rest
        if bucket not in s3._buckets:
            # A new bucket has nothing of an old one of that name.
            kept.pop(bucket, None)
        if key or "inventory" not in query_params or bucket not in s3._buckets:
            return dispatch(method, bucket, key, *rest)
        inventories = kept.setdefault(bucket, {})
        name = s3._qp(query_params, "id", "")
        if method in ("PUT", "DELETE"):
            inventories.pop(name, None)
            if method == "PUT":
                inventories[name] = body.decode()
            return HTTPStatus.NO_CONTENT.value, {}, b""
        if not name:
            found = "".join(inventories.values())
            answer = f"<ListInventoryConfigurationsResult>{found}</ListInventoryConfigurationsResult>"
            return HTTPStatus.OK.value, {"Content-Type": "application/xml"}, answer.encode()
        if name not in inventories:
            return s3._error("NoSuchConfiguration", "The specified configuration does not exist.", 404, f"/{bucket}")
        return HTTPStatus.OK.value, {"Content-Type": "application/xml"}, inventories[name].encode()

    s3._dispatch = dispatch_inventory


def _note_readers_of_streams() -> None:
    """Lambda's readers of a stream know nothing of each other; the emulator looks at one after the other.

    The one that it has come to is noted, for what follows.
    """
    poll, mappings = lambda_svc._poll_dynamodb_streams, lambda_svc._iter_all_esms

    def poll_one_after_the_other() -> Any:
        _READER.set({})
        return poll()

    def poll_streams() -> bool:
        # Whatever is noted in a copy of the context ends with it.
        return bool(contextvars.copy_context().run(poll_one_after_the_other))

    def mappings_and_note() -> Iterator[tuple[str, str, Row]]:
        for account, region, mapping in mappings():
            if _READER.get() is not None:
                _READER.set(mapping)
            yield account, region, mapping

    lambda_svc._poll_dynamodb_streams = poll_streams
    lambda_svc._iter_all_esms = mappings_and_note


def _deliver_streams_as_described() -> None:
    """Lambda waits for a batch to fill, halves one that fails, retries a single record and then sets it aside.

    The emulator hands over at once and tries a batch that fails for ever. AWS pauses longer between attempts than the
    emulator's second.
    """
    read, execute = dynamodb.stream_records_since, lambda_svc._execute_function
    sizes: dict[str, int] = {}
    attempts: dict[str, int] = {}

    def read_when_full(table_name: str, position: int, limit: int, **kwargs: Any) -> list[Row]:
        found: list[Row] = read(table_name, position, limit, **kwargs)
        mapping = _READER.get()
        if not found or not mapping:
            return found
        age = time.time() - float(found[0]["dynamodb"]["ApproximateCreationDateTime"])
        if len(found) < limit and age < mapping.get("MaximumBatchingWindowInSeconds", 0):
            return []
        return found[: sizes.get(mapping["UUID"], limit)]

    def execute_batch(func: Row, event: Row) -> Row:
        result: Row = execute(func, event)
        mapping = _READER.get()
        if not mapping or event["Records"][0].get("eventSource") != "aws:dynamodb":
            return result
        records = event["Records"]
        reader = mapping["UUID"]
        if not result.get("error"):
            sizes.pop(reader, None)
            attempts.pop(reader, None)
        elif len(records) > 1 and mapping.get("BisectBatchOnFunctionError"):
            sizes[reader] = len(records) // 2
        else:
            attempts[reader] = attempts.get(reader, 0) + 1
            if 0 <= mapping.get("MaximumRetryAttempts", -1) < attempts[reader]:
                arn, reason = mapping["EventSourceArn"], "RetryAttemptsExhausted"
                lambda_svc._send_ddb_stream_failure_record(mapping, func, records, arn, result, reason)
                sizes.pop(reader, None)
                attempts.pop(reader)
                return {"body": None}
        return result

    dynamodb.stream_records_since = read_when_full
    lambda_svc._execute_function = execute_batch


def _publish_the_age_of_streams() -> None:
    """Lambda publishes how old the newest record is of each batch that it hands over; the emulator does not."""
    execute = lambda_svc._execute_function

    def execute_and_publish(func: Row, event: Row) -> Row:
        if _READER.get() and event["Records"][0].get("eventSource") == "aws:dynamodb":
            age = time.time() - float(event["Records"][-1]["dynamodb"]["ApproximateCreationDateTime"])
            dimensions = {"FunctionName": func["config"]["FunctionName"]}
            cloudwatch.record_metric("AWS/Lambda", "IteratorAge", age * 1000, "Milliseconds", dimensions)
        return dict(execute(func, event))

    lambda_svc._execute_function = execute_and_publish


def _keep_streams_over_a_restart() -> None:
    """DynamoDB keeps the records of a stream for 24 hours; the emulator keeps its readers' places, not the records."""
    get_state, load_table_state, load_all = dynamodb.get_state, dynamodb.load_persisted_state, app._load_persisted_state
    streams = {"stream_records": dynamodb._stream_records, "stream_trimmed": dynamodb._stream_trimmed}

    def get_with_streams() -> Row:
        with dynamodb._lock:
            return {**get_state(), **copy.deepcopy(streams)}

    def load_with_streams(data: Row) -> None:
        load_table_state(data)
        for name, stream in streams.items():
            stream.update(data.get(name, {}))

    def load_and_compare() -> None:
        load_all()
        # After a crash a reader's place may be newer than the records: what comes next must not be skipped.
        for account, region, mapping in lambda_svc._iter_all_esms():
            table, reader = mapping.get("EventSourceArn", "").partition(":table/")[2].partition("/")[0], mapping["UUID"]
            with request_scope(account, region):
                places = lambda_svc._dynamodb_stream_positions
                if table and reader in places:
                    places[reader] = min(places[reader], dynamodb.stream_end_position(table))

    dynamodb.get_state = get_with_streams
    dynamodb.load_persisted_state = load_with_streams
    app._load_persisted_state = load_and_compare


def _read_metrics_from_logs() -> None:
    """CloudWatch makes metrics of log lines in the embedded metric format; the emulator keeps them as text."""
    emit = lambda_svc._emit_lambda_logs

    def emit_and_read(func: Row, request_id: str, log_text: str, *args: Any, **kwargs: Any) -> None:
        emit(func, request_id, log_text, *args, **kwargs)
        for line in log_text.splitlines():
            if '"_aws"' in line:
                _record_embedded(line[line.index("{") :])

    lambda_svc._emit_lambda_logs = emit_and_read


def _record_embedded(line: str) -> None:
    try:
        document = json.loads(line)
        for directive in document["_aws"]["CloudWatchMetrics"]:
            dimensions = {name: document[name] for name in directive["Dimensions"][0]}
            for metric in directive["Metrics"]:
                values = document[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    cloudwatch.record_metric(
                        directive["Namespace"], metric["Name"], value, metric.get("Unit", "None"), dimensions
                    )
    except (ValueError, KeyError, TypeError):
        _log.warning("a log line with '_aws' is not in the embedded metric format")


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


def _evaluate_alarms_as_described() -> None:
    """CloudWatch looks at the alarm's own dimensions, at each of its periods, and treats missing data as told.

    The emulator does none of that. Periods end now, not at the full minute, and what is missing is missing at once:
    AWS waits for late data.
    """
    cloudwatch._evaluate_alarm = _evaluate_alarm


_BREACHES: Final[dict[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
# What a period without data says: breaching or not; nothing for treatments that leave it out.
_MISSING: Final = {"notBreaching": False, "breaching": True}
_OVER: Final[dict[str, Callable[[list[float]], float]]] = {"SUM": sum, "MAX": max}


def _evaluate_alarm(alarm: Row) -> None:
    queries = alarm.get("Metrics") or []
    stats = {query["Id"]: query["MetricStat"] for query in queries if "MetricStat" in query}
    period = next(iter(stats.values()))["Period"] if stats else alarm.get("Period", 60)
    now = time.time()
    ends = [now - number * period for number in range(alarm.get("EvaluationPeriods", 1))]
    if stats:
        expression = next(query["Expression"] for query in queries if "Expression" in query)
        values = [_math(expression, stats, end) for end in ends]
    else:
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
        plain = {"Metric": alarm, "Stat": statistic, "Period": period}
        values = [_value(plain, end) for end in ends]
    state = _state(alarm, values)
    reason = f"Threshold Crossed: {values} {alarm['ComparisonOperator']} {alarm['Threshold']}"
    old = alarm["StateValue"]
    if state is not None and state != old:
        alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": int(now)}
        cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
        cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)


def _state(alarm: Row, values: list[float | None]) -> str | None:
    """Return the state that the values of an alarm's periods make, None where it stays what it is."""
    treatment = alarm.get("TreatMissingData", "missing")
    breaches = _BREACHES[alarm["ComparisonOperator"]]
    verdicts = [_MISSING.get(treatment) if value is None else breaches(value, alarm["Threshold"]) for value in values]
    if all(verdict is None for verdict in verdicts):
        return "INSUFFICIENT_DATA" if treatment == "missing" else None
    return "ALARM" if all(verdict is not False for verdict in verdicts) else "OK"


def _value(stat: Row, end: float) -> float | None:
    """Return a metric's statistic over the period that ends at a time, None where there is no data."""
    metric = stat["Metric"]
    wanted = {entry["Name"]: entry["Value"] for entry in metric.get("Dimensions") or []}
    points = [
        point
        for (namespace, name, _), bucket in list(cloudwatch._metrics.items())
        if (namespace, name) == (metric["Namespace"], metric["MetricName"])
        for point in list(bucket)
        if point["Dimensions"] == wanted and end - stat["Period"] < point["Timestamp"] <= end
    ]
    if not points:
        return None
    value: float | None = cloudwatch._stat_value(cloudwatch._calc_stats(points), stat["Stat"], points)
    return value


def _math(expression: str, stats: dict[str, Row], end: float) -> float | None:
    """Return what `SUM([a, b])` or `MAX([a, b])` makes of those metrics that have data."""
    name, _, ids = expression.removesuffix("])").partition("([")
    values = [_value(stats[metric_id.strip()], end) for metric_id in ids.split(",")]
    known = [value for value in values if value is not None]
    return _OVER[name](known) if known else None


def _serve_one_port() -> None:
    """With TLS on, the emulator would also take port 443 of this machine, and would wait half a minute at its end."""
    app._port_is_bindable = lambda *_: False
    # What clients hold open is not waited for.
    asyncio.constants.SSL_SHUTDOWN_TIMEOUT = 0.5


def _show_faults_on_order() -> None:
    """AWS fails by itself; the emulator fails, loses records and kills functions when it is told to."""
    dispatch = app._dispatch_service_request
    orders: dict[str, Callable[[Row], Any]] = {
        "add": lambda order: _PLAN.add(Fault(**{**order["fault"], "within": tuple(order["fault"]["within"])})),
        "met": lambda order: _PLAN.met(order["name"]),
        "withdraw": lambda order: _PLAN.withdraw(order["name"]),
        "kill": lambda order: _kill_workers(order["function"]),
        "lose-stream": lambda order: _lose_stream_records(order["table"]),
    }

    async def dispatch_or_fail(method: str, path: str, headers: Row, body: bytes, *rest: Any) -> Any:
        if path == PATH:
            order = json.loads(body)
            answer = json.dumps(orders[order["order"]](order))
            return HTTPStatus.OK.value, {"Content-Type": "application/json"}, answer.encode()
        found = None
        if CALLER in headers.get("user-agent", ""):
            parameters = app._routing_params(method, path, headers, body, rest[0])
            service = app.detect_service(method, path, headers, parameters)
            action = iam_actions.extract_iam_action(service, method, path, headers, body, parameters) or ""
            found = _PLAN.next(action, f"{path}\n{body.decode(errors='replace')}")
        if found is None:
            return await dispatch(method, path, headers, body, *rest)
        name, fault = found
        answer = _error(service, fault) if fault.code else await dispatch(method, path, headers, body, *rest)
        while fault.hold and _PLAN.stands(name):  # noqa: ASYNC110 (the plan knows no event loop)
            await asyncio.sleep(_HOLD_TICK_SECONDS)
        return answer

    app._dispatch_service_request = dispatch_or_fail


def _error(service: str, fault: Fault) -> Any:
    text = "ordered by a drill"
    if service == "s3":
        return s3._error(fault.code, text, fault.status)
    if service == "sns":
        return error_response_xml(fault.code, text, fault.status)
    return error_response_json(fault.code, text, fault.status)


def _kill_workers(function: str) -> int:
    with lambda_runtime._lock:
        workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
    at_work = [worker for worker in workers if worker.func_name == function and worker.in_use and worker._proc]
    for worker in at_work:
        worker._proc.kill()
    return len(at_work)


def _lose_stream_records(table: str) -> int:
    with dynamodb._lock:
        records = dynamodb._stream_records.get(table) or []
        lost = len(records)
        dynamodb._stream_trimmed[table] = dynamodb._stream_trimmed.get(table, 0) + lost
        records.clear()
    return lost


def _measure_and_evaluate() -> None:
    """SQS publishes the depth and age of its queues and CloudWatch evaluates all alarms every minute, unasked."""
    scopes = set()
    with sqs._queues_lock:
        for (account, region, url), queue in list(sqs._queues.all_items()):
            scopes.add((account, region))
            sqs._refresh_counts(queue)
            attributes = queue["attributes"]
            dimensions = {"QueueName": url.rsplit("/", 1)[-1]}
            arrivals = [entry.get("enqueued_at", entry["sent_at"]) for entry in queue["messages"]]
            age = time.time() - min(arrivals) if arrivals else 0.0
            with request_scope(account, region):
                for metric, attribute in (
                    ("ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessages"),
                    ("ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesNotVisible"),
                ):
                    value = float(attributes.get(attribute, 0))
                    cloudwatch.record_metric("AWS/SQS", metric, value, "Count", dimensions)
                cloudwatch.record_metric("AWS/SQS", "ApproximateAgeOfOldestMessage", age, "Seconds", dimensions)
    for account, region in scopes:
        with request_scope(account, region):
            cloudwatch._evict_old_metrics()
            cloudwatch._evaluate_all_alarms()


def _save() -> None:
    """AWS does not forget; the emulator writes its state only when it is stopped in good order."""
    persistence.save_all(app._build_persistence_save_dict())
