import time
from typing import Any, cast

import pytest

from runtime.adapters.dynamodb_export import DynamoDbExports
from runtime.export.table_export import ExportStatus, TableExport
from runtime.shared.errors import RefusedError
from tests.contract.buckets import with_buckets
from tests.contract.tables import with_tables

BUCKET = "acme-test-managed"
PREFIX = "exports/checksum-table/2026-03-01"


@pytest.fixture
def table(aws: None) -> tuple[Any, str]:
    assert aws is None
    with_buckets(BUCKET)
    dynamodb = with_tables("checksums")
    dynamodb.put_item(TableName="checksums", Item={"BucketName": {"S": "b"}, "ObjectKey": {"S": "k"}})
    return dynamodb, dynamodb.describe_table(TableName="checksums")["Table"]["TableArn"]


def _recover_in_time(client: Any) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
    client.update_continuous_backups(
        TableName="checksums", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )


def _ended(exports: DynamoDbExports) -> TableExport:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        [export] = exports.all()
        if not export.under_way:
            return export
    raise AssertionError("the export did not end")


def test_export_is_followed_to_its_end(table: tuple[Any, str]) -> None:
    """What was started is found again by listing, with its folder, state and size."""
    client, arn = table
    _recover_in_time(client)
    exports = DynamoDbExports(client, arn, BUCKET)

    started = exports.start(PREFIX, "token")
    ended = _ended(exports)

    assert (started.arn, PREFIX, ExportStatus.COMPLETED, 1) == (ended.arn, ended.prefix, ended.status, ended.items)


def test_exports_to_other_buckets_are_not_ours(table: tuple[Any, str]) -> None:
    """An export that an operator makes elsewhere is left alone."""
    client, arn = table
    _recover_in_time(client)
    DynamoDbExports(client, arn, "acme-test-logs").start(PREFIX, "token")

    assert [] == DynamoDbExports(client, arn, BUCKET).all()


def test_failed_export_says_why(table: tuple[Any, str]) -> None:
    """The reason of a failure reaches the status file."""
    client, arn = table
    _recover_in_time(client)
    exports = DynamoDbExports(client, arn, "no-such-bucket")
    exports.start(PREFIX, "token")

    export = _ended(exports)

    assert export.ended_badly
    assert "S3NoSuchBucket The specified bucket does not exist" == export.failure


def test_table_without_point_in_time_recovery_is_refused(table: tuple[Any, str]) -> None:
    """The error names what is missing."""
    client, arn = table

    with pytest.raises(RefusedError, match="exporting the checksum table: PointInTimeRecoveryUnavailable"):
        DynamoDbExports(client, arn, BUCKET).start(PREFIX, "token")


def test_l55_all_pages_of_exports_are_read() -> None:
    """A table with more exports than a page holds is listed to the end."""

    class Paged:
        def list_exports(self, *, TableArn: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 (boto3's names)
            assert TableArn
            page = int(NextToken)
            return {
                "ExportSummaries": [{"ExportArn": f"arn:{page}"}],
                **({"NextToken": str(page + 1)} if page < 2 else {}),
            }

        def describe_export(self, *, ExportArn: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
            description = {"ExportArn": ExportArn, "ExportStatus": "COMPLETED", "S3Bucket": BUCKET, "S3Prefix": PREFIX}
            return {"ExportDescription": description}

    assert ["arn:0", "arn:1", "arn:2"] == [
        export.arn for export in DynamoDbExports(cast("Any", Paged()), "arn:t", BUCKET).all()
    ]
