"""Export the checksum table once a month, and follow each export to its end."""

from datetime import UTC, datetime

from runtime.domain.export import TableExport, client_token, newest_per_folder, prefix_of, status_document, status_key
from runtime.ports import Clock, ExportStatusFiles, TableExports


def start(exports: TableExports, table_arn: str, moment: datetime) -> TableExport:
    """Start the export of a day, unless there is one that is under way or has succeeded.

    Args:
        exports: exports of the table.
        table_arn: the table.
        moment: any moment of the day, with its time zone; the day is taken in UTC.

    Returns:
        The export of that day, begun now or before.

    Raises:
        TransientError: DynamoDB did not answer.
        RefusedError: DynamoDB refused, for example because point-in-time recovery is off.
    """
    day = moment.astimezone(UTC).date()
    of_the_day = [export for export in exports.all() if export.prefix == prefix_of(day)]
    good = [export for export in of_the_day if not export.ended_badly]
    if good:
        return good[0]
    return exports.start(prefix_of(day), client_token(table_arn, day, attempt=len(of_the_day)))


def follow(exports: TableExports, files: ExportStatusFiles, clock: Clock) -> list[TableExport]:
    """Write the status file of every export that has ended since the last time.

    Args:
        exports: exports of the table.
        files: the status files.
        clock: tells the time.

    Returns:
        The exports whose end is news.

    Raises:
        TransientError: DynamoDB or S3 did not answer.
        RefusedError: DynamoDB or S3 refused.
    """
    ended = [export for export in newest_per_folder(exports.all()) if not export.under_way]
    return [export for export in ended if files.write(status_key(export), status_document(export, clock.now()))]
