"""The text file in which a depositor asks for buckets."""

from typing import Final

import attrs

LARGEST_FILE: Final = 64 * 1024
_BYTE_ORDER_MARK: Final = "\ufeff"
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class RequestRejectedError(Exception):
    """A request is rejected as a whole; the text says why in one line."""


@attrs.frozen
class RequestedName:
    """One name in a request."""

    line: int  # from 1
    name: str  # in lower case


def read_names(content: bytes, most: int, prefix: str = "") -> tuple[RequestedName, ...]:
    """Read a request file: UTF-8 text with one name per line. Return one to `most` names.

    Blanks around a name, blank lines, lines that begin with `#` and repeated names are ignored. So is the environment's
    prefix with its dash before a name: many people write the full name of the bucket.

    Raises:
        RequestRejectedError: the file is too large, not text, without names or with too many.
    """
    if len(content) > LARGEST_FILE:
        raise RequestRejectedError(f"the file is larger than {LARGEST_FILE // 1024} KiB, which is the largest allowed")
    if content.startswith(_UTF_16_MARKS) or b"\0" in content:
        raise RequestRejectedError(
            "the file seems to be UTF-16 text, which Windows calls Unicode; save it with the encoding UTF-8"
        )
    try:
        text = content.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise RequestRejectedError(
            f"the file is not UTF-8 text: byte {error.start + 1} cannot be read; save it with the encoding UTF-8"
        ) from error
    names: dict[str, RequestedName] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        name = line.strip().lower().removeprefix(f"{prefix}-" if prefix else "")
        if name and not name.startswith("#"):
            names.setdefault(name, RequestedName(number, name))
    if not names:
        raise RequestRejectedError("the file has no names; write one name per line")
    if len(names) > most:
        raise RequestRejectedError(f"the file has {len(names)} names; allowed in one request: {most}")
    return tuple(names.values())
