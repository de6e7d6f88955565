"""The file beside a list with which `sha256sum -c` verifies a downloaded bucket."""

import re
from typing import Final

from runtime.fixity.records import FixityRecord
from runtime.report.slices import Report
from runtime.shared.pages import Malformed

_ALGORITHM: Final = "sha256"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
# No file system has such a file below the folder that a bucket was downloaded to.
_NO_FILE: Final = re.compile(r"/\Z|\0|(?:\A|/)\.{1,2}(?:/|\Z)")
# https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r"})


def header(report: Report, bucket: str) -> str:
    """Return the first line, a comment to `sha256sum`."""
    return f"# SHA-256 of the objects of {bucket} as deposited, by the report of {report.time}\n"


def sum_line(record: FixityRecord | Malformed) -> str:
    """Return the line of an object, with its end; empty if it has none.

    It has none without a confirmed SHA-256, or if its key cannot be the name of a file. Names begin with `./`, so that
    the key `-` is not standard input and a key that begins with a slash is no file outside the folder.
    """
    if isinstance(record, Malformed) or not record.has_baseline:
        return ""
    key, digest = record.ref.key, record.digests.get(_ALGORITHM, "")
    if not _DIGEST.fullmatch(digest) or _NO_FILE.search(key):
        return ""
    name = key.translate(_ESCAPED)
    return f"{digest}  ./{name}\n" if name == key else f"\\{digest}  ./{name}\n"
