"""Programs that tests run to their end."""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any


def run(command: Sequence[str], **more: Any) -> "subprocess.CompletedProcess[str]":  # noqa: ANN401 (as `subprocess.run` takes it)
    """Run a program; return its status and what it printed."""
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)  # noqa: S603 (our own programs)


def peak_memory(program: str, *arguments: object, **variables: str) -> int:
    """Return the bytes of memory that a program takes at most, whose last line is its `ru_maxrss`."""
    answer = run([sys.executable, "-c", program, *map(str, arguments)], env=os.environ | variables)
    assert 0 == answer.returncode, answer.stderr
    # KiB on Linux: https://man7.org/linux/man-pages/man2/getrusage.2.html
    return int(answer.stdout.splitlines()[-1]) * (1 if sys.platform == "darwin" else 1024)
