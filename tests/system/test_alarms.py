import datetime as dt
import json
import time
from contextlib import ExitStack

import pytest

from duracloud.local.service import Service
from duracloud.local.watching import eventually
from runtime.contract import METRIC_NAMESPACE
from runtime.counts import COUNTS
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import s3_event
from tests.support.captured import captured
from tests.support.fakes import Happening

pytestmark = pytest.mark.system
PREFIX = "duracloud-local-"
OF_A_SWEEP = {"overdue-share", *(counted.alarm.name for counted in COUNTS.values() if counted.alarm)}

# What cannot be brought to happen in the emulator, and why. Of these alarms it is shown that they speak, once what AWS
# would publish is published under the alarm's own namespace and dimensions: by hand, which AWS allows nobody.
NOT_HERE = {
    **{
        f"{what}-throttles-{table}": "the emulator's tables have no limit of capacity"
        for what in ("read", "write")
        for table in ("checksums", "schedule")
    },
    **{
        f"partition-throttles-{table}": "the emulator's tables have no limit of capacity"
        for table in ("checksums", "schedule")
    },
    **{f"system-errors-{table}": "the emulator's tables do not fail inside" for table in ("checksums", "schedule")},
    **{f"latency-{table}": "the emulator does not measure its tables" for table in ("checksums", "schedule")},
    **{f"write-units-{table}": "the emulator does not measure its tables" for table in ("checksums", "schedule")},
    "verification-concurrency": "the emulator does not publish how many invocations run at the same time",
    "failed-exports": "the emulator's exports never fail",
}


@pytest.fixture(scope="module")
def service(own_service: Service) -> Service:
    """A service of its own: these tests break it. They follow each other, and what they did is seen at the end."""

    def unknown() -> list[str]:
        # An alarm that keeps its state without data has none until there is some.
        return [
            alarm["AlarmName"]
            for alarm in own_service.all_alarms()
            if alarm["StateValue"] == "INSUFFICIENT_DATA" and alarm["TreatMissingData"] != "ignore"
        ]

    eventually(unknown, lambda names: not names)
    return own_service


@pytest.fixture(scope="module")
def seen() -> set[str]:
    return set()


def _dead_letters(service: Service) -> dict[str, str]:
    found = service.sqs.get_paginator("list_queues").paginate(QueueNamePrefix=PREFIX)
    urls = [url for page in found for url in page.get("QueueUrls", [])]
    names = {url.rpartition("/")[2].removeprefix(PREFIX): url for url in urls}
    return {name: url for name, url in names.items() if name.endswith(("-dlq", "-failures"))}


def _streaming(service: Service) -> set[str]:
    mappings = service.lambda_.list_event_source_mappings()["EventSourceMappings"]
    return {
        mapping["FunctionArn"].rpartition(":")[2].removeprefix(PREFIX)
        for mapping in mappings
        if ":dynamodb:" in mapping["EventSourceArn"]
    }


def _expect(service: Service, seen: set[str], wanted: set[str], seconds: float = 60) -> None:
    """Wait until alarms are in ALARM, and note them."""
    names = {f"{PREFIX}{name}" for name in wanted}
    eventually(lambda: names - set(service.alarms("ALARM")), lambda missing: not missing, seconds)
    seen |= wanted


def _give_every_function_work(service: Service) -> None:
    """Put into each queue, stream and function something harmless, which leaves nothing behind when it is done."""
    nothing = Happening("created", _ref("never-there"), "v1", "00AA")
    bodies = {
        "object-created": s3_event(nothing),
        "object-deleted": s3_event(nothing),
        # A folder marker.
        "bucket-requests": s3_event(Happening("created", _ref("folder/"), "v1", "00AA"), size=0),
        "verification": json.dumps({"bucket": "demo-local-nothing", "key": "never-there"}),
        "replication-events": json.dumps({"Event": "s3:TestEvent"}),
        # There are no buckets yet.
        "sweep": json.dumps({"action": "start", "time": "2026-03-01T03:00:00Z"}),
    }
    for name in service.queues:
        service.send(name, bodies.get(name, "{}"))
    key = {"BucketName": {"S": "demo-local-nothing"}, "ObjectKey": {"S": "never-there"}}
    service.dynamodb.put_item(
        TableName=service.parameters["storage/scheduler-table"],
        Item={**key, "TTL": {"N": str(int(time.time()))}, "VersionId": {"S": "v1"}},
    )
    record = captured("record_mismatched")["Records"][0]["dynamodb"]["NewImage"]
    service.dynamodb.put_item(TableName=service.parameters["storage/checksum-table"], Item={**record, **key})


def _ref(key: str) -> ObjectRef:
    return ObjectRef("demo-local-nothing", key)


def test_silence_is_an_alarm(service: Service, seen: set[str]) -> None:
    """Where no sweep has ended yet and no day was signed, the alarms speak."""
    _expect(service, seen, {"no-sweep", "no-audit-manifest"})


def test_invocations_refused_and_work_that_waits(service: Service, seen: set[str]) -> None:
    """Without concurrency every function is throttled, every queue gets old and every stream is behind."""
    functions = service.functions
    for physical in functions.values():
        service.lambda_.put_function_concurrency(FunctionName=physical, ReservedConcurrentExecutions=0)
    _give_every_function_work(service)
    # The emulator does not even try a function without concurrency that works on a queue.
    for physical in functions.values():
        with pytest.raises(service.lambda_.exceptions.TooManyRequestsException):
            service.lambda_.invoke(FunctionName=physical, Payload=b"{}")

    _expect(service, seen, {f"throttles-{name}" for name in functions})
    _expect(service, seen, {f"waiting-{name}" for name in service.queues})
    _expect(service, seen, {f"behind-{name}" for name in _streaming(service)})
    for physical in functions.values():
        service.lambda_.delete_function_concurrency(FunctionName=physical)


def _has_queue(service: Service, function: str) -> bool:
    mappings = service.lambda_.list_event_source_mappings(FunctionName=f"{PREFIX}{function}")
    return bool(mappings["EventSourceMappings"])


def test_failing_functions_and_messages_set_aside(service: Service, seen: set[str]) -> None:
    """Functions that cannot start raise their alarms; their messages are set aside and, left there, are old."""
    functions, dead = service.functions, _dead_letters(service)
    handlers = {
        name: service.lambda_.get_function_configuration(FunctionName=physical)["Handler"]
        for name, physical in functions.items()
    }
    for physical in functions.values():
        service.lambda_.update_function_configuration(FunctionName=physical, Handler="runtime.handlers.none.handler")
    # Afterwards a message has its time again: of two deliveries of one request the second is refused.
    with ExitStack() as quick_retries:
        for name in service.queues:
            service.sqs.purge_queue(QueueUrl=service.queue(name))
            quick_retries.enter_context(service.quick_retry(name, 1))
        _give_every_function_work(service)
        for name, physical in functions.items():
            if name not in _streaming(service) and not _has_queue(service, name):
                service.lambda_.invoke(FunctionName=physical, Payload=b'{"action": "follow"}')

        _expect(service, seen, {f"errors-{name}" for name in functions})
        # Lambda sets aside what a stream's function fails on after 20 hours; here it is put there by hand.
        for name, url in dead.items():
            if name.endswith("-failures"):
                service.sqs.send_message(QueueUrl=url, MessageBody="pointer into a stream")
        _expect(service, seen, {f"set-aside-{name}" for name in dead}, 90)
        _expect(service, seen, {f"forgotten-{name}" for name in dead}, 90)
    for name, physical in functions.items():
        service.lambda_.update_function_configuration(FunctionName=physical, Handler=handlers[name])
    for url in dead.values():
        service.sqs.purge_queue(QueueUrl=url)


def test_damage_is_an_alarm_wherever_it_is_found(service: Service, seen: set[str]) -> None:
    """Bytes that changed before their deposit, before a deletion makes them current again, and before a check.

    A digest that only the depositor typed wrongly is no damage (lesson L57).
    """
    [bucket] = service.new_buckets("damaged")
    service.s3.put_object(Bucket=bucket, Key="typed.txt", Body=b"one", Metadata={"sha256": "0" * 64})
    eventually(lambda: service.records(bucket), lambda records: "typed.txt" in records)

    version = service.s3.put_object(Bucket=bucket, Key="early.txt", Body=b"one")["VersionId"]
    _flip(service, bucket, "early.txt")
    service.forget(bucket, "early.txt", "checksum", "scheduler")
    assert f"{PREFIX}failed-checks-file-uploaded" not in service.alarms("ALARM")
    service.send("object-created", s3_event(Happening("created", ObjectRef(bucket, "early.txt"), version, "00AA")))
    _expect(service, seen, {"failed-checks-file-uploaded"})

    for body in (b"one", b"two"):
        put = service.s3.put_object(Bucket=bucket, Key="back.txt", Body=body)["VersionId"]
        eventually(
            lambda: service.records(bucket).get("back.txt", {}),
            lambda record, version=put: record.get("VersionId") == {"S": version},  # type: ignore[misc]  # of a loop
        )
    with service.paused("file-deleted"):
        service.s3.delete_object(Bucket=bucket, Key="back.txt", VersionId=put)
        service.file_on_disk(bucket, "back.txt").write_bytes(b"0ne")
    _expect(service, seen, {"failed-checks-file-deleted"})

    service.s3.put_object(Bucket=bucket, Key="flipped.txt", Body=b"one")
    _flip(service, bucket, "flipped.txt")
    service.make_due(bucket, "flipped.txt")
    _expect(service, seen, {"failed-checks-checksum-verification"})


def _flip(service: Service, bucket: str, key: str) -> None:
    """Change the bytes of a deposited object where they lie."""
    eventually(lambda: service.records(bucket), lambda records: key in records)
    service.file_on_disk(bucket, key).write_bytes(b"0ne")


def test_what_a_sweep_finds_is_an_alarm(service: Service, seen: set[str]) -> None:
    """Objects that were not looked at for a year are overdue, the oldest, and a share of the few that there are.

    Another one has no record, and the record of a third was spoiled. More are known to be failing, or disputed by their
    depositor, since the test before, to have been too large when they came, and to have no replica.
    """
    [bucket] = service.new_buckets("forgotten")
    late = ("forgotten.txt", "forgotten too.txt")
    service.put(bucket, *late, "unrecorded.txt", "spoiled.txt", "large.txt", "alone.txt", body="one")
    eventually(lambda: service.schedule(bucket), lambda rows: len(rows) == 6)
    service.forget(bucket, "unrecorded.txt", "checksum", "scheduler")
    for key, change, value in (
        *((key, "SET NextChecksumDate = :text, LastGoodDate = :text", "2020-01-01T00:00:00.000Z") for key in late),
        ("spoiled.txt", "REMOVE Sequencer", ""),
        ("large.txt", "SET LastOutcome = :text", "deferred"),
        ("alone.txt", "SET LastCheck.ReplicationStatus = :text", "FAILED"),
    ):
        service.change_record(bucket, key, change, value)
    service.start("sweep")

    _expect(service, seen, OF_A_SWEEP)


def test_requests_that_failed_are_an_alarm(service: Service, seen: set[str]) -> None:
    """A request of which nothing, or not all, was done raises its alarm."""
    assert "rejected" == service.request("nothing.txt", "managed")["status"]
    assert "partial" == service.request("some.txt", "some\nmanaged")["status"]

    _expect(service, seen, {"rejected-requests", "partial-requests"})


def test_replications_that_fail_or_are_late_are_an_alarm(service: Service, seen: set[str]) -> None:
    """A new bucket reports to the queue, and what S3 reports of it there raises the alarms."""
    [bucket] = service.new_buckets("replicated")
    (reported,) = service.s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    assert service.queue_arn(service.queue("replication-events")) == reported["QueueArn"]

    # The emulator replicates without fail: what S3 would report is put into the queue that the bucket names.
    failed = json.dumps(captured("replication_failed"))
    late = failed.replace("OperationFailedReplication", "OperationMissedThreshold")
    for body in (failed, late):
        service.send("replication-events", body)
    _expect(service, seen, {"failed-replications", "late-replications"})


def test_a_broken_audit_trail_is_an_alarm(service: Service, seen: set[str]) -> None:
    """A file among the events that the service did not write is told when its day is signed."""
    now = dt.datetime.now(dt.UTC)
    service.s3.put_object(
        Bucket=service.parameters["storage/managed-bucket"], Key=f"audit/events/{now.date()}/forged", Body=b"junk"
    )
    moment = (now + dt.timedelta(days=1)).isoformat()
    for _ in range(2):
        # As Lambda does it: the second attempt finds the day signed.
        service.lambda_.invoke(
            FunctionName=service.functions["audit-manifest"], Payload=json.dumps({"time": moment}).encode()
        )

    _expect(service, seen, {"audit-problems"})


def test_a_baseline_changed_by_hand_is_an_alarm(service: Service, seen: set[str]) -> None:
    """Whoever writes another digest into a record is told of, however well the object does."""
    [bucket] = service.new_buckets("changed-by-hand")
    service.put(bucket, "letter")
    eventually(lambda: service.records(bucket), bool)
    service.change_record(bucket, "letter", "SET Checksum = :text", "0" * 64)

    _expect(service, seen, {"altered-records"})


def test_the_rest_speaks_when_aws_publishes_what_it_watches(service: Service, seen: set[str]) -> None:
    """Alarms on what the emulator has not are raised by data under the very metric that they watch."""
    alarms = {alarm["AlarmName"].removeprefix(PREFIX): alarm for alarm in service.all_alarms()}
    now = dt.datetime.now(dt.UTC)
    for name in NOT_HERE:
        alarm = alarms[name]
        # Of an expression over several operations one is enough.
        watched = next((query["MetricStat"] for query in alarm.get("Metrics", []) if "MetricStat" in query), None)
        metric, period = (watched["Metric"], watched["Period"]) if watched else (alarm, alarm["Period"])
        assert metric["Namespace"] in {"AWS/DynamoDB", "AWS/Lambda", METRIC_NAMESPACE}
        service.cloudwatch.put_metric_data(
            Namespace=metric["Namespace"],
            MetricData=[
                {
                    "MetricName": metric["MetricName"],
                    "Dimensions": metric["Dimensions"],
                    "Value": alarm["Threshold"] - (alarm["ComparisonOperator"] == "LessThanThreshold"),
                    "Timestamp": now - dt.timedelta(seconds=period * (number + 0.5)),
                }
                for number in range(alarm["EvaluationPeriods"])
            ],
        )
        _expect(service, set(), {name})
    assert set() == seen & set(NOT_HERE)


def test_every_alarm_was_seen_or_is_named_with_a_reason(service: Service, seen: set[str]) -> None:
    """What happened here and what cannot happen here are together all alarms there are."""
    every = {alarm["AlarmName"].removeprefix(PREFIX) for alarm in service.all_alarms()}

    assert every == seen | set(NOT_HERE)
    assert all(NOT_HERE.values())


def test_alarms_reach_people(service: Service) -> None:
    """Each alarm was told by one e-mail with its severity, meaning and what to do."""
    told = {mail.subject: mail.body for mail in service.inbox.read() if mail.subject.startswith("ALARM: ")}
    subjects = {subject.split('"')[1] for subject in told}

    # An alarm on silence has spoken before anybody could subscribe.
    silent = {alarm["AlarmName"] for alarm in service.all_alarms() if alarm["TreatMissingData"] == "breaching"}
    assert {alarm["AlarmName"] for alarm in service.all_alarms()} - silent <= subjects
    (body,) = (json.loads(body) for subject, body in told.items() if "failed-replications" in subject)
    assert body["AlarmDescription"].startswith("[warning] S3 could not replicate objects")
    assert body["AlarmDescription"].endswith("#failed-replications")
