"""Export the checksum table once a month, and follow each export to its end."""

from datetime import UTC, datetime

import attrs

from runtime.export.ports import TableExports
from runtime.export.table_export import (
    TableExport,
    client_token,
    newest_per_folder,
    prefix_of,
    status_document,
    status_key,
)
from runtime.settings import ExportSettings
from runtime.shared.ports import Clock, Documents


@attrs.frozen(kw_only=True)
class Exporting:
    """The ports of exporting.

    Attributes:
        exports: exports of the table.
        files: the status files.
        clock: tells the time.
        settings: the function's settings.
    """

    exports: TableExports
    files: Documents
    clock: Clock
    settings: ExportSettings


def start(exporting: Exporting, moment: datetime) -> TableExport:
    """Start the export of a day, unless there is one that is under way or has succeeded.

    Args:
        exporting: ports.
        moment: any moment of the day, with its time zone; the day is taken in UTC.

    Returns:
        The export of that day, begun now or before.

    Raises:
        TransientError: DynamoDB did not answer.
        RefusedError: DynamoDB refused, for example because point-in-time recovery is off.
    """
    day = moment.astimezone(UTC).date()
    of_the_day = [export for export in exporting.exports.all() if export.prefix == prefix_of(day)]
    good = [export for export in of_the_day if not export.ended_badly]
    if good:
        return good[0]
    token = client_token(exporting.settings.checksum_table_arn, day, attempt=len(of_the_day))
    return exporting.exports.start(prefix_of(day), token)


def follow(exporting: Exporting) -> list[TableExport]:
    """Write the status file of every export that has ended since the last time.

    Args:
        exporting: ports.

    Returns:
        The exports whose end is news.

    Raises:
        TransientError: DynamoDB or S3 did not answer.
        RefusedError: DynamoDB or S3 refused.
    """
    ended = [export for export in newest_per_folder(exporting.exports.all()) if not export.under_way]
    return [export for export in ended if _note(exporting, export)]


def _note(exporting: Exporting, export: TableExport) -> bool:
    """Write the status file of an export. Returns whether its end is news."""
    key, document = status_key(export), status_document(export, exporting.clock.now())
    if exporting.files.write_once(key, document):
        return True
    standing = exporting.files.read(key)
    if standing is not None and standing.get("export_arn") == export.arn:
        return False
    # The day was exported again after a failure: the newer end takes the place of the older.
    exporting.files.write(key, document)
    return True
