"""What exports need of the world outside."""

from typing import Protocol

from runtime.export.table_export import TableExport


class TableExports(Protocol):
    """Exports of the checksum table to the managed bucket."""

    def all(self) -> list[TableExport]:
        """Return the exports of the last 90 days that went to the managed bucket."""
        ...

    def start(self, prefix: str, token: str) -> TableExport:
        """Start an export of the table as it is now.

        Args:
            prefix: folder in the managed bucket, without a slash at its end.
            token: a second call with the same token starts nothing.
        """
        ...
