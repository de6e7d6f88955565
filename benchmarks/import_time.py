"""Import time of each handler module, beside that of boto3 alone."""

import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from benchmarks.row import Row
from runtime.contract import FUNCTION_ENVIRONMENT

_GOAL_SECONDS: Final = 0.4
_BASELINE: Final = "boto3"
_PROGRAM: Final = """
import time
started = time.perf_counter()
import {module}
print(time.perf_counter() - started)
"""


def handlers() -> list[str]:
    """Return the handler modules of all functions."""
    return [f"runtime.handlers.{name.replace('-', '_')}" for name in sorted(FUNCTION_ENVIRONMENT)]


def measure(modules: Sequence[str] | None = None, repeats: int = 7) -> list[Row]:
    """Measure every module in processes of its own, with compiled byte code as in a warm file system.

    Args:
        modules: the modules; the handlers when not given.
        repeats: processes per module; the best counts.
    """
    baseline = _seconds(_BASELINE, repeats)
    return [_row(module, _seconds(module, repeats), baseline) for module in modules or handlers()]


def _row(module: str, seconds: float, baseline: float) -> Row:
    return Row(
        what=f"import {module}",
        measured=f"{seconds * 1000:.0f} ms",
        baseline=f"{baseline * 1000:.0f} ms, import {_BASELINE}",
        ratio=seconds / baseline,
        goal=f"<= {_GOAL_SECONDS * 1000:.0f} ms",
        met=seconds <= _GOAL_SECONDS,
    )


def _seconds(module: str, repeats: int) -> float:
    command = [sys.executable, "-c", _PROGRAM.format(module=module)]
    outputs = [
        subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 (our own modules)
        for _ in range(repeats)
    ]
    return min(map(float, outputs))
