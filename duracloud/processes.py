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
    """Run a program in the project's folder and wait for its end.

    Where this is broken off, the program and all that it has started get the chance to end well, and are then killed.

    Args:
        command: the program and its arguments.
        environment: its environment variables; this process's own where not given.
        output: takes what it prints; this process's own stdout and stderr where not given.
        stdin: what it reads from.

    Returns:
        Its exit status.
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
        # Also what the program has left behind. There is nothing where it ended well.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
