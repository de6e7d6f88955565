"""The system's clock."""

from datetime import UTC, datetime

from typing_extensions import override

from runtime.shared.ports import Clock


class SystemClock(Clock):
    """The real time."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)
