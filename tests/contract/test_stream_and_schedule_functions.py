import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from benchmarks.function_environment import any_settings
from runtime import bootstrap
from runtime.handlers import audit_manifest, audit_trail, checksum_exporter, checksum_failure, verification_due
from runtime.settings import AlertsSettings, DueSettings, ExportSettings, FunctionSettings, ManifestSettings
from tests.contract.buckets import with_buckets
from tests.contract.tables import with_tables
from tests.support.captured import captured

REGION = "eu-west-1"
BUCKET = "acme-test-managed"


@pytest.fixture(autouse=True)
def _fresh(aws: None) -> Iterator[None]:
    assert aws is None
    factories = (bootstrap.due, bootstrap.alerts, bootstrap.export, bootstrap.audit_trail, bootstrap.audit_manifest)
    for factory in factories:
        factory.cache_clear()
    yield
    for factory in factories:
        factory.cache_clear()


def _set(monkeypatch: pytest.MonkeyPatch, kind: type[FunctionSettings], **fields: str) -> None:
    for name, value in any_settings(kind, environment="test", **fields).to_environment().items():
        monkeypatch.setenv(name, value)


def _one_message(url: str) -> dict[str, Any]:
    [message] = boto3.client("sqs", region_name=REGION).receive_message(QueueUrl=url)["Messages"]
    body: dict[str, Any] = json.loads(message["Body"])
    return body


def test_expired_row_reaches_the_verification_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function as Lambda calls it puts the documented message into the queue that its settings name."""
    url = boto3.client("sqs", region_name=REGION).create_queue(QueueName="verification")["QueueUrl"]
    _set(monkeypatch, DueSettings, verification_queue_url=url)

    verification_due.handler(captured("schedule_row_expired"), None)

    assert {
        "bucket": "acme-test-letters",
        "key": 'box 1/letter ä+%20 "one".txt',
        "version_id": "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
    } == _one_message(url)


def test_mismatch_reaches_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function as Lambda calls it publishes to the topic that its settings name."""
    queues, topics = boto3.client("sqs", region_name=REGION), boto3.client("sns", region_name=REGION)
    url = queues.create_queue(QueueName="inbox")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = topics.create_topic(Name="alerts")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    _set(monkeypatch, AlertsSettings, alert_topic_arn=topic, runbook_url="https://example.org/runbook")

    checksum_failure.handler(captured("record_mismatched"), None)

    assert "[DuraCloud test] 1 object failed the check" == _one_message(url)["Subject"]


def test_month_s_export_is_started_and_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function as Lambda calls it exports the table once and writes how that ended."""
    buckets, tables = with_buckets(BUCKET), with_tables("checksums")
    arn = tables.describe_table(TableName="checksums")["Table"]["TableArn"]
    tables.update_continuous_backups(
        TableName="checksums", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    _set(monkeypatch, ExportSettings, checksum_table_arn=arn, managed_bucket=BUCKET)
    start = {"action": "start", "time": "2026-03-01T02:00:00Z"}

    checksum_exporter.handler(start, None)
    checksum_exporter.handler(start, None)
    [export] = tables.list_exports(TableArn=arn)["ExportSummaries"]
    while tables.describe_export(ExportArn=export["ExportArn"])["ExportDescription"]["ExportStatus"] == "IN_PROGRESS":
        pass
    checksum_exporter.handler({"action": "follow"}, None)

    status = buckets.get_object(Bucket=BUCKET, Key="exports/checksum-table/2026-03-01/export.json")["Body"].read()
    assert (export["ExportArn"], "COMPLETED") == (json.loads(status)["export_arn"], json.loads(status)["status"])


def test_change_is_recorded_and_its_day_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions as Lambda calls them write, list and sign with the bucket and the key that their settings name."""
    buckets, keys = with_buckets(BUCKET), boto3.client("kms", region_name=REGION)
    arn = keys.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    _set(monkeypatch, ManifestSettings, managed_bucket=BUCKET, audit_key_arn=arn)
    now = datetime.now(UTC)

    audit_trail.handler(captured("record_mismatched"), None)
    audit_manifest.handler({"time": (now + timedelta(days=1)).isoformat()}, None)
    audit_manifest.handler({"time": (now + timedelta(days=1)).isoformat()}, None)

    written = [entry["Key"] for entry in buckets.list_objects_v2(Bucket=BUCKET)["Contents"]]
    [segment] = [key for key in written if key.startswith("audit/events/")]
    [manifest] = [key for key in written if key.endswith(".json")]
    assert sorted([segment, manifest, f"{manifest}.sig", "audit/public-key.pem"]) == written
    document = json.loads(buckets.get_object(Bucket=BUCKET, Key=manifest)["Body"].read())
    assert (segment, arn) == (document["segments"][0]["key"], document["signing_key"])
    assert {"check": {"mismatch": 1}} == document["counts"]
