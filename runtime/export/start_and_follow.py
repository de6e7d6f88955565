"""Export the checksum table once a month, and follow each export until it ends.

DynamoDB forgets a client token after 8 hours and reports the end of an export only when asked. A start looks for an
export of the same day first, and begins one only if there is none or all failed. The token is made from table, day and
number of failures, so two starts at once are one. Every hour all listed exports (90 days) are checked; export.json is
written beside each that ended, if missing. Metrics count only what was written.
"""

from datetime import UTC, datetime

import attrs

from runtime.export import table_export
from runtime.export.ports import TableExports
from runtime.settings import ExportSettings
from runtime.shared.ports import Clock, Documents


@attrs.frozen(kw_only=True)
class Exporting:
    """The ports of exporting."""

    exports: TableExports
    files: Documents
    clock: Clock
    settings: ExportSettings


def start(exporting: Exporting, moment: datetime) -> table_export.TableExport:
    """Start the export of a moment's day in UTC, unless one is running or has succeeded; return the export of that day.

    Raises:
        TransientError: DynamoDB did not answer.
        RefusedError: DynamoDB refused, for example because point-in-time recovery is off.
    """
    day = moment.astimezone(UTC).date()
    of_the_day = [export for export in exporting.exports.all() if export.prefix == table_export.prefix_of(day)]
    good = [export for export in of_the_day if not export.ended_badly]
    if good:
        return good[0]
    token = table_export.client_token(exporting.settings.checksum_table_arn, day, attempt=len(of_the_day))
    return exporting.exports.start(table_export.prefix_of(day), token)


def follow(exporting: Exporting) -> list[table_export.TableExport]:
    """Write the status file of every export that has ended since the last time; return these exports.

    Raises:
        TransientError: DynamoDB or S3 did not answer.
        RefusedError: DynamoDB or S3 refused.
    """
    ended = [export for export in table_export.newest_per_folder(exporting.exports.all()) if not export.under_way]
    return [export for export in ended if _note(exporting, export)]


def _note(exporting: Exporting, export: table_export.TableExport) -> bool:
    """Write the status file of an export; return whether it is new."""
    key, document = table_export.status_key(export), table_export.status_document(export, exporting.clock.now())
    if exporting.files.write_once(key, document):
        return True
    standing = exporting.files.read(key)
    if standing is not None and standing.get("export_arn") == export.arn:
        return False
    # The day was exported again after a failure: the newer status replaces the older.
    exporting.files.write(key, document)
    return True
