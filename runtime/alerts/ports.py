"""What alerts need of the world outside."""

from typing import Protocol


class Notifier(Protocol):
    """Reaches the people who care for the objects."""

    def publish(self, subject: str, body: str) -> None:
        """Send one message.

        Args:
            subject: one line of ASCII, shorter than 100 characters.
            body: text, at most 256 KiB in UTF-8.

        Raises:
            TransientError: it was not taken this time.
            RefusedError: it was refused.
        """
        ...
