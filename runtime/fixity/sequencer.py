"""The order of events of one object, by S3's sequencer."""

from typing import Final

_WIDTH: Final = 32
_HEX: Final = frozenset("0123456789ABCDEF")


def normalised(sequencer: str) -> str:
    """Return a sequencer in a form whose plain text order is S3's order: upper case, at least 32 characters.

    S3 documents the order as: pad the shorter value with zeros on the right, then compare as text
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html). Padding all to one
    width lets DynamoDB compare them in a condition.

    Raises:
        ValueError: the text is empty or not hexadecimal.
    """
    upper = sequencer.upper()
    if not upper or not _HEX.issuperset(upper):
        raise ValueError(f"got the sequencer {sequencer!r}; allowed: hexadecimal digits")
    return upper.rstrip("0").ljust(_WIDTH, "0")


# For facts that came from no event of S3: every event is newer.
BEFORE_ALL_EVENTS: Final = normalised("0")
