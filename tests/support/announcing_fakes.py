"""In-memory stand-ins for the ports of due dates, announcements and exports."""

import attrs

from runtime.export.table_export import ExportStatus, TableExport


class FakeNotifier:
    """Keeps what people would get, or fails as told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.messages: list[tuple[str, str]] = []
        self.error = error

    def publish(self, subject: str, body: str) -> None:
        if self.error:
            raise self.error
        self.messages.append((subject, body))


class FakeExports:
    """Exports that end when told to."""

    def __init__(self) -> None:
        self.by_token: dict[str, TableExport] = {}

    def all(self) -> list[TableExport]:
        return list(self.by_token.values())

    def start(self, prefix: str, token: str) -> TableExport:
        number = len(self.by_token) + 1
        return self.by_token.setdefault(
            token,
            TableExport(
                arn=f"arn:export/{number}",
                prefix=prefix,
                status=ExportStatus.IN_PROGRESS,
                started=f"2026-03-01T02:00:{number:02}Z",
            ),
        )

    def end(self, export: TableExport, status: ExportStatus, failure: str = "") -> None:
        for token, known in self.by_token.items():
            if known.arn == export.arn:
                self.by_token[token] = attrs.evolve(
                    known, status=status, failure=failure, ended="2026-03-01T02:20:00Z", items=3
                )
