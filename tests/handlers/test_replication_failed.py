import json
from typing import Any
from urllib.parse import quote_plus

import pytest

from benchmarks.function_environment import any_settings
from runtime.events.s3_notification import parse
from runtime.handlers import replication_failed
from runtime.provisioning.replication_events import ReplicationProblem, ReplicationReport
from runtime.settings import ReplicationSettings
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import sqs_event
from tests.support.captured import captured
from tests.support.published import published

SETTINGS = any_settings(ReplicationSettings, environment="test")
TEXT = json.dumps(captured("replication_failed"))
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
TEST_MESSAGE = json.dumps(
    {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": "2026-03-01T12:00:00.000Z",
        "Bucket": "acme-test-letters",
        "RequestId": "5582815E1AEA5ADF",
        "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR",
    }
)


def _changed(**record: Any) -> str:  # noqa: ANN401 (any part of a notification)
    message = json.loads(TEXT)
    message["Records"][0] |= record
    return json.dumps(message)


def test_report_says_what_and_why() -> None:
    """Object, version, destination and S3's reason are read from its notification."""
    assert [
        ReplicationReport(
            problem=ReplicationProblem.FAILED,
            ref=ObjectRef("acme-test-letters", "box 1/letter ä+%20.txt"),
            version_id="abcdeH0Xp66ep__QDjR76LK7Gc9X4wKO",
            destination="arn:aws:s3:::acme-test-letters-repl",
            reason="AssumeRoleNotPermitted",
        )
    ] == parse(TEXT)


@pytest.mark.parametrize("key", ["a b", "a+b", "100%", "%41", "ä/ö", 'it\'s "quoted"', "日本", "a\nb", "&<>"])
def test_l20_keys_are_decoded_once(key: str) -> None:
    """S3's own notifications encode keys as in a URL's query, so exactly that is undone."""
    message = json.loads(TEXT)
    message["Records"][0]["s3"]["object"]["key"] = quote_plus(key, safe="/")

    assert [key] == [report.ref.key for report in parse(json.dumps(message))]


def test_failures_and_delays_are_counted(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """What failed and what is late become metrics, and a line of the log names each object."""
    late = _changed(eventName="Replication:OperationMissedThreshold")

    answer = replication_failed.handle(sqs_event(TEXT, late, TEXT), SETTINGS)

    assert [] == answer["batchItemFailures"]
    assert [(ReplicationSettings.function, {"ReplicationsFailed": 2, "ReplicationsLate": 1})] == published(capsys)
    told = [(record.getMessage(), vars(record)["reason"]) for record in caplog.records]
    failed, delayed = ("not replicated", "AssumeRoleNotPermitted"), ("not replicated in time", "AssumeRoleNotPermitted")
    assert [failed, delayed, failed] == told


def test_test_message_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """What S3 sends when a bucket is configured is passed over, and counts as nothing."""
    assert [] == replication_failed.handle(sqs_event(TEST_MESSAGE), SETTINGS)["batchItemFailures"]
    assert [(ReplicationSettings.function, {"ReplicationsFailed": 0, "ReplicationsLate": 0})] == published(capsys)


@pytest.mark.parametrize(
    "body",
    ["poison", "[]", "{}", '{"Records": [{}]}', _changed(eventName="ObjectCreated:Put"), _changed(s3={"object": 1})],
)
def test_poison_message_goes_back_and_others_do_not(body: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no replication event is handed back for the dead-letter queue; the rest of the batch counts."""
    answer = replication_failed.handle(sqs_event(body, TEXT), SETTINGS)

    assert [{"itemIdentifier": "m0"}] == answer["batchItemFailures"]
    assert [(ReplicationSettings.function, {"ReplicationsFailed": 1, "ReplicationsLate": 0})] == published(capsys)


def test_entry_point_reads_its_settings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The function as Lambda calls it publishes under the environment of its settings."""
    for name, value in SETTINGS.to_environment().items():
        monkeypatch.setenv(name, value)

    replication_failed.handler(sqs_event(TEXT), None)

    assert '"environment":"test"' in capsys.readouterr().out.replace(" ", "")
