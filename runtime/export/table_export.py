"""Exports of the checksum table: their folders, their tokens, and the file that says how one ended."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import attrs

from runtime.contract import ManagedPrefix
from runtime.shared.timestamps import timestamp


class ExportStatus(StrEnum):
    """DynamoDB's states of an export."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@attrs.frozen(kw_only=True)
class TableExport:
    """One export."""

    arn: str
    prefix: str  # its folder, without a slash at the end
    status: ExportStatus
    started: str = ""  # ISO 8601 UTC; empty if DynamoDB does not say
    ended: str = ""  # ISO 8601 UTC; empty if DynamoDB does not say
    items: int = 0  # records exported
    size: int = 0  # bytes of the table
    manifest: str = ""  # key of DynamoDB's summary; empty if there is none
    failure: str = ""  # empty if it did not fail

    @property
    def ended_badly(self) -> bool:
        """Whether it failed."""
        return self.status is ExportStatus.FAILED

    @property
    def under_way(self) -> bool:
        """Whether it is running."""
        return self.status is ExportStatus.IN_PROGRESS


def prefix_of(day: date) -> str:
    """Return the folder of a day's export, without a slash at the end; DynamoDB adds its own folders below it."""
    return f"{ManagedPrefix.EXPORTS}{day.isoformat()}"


def status_key(export: TableExport) -> str:
    """Return the key of the status file."""
    return f"{export.prefix}/export.json"


def client_token(table_arn: str, day: date, attempt: int) -> str:
    """Return the token that makes a repeated request the same one for DynamoDB.

    `attempt` is the number of exports of that day that failed before. A token is valid for 8 hours after the request
    (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExportTableToPointInTime.html).
    """
    return hashlib.sha256(f"{table_arn}\0{day.isoformat()}\0{attempt}".encode()).hexdigest()[:32]


def newest_per_folder(exports: Iterable[TableExport]) -> list[TableExport]:
    """Return the export that counts for each day: the last one begun."""
    newest = {export.prefix: export for export in sorted(exports, key=lambda export: (export.started, export.arn))}
    return list(newest.values())


def status_document(export: TableExport, noted: datetime) -> dict[str, Any]:
    """Return the content of the status file. `noted` is when the end was noticed, UTC."""
    return {
        "export_arn": export.arn,
        "status": export.status.value,
        "failure": export.failure,
        "started_at": export.started,
        "ended_at": export.ended,
        "noted_at": timestamp(noted, "seconds"),
        "records": export.items,
        "bytes": export.size,
        "manifest": export.manifest,
    }
