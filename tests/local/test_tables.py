"""What the local AWS makes of tables and their streams."""

import time
from pathlib import Path
from typing import Any

import pytest

from duracloud.local.aws import LocalAws, free_port
from duracloud.local.watching import eventually
from tests.local.support import Stream, datapoints, deploy, messages, reader, table, unique

EXPIRED_BY_SERVICE = '{"eventName":["REMOVE"],"userIdentity":{"principalId":["dynamodb.amazonaws.com"]}}'
FAILURES = {"Failures": {"Type": "AWS::SQS::Queue"}}
ASIDE: dict[str, Any] = {
    "BisectBatchOnFunctionError": True,
    "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}},
}


def deploy_reader(aws: LocalAws, **mapping: Any) -> dict[str, str]:  # noqa: ANN401 (properties of CloudFormation)
    """Deploy a table whose stream is read by the function that sends it to the queue `Queue`."""
    echo = reader(BatchSize=100, **ASIDE, **mapping)
    return deploy(aws, {"Table": table(unique("t")), **FAILURES, **echo})


@pytest.fixture(scope="module")
def bare_table(aws: LocalAws) -> str:
    return deploy(aws, {"Table": table(unique("t"))})["Table"]


def test_a_template_switches_expiry_and_recovery_on(aws: LocalAws, bare_table: str) -> None:
    """Time to live and point-in-time recovery are as the template says."""
    dynamodb = aws.client("dynamodb")
    expiry = dynamodb.describe_time_to_live(TableName=bare_table)["TimeToLiveDescription"]
    recovery = dynamodb.describe_continuous_backups(TableName=bare_table)["ContinuousBackupsDescription"]
    assert {"AttributeName": "TTL", "TimeToLiveStatus": "ENABLED"} == expiry
    assert "ENABLED" == recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]


def test_l44_only_rows_whose_time_has_passed_in_five_years_expire(aws: LocalAws, bare_table: str) -> None:
    """A row of the past goes within seconds; one of the future, or without a time, stays.

    So does one whose time is more than five years ago, as in DynamoDB (lesson L44).
    """
    dynamodb, year = aws.client("dynamodb"), 365 * 24 * 3600
    times = {"past": -1, "long past": -4 * year, "future": 3600, "too long ago": -6 * year}
    for key, seconds in times.items():
        dynamodb.put_item(TableName=bare_table, Item={"K": {"S": key}, "TTL": {"N": str(int(time.time()) + seconds)}})
    dynamodb.put_item(TableName=bare_table, Item={"K": {"S": "hand-made"}, "TTL": {"N": "1"}})
    dynamodb.put_item(TableName=bare_table, Item={"K": {"S": "never"}})

    def keys() -> set[str]:
        return {item["K"]["S"] for item in dynamodb.scan(TableName=bare_table)["Items"]}

    stay = {"future", "never", "too long ago", "hand-made"}
    assert stay == eventually(keys, lambda seen: not {"past", "long past"} & seen, seconds=5)


def test_only_the_service_s_deletions_pass_the_filter_on_expiry(aws: LocalAws) -> None:
    """An expired row reaches the function with the service's identity and its old image; a person's deletion never."""
    ids = deploy_reader(aws, FilterCriteria={"Filters": [{"Pattern": EXPIRED_BY_SERVICE}]})
    dynamodb, stream = aws.client("dynamodb"), Stream(aws, ids["Queue"])
    dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": "by hand"}})
    dynamodb.delete_item(TableName=ids["Table"], Key={"K": {"S": "by hand"}})
    now = str(int(time.time()))
    dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": "expired"}, "TTL": {"N": now}, "Version": {"S": "v"}})
    record = eventually(stream.look)[0]
    assert {"type": "Service", "principalId": "dynamodb.amazonaws.com"} == record["userIdentity"]
    assert {"S": "v"} == record["dynamodb"]["OldImage"]["Version"]
    assert {"expired"} == set(stream.keys())


def test_a_filter_on_a_boolean_tells_false_from_true_and_absent(aws: LocalAws) -> None:
    """Only records whose new image says false pass a filter on false."""
    pattern = '{"dynamodb":{"NewImage":{"Success":{"BOOL":[false]}}}}'
    ids = deploy_reader(aws, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    dynamodb, stream = aws.client("dynamodb"), Stream(aws, ids["Queue"])
    dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": "good"}, "Success": {"BOOL": True}})
    dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": "unknown"}})
    dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": "bad"}, "Success": {"BOOL": False}})
    eventually(stream.look)
    assert {"bad"} == set(stream.keys())


def test_a_record_that_always_fails_is_set_aside_and_holds_up_no_other(aws: LocalAws) -> None:
    """The batch is halved down to the poison record, which goes to the failure queue after its retries."""
    ids = deploy_reader(aws, MaximumRetryAttempts=1)
    dynamodb, stream = aws.client("dynamodb"), Stream(aws, ids["Queue"])
    for key in ("a", "b", "poison", "c"):
        dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": key}})
    eventually(stream.keys, lambda seen: set(seen) == {"a", "b", "c"}, seconds=20)
    failure = eventually(lambda: list(messages(aws, ids["Failures"])))[0]
    assert "RetryAttemptsExhausted" == failure["requestContext"]["condition"]
    assert 1 == failure["DDBStreamBatchInfo"]["batchSize"]


def test_a_function_that_fails_on_its_stream_falls_behind(aws: LocalAws) -> None:
    """The age of the record that a function cannot get past is published for it, and grows."""
    ids = deploy_reader(aws)
    aws.client("dynamodb").put_item(TableName=ids["Table"], Item={"K": {"S": "poison"}})

    def age() -> float:
        points = datapoints(aws, "AWS/Lambda", "IteratorAge", "Maximum", FunctionName=ids["Echo"])
        return max((float(point["Maximum"]) for point in points), default=0.0)

    eventually(age, lambda milliseconds: milliseconds > 3000)


def test_a_batch_waits_to_be_filled(aws: LocalAws) -> None:
    """A record is handed over when the window is over, not before."""
    ids = deploy_reader(aws, MaximumBatchingWindowInSeconds=3)
    stream = Stream(aws, ids["Queue"])
    started = time.monotonic()
    aws.client("dynamodb").put_item(TableName=ids["Table"], Item={"K": {"S": "first"}})
    eventually(stream.look)
    # The emulator keeps a record's time in whole seconds.
    assert time.monotonic() - started >= 2


def test_a_stream_may_have_two_readers(aws: LocalAws) -> None:
    """Each reader gets every record in its own time, and what fails for one does not fail for the other."""
    first = reader("First", MaximumRetryAttempts=1, **ASIDE)
    second = reader("Second", **ASIDE)
    ids = deploy(aws, {"Table": table(unique("t")), **FAILURES, **first, **second})
    quick, slow = Stream(aws, ids["FirstQueue"]), Stream(aws, ids["SecondQueue"])
    dynamodb = aws.client("dynamodb")
    for key in ("a", "poison", "b"):
        dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": key}})

    eventually(quick.keys, lambda seen: set(seen) == {"a", "b"})
    assert {"a"} == set(eventually(slow.keys, lambda seen: "a" in seen))


def test_a_restart_loses_no_stream_record_and_does_not_begin_again(tmp_path: Path) -> None:
    """The reader of a stream goes on where it was; only the batch in hand at the stop may come twice, as in AWS."""
    aws = LocalAws(folder=tmp_path / "aws", port=free_port())
    aws.start()
    try:
        ids = deploy_reader(aws)
        dynamodb, stream = aws.client("dynamodb"), Stream(aws, ids["Queue"])
        for key in ("read", "in hand"):
            dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": key}})
            eventually(stream.keys, {key}.issubset)
        aws.stop()
        aws.start()
        dynamodb.put_item(TableName=ids["Table"], Item={"K": {"S": "after"}})
        seen = eventually(stream.keys, lambda keys: "after" in keys)
        assert ["read", "in hand", "after"] == list(dict.fromkeys(seen))
        assert 1 == seen.count("read")
    finally:
        aws.stop()
