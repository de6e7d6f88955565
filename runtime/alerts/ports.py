"""Port of alerts."""

from typing import Protocol


class Notifier(Protocol):
    """Notifies the people in charge."""

    def publish(self, subject: str, body: str) -> None:
        """Send one message: the subject is ASCII shorter than 100 characters, the body has at most 256 KiB of UTF-8.

        Raises:
            TransientError: it was not taken this time.
            RefusedError: it was refused.
        """
