"""Programs that a command runs: none of them outlives it."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final

from duracloud.project import ROOT

_GRACE_SECONDS: Final = 30


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    output: IO[Any] | None = None,
    stdin: int | None = subprocess.DEVNULL,
) -> int:
    """Run a program in the project's folder, wait for its end, and return its exit status.

    An interrupt lets the program and its children end, then kills them. Environment and output are this process's own
    if not given.
    """
    # A group of its own: an interrupt at the terminal reaches it once, from here, and it is ended with its children.
    process = subprocess.Popen(  # noqa: S603 (our own programs)
        command, cwd=ROOT, env=environment, stdin=stdin, stdout=output, stderr=output, process_group=0
    )
    try:
        return process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
        raise
    finally:
        # Also the children that the program left running. A program that ended in good order left none.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
