"""Exports of the checksum table: where they go, how one is recognised, and what is written when one has ended."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import attrs

from runtime.contract import ManagedPrefix
from runtime.shared.timestamps import timestamp

_STATUS_FILE: Final = "export.json"


class ExportStatus(StrEnum):
    """DynamoDB's states of an export."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@attrs.frozen(kw_only=True)
class TableExport:
    """One export.

    Attributes:
        arn: its ARN.
        prefix: the folder that it is written to, without a slash at its end.
        status: its state.
        started: when it began, ISO 8601 UTC; empty where DynamoDB does not say.
        ended: when it ended, ISO 8601 UTC; empty where it has not or DynamoDB does not say.
        items: number of records exported.
        size: bytes of the table that were exported.
        manifest: key of DynamoDB's own summary; empty where there is none.
        failure: why it failed; empty where it did not.
    """

    arn: str
    prefix: str
    status: ExportStatus
    started: str = ""
    ended: str = ""
    items: int = 0
    size: int = 0
    manifest: str = ""
    failure: str = ""

    @property
    def ended_badly(self) -> bool:
        """Whether it failed."""
        return self.status is ExportStatus.FAILED

    @property
    def under_way(self) -> bool:
        """Whether its end is still open."""
        return self.status is ExportStatus.IN_PROGRESS


def prefix_of(day: date) -> str:
    """Return the folder of a day's export, without a slash at its end: DynamoDB adds its own folders below it."""
    return f"{ManagedPrefix.EXPORTS}{day.isoformat()}"


def status_key(export: TableExport) -> str:
    """Return the key of the file that says how an export ended."""
    return f"{export.prefix}/{_STATUS_FILE}"


def client_token(table_arn: str, day: date, attempt: int) -> str:
    """Return the token by which DynamoDB takes a repeated request for the same one.

    A token holds for 8 hours after the request
    (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExportTableToPointInTime.html).

    Args:
        table_arn: the table.
        day: the day of the export.
        attempt: number of exports of that day that have failed before.
    """
    return hashlib.sha256(f"{table_arn}\0{day.isoformat()}\0{attempt}".encode()).hexdigest()[:32]


def newest_per_folder(exports: Iterable[TableExport]) -> list[TableExport]:
    """Return the export that counts for each day: the last one begun."""
    newest = {export.prefix: export for export in sorted(exports, key=lambda export: (export.started, export.arn))}
    return list(newest.values())


def status_document(export: TableExport, noted: datetime) -> dict[str, Any]:
    """Return the content of the status file, for people and programs.

    Args:
        export: an export that has ended.
        noted: when its end was noticed, UTC.
    """
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
