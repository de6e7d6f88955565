"""CPU seconds per GiB of reading over TLS and hashing, beside a bare loop over http.client and hashlib."""

import hashlib
import json
import os
import ssl
import sys
import time
from collections.abc import Callable
from http.client import HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from awscrt.checksums import crc64nvme

from benchmarks import care
from benchmarks.row import Row
from benchmarks.s3_server import key_of, serving
from runtime.fixity.deposit import deposit
from runtime.shared.object_ref import ObjectRef

_GOAL: Final = 1.15
_GIB: Final = 1024**3
_CHUNK: Final = 1024 * 1024


def measure(size: int = _GIB // 2, repeats: int = 5) -> Row:
    """Measure in a process of its own, against the server in another."""
    with serving() as server:
        ours, bare = server.measure("read_and_hash", server.endpoint, size, repeats)
    scale = _GIB / size
    return Row(
        what=f"read and hash ({', '.join(care.ALGORITHMS)})",
        measured=f"{ours * scale:.2f} CPU s/GiB",
        baseline=f"{bare * scale:.2f} CPU s/GiB, http.client + hashlib",
        ratio=ours / bare,
        goal=f"<= {_GOAL} x",
        met=ours / bare <= _GOAL,
    )


def _bare(endpoint: str, key: str) -> None:
    parts = urlsplit(endpoint)
    trusted = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    connection = HTTPSConnection(str(parts.hostname), parts.port, context=trusted)
    connection.request("GET", f"/{care.BUCKET}/{key}")
    answer = connection.getresponse()
    sha256, md5, crc = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    while chunk := answer.read(_CHUNK):
        sha256.update(chunk)
        md5.update(chunk)
        crc = crc64nvme(chunk, crc)
    connection.close()
    sha256.digest()
    md5.digest()


def _cpu_seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def main() -> None:
    """Print the best CPU seconds of a deposit and of the bare loop, as JSON."""
    endpoint, size, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    key = key_of(size)
    ref = ObjectRef(care.BUCKET, key)
    ours = care.care()
    # The first of each warms up imports and the server's digests.
    deposit(ours, ObjectRef(care.BUCKET, key_of(1)), care.SEQUENCER, care.attempt())
    _bare(endpoint, key)
    runs = [
        (
            _cpu_seconds(lambda: deposit(ours, ref, care.SEQUENCER, care.attempt())),
            _cpu_seconds(lambda: _bare(endpoint, key)),
        )
        for _ in range(repeats)
    ]
    print(json.dumps([min(run[0] for run in runs), min(run[1] for run in runs)]))  # noqa: T201 (the caller reads it)


if __name__ == "__main__":
    main()
