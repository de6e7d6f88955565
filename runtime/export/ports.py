"""Port of exports.

Every method raises TransientError if DynamoDB does not answer and RefusedError if it refuses.
"""

from typing import Protocol

from runtime.export.table_export import TableExport


class TableExports(Protocol):
    """Exports of the checksum table to the managed bucket."""

    def all(self) -> list[TableExport]:
        """Return the exports of the last 90 days to the managed bucket."""

    def start(self, prefix: str, token: str) -> TableExport:
        """Start an export of the table to a folder, without a slash at its end. A repeated token starts nothing."""
