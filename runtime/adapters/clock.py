"""The system's clock."""

from datetime import UTC, datetime


class SystemClock:
    """A clock that tells the real time."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)
