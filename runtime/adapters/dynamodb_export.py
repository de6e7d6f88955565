"""Adapter of TableExports: point-in-time exports of DynamoDB to S3."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs
from typing_extensions import override

from runtime.adapters.errors import translated
from runtime.export.ports import TableExports
from runtime.export.table_export import ExportStatus, TableExport
from runtime.shared.timestamps import timestamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@attrs.frozen
class DynamoDbExports(TableExports):
    """Exports of one table to one bucket."""

    _client: DynamoDBClient
    _table_arn: str
    _bucket: str

    @override
    def all(self) -> list[TableExport]:
        with translated("listing the exports of the checksum table"):
            arns = self._arns()
            answers = [self._client.describe_export(ExportArn=arn)["ExportDescription"] for arn in arns]
        return [_export(answer) for answer in answers if answer.get("S3Bucket") == self._bucket]

    @override
    def start(self, prefix: str, token: str) -> TableExport:
        with translated("exporting the checksum table"):
            answer = self._client.export_table_to_point_in_time(
                TableArn=self._table_arn,
                S3Bucket=self._bucket,
                S3Prefix=prefix,
                ClientToken=token,
                ExportFormat="DYNAMODB_JSON",
            )
        return _export(answer["ExportDescription"])

    def _arns(self) -> list[str]:
        arns: list[str] = []
        request: dict[str, Any] = {"TableArn": self._table_arn}
        while True:
            answer = self._client.list_exports(**request)
            arns += [summary["ExportArn"] for summary in answer.get("ExportSummaries", [])]
            if not answer.get("NextToken"):
                return arns
            request["NextToken"] = answer["NextToken"]


def _export(answer: Mapping[str, Any]) -> TableExport:
    failure = f"{answer.get('FailureCode') or ''} {answer.get('FailureMessage') or ''}".strip()
    return TableExport(
        arn=answer["ExportArn"],
        prefix=(answer.get("S3Prefix") or "").rstrip("/"),
        status=ExportStatus(answer["ExportStatus"]),
        started=_text(answer.get("StartTime")),
        ended=_text(answer.get("EndTime")),
        items=int(answer.get("ItemCount") or 0),
        size=int(answer.get("BilledSizeBytes") or 0),
        manifest=answer.get("ExportManifest") or "",
        failure=failure,
    )


def _text(moment: datetime | None) -> str:
    return "" if moment is None else timestamp(moment, "seconds")
