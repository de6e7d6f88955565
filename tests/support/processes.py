"""Programs that tests run to their end."""

import subprocess
from collections.abc import Sequence
from typing import Any


def run(command: Sequence[str], **more: Any) -> "subprocess.CompletedProcess[str]":  # noqa: ANN401 (as `subprocess.run` takes it)
    """Run a program; return its status and what it printed."""
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)  # noqa: S603 (our own programs)
