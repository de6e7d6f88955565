"""Cold start of each function: import of its handler module, and building its clients, beside importing boto3 alone."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.function_environment import function_environment
from benchmarks.row import Row
from benchmarks.s3_server import client_environment
from runtime.settings import FUNCTIONS

_GOAL_SECONDS: Final = 0.4
_BASELINE: Final = "boto3"
_HANDLERS: Final = Path(__file__).parent.parent / "runtime" / "handlers"
_PROGRAM: Final = """
import json, time
started = time.perf_counter()
import {module}
imported = time.perf_counter()
{then}
print(json.dumps([imported - started, time.perf_counter() - started]))
"""


def measure(repeats: int = 7) -> list[Row]:
    """Measure every function in processes of its own, with compiled byte code; the best of the repeats counts."""
    baseline, _ = _seconds(_BASELINE, "", {}, repeats)
    return [_row(function, baseline, repeats) for function in sorted(FUNCTIONS)]


def _row(function: str, baseline: float, repeats: int) -> Row:
    name = function.replace("-", "_")
    factories = re.findall(r"\bbootstrap\.(\w+)\(\)", (_HANDLERS / f"{name}.py").read_text("utf-8"))
    build = "\n".join(["from runtime import bootstrap", *(f"bootstrap.{factory}()" for factory in factories)])
    imported, ready = _seconds(f"runtime.handlers.{name}", build, function_environment(function), repeats)
    return Row(
        what=f"import of {name}",
        measured=f"{imported * 1000:.0f} ms ({ready * 1000:.0f} ms with its clients)",
        baseline=f"{baseline * 1000:.0f} ms, import {_BASELINE}",
        ratio=imported / baseline,
        goal=f"<= {_GOAL_SECONDS * 1000:.0f} ms",
        met=imported <= _GOAL_SECONDS,
    )


def _seconds(module: str, then: str, variables: Mapping[str, str], repeats: int) -> tuple[float, float]:
    """Return the best seconds until the module is imported, and until the rest of the program is done too."""
    command = [sys.executable, "-c", _PROGRAM.format(module=module, then=then)]
    environment = os.environ | client_environment() | dict(variables)
    runs = [
        json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout)  # noqa: S603 (our own modules)
        for _ in range(repeats)
    ]
    return min(run[0] for run in runs), min(run[1] for run in runs)
