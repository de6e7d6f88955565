"""All benchmarks: speed and size, each beside its baseline of the same run."""

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks import busy_partition, import_time, level_load, object_cpu, read_and_hash, small_objects, synthesis
from benchmarks.row import Row
from duracloud.progress import counted

BENCHMARKS: Final[dict[str, Callable[[], Sequence[Row]]]] = {
    "hash": lambda: [read_and_hash.measure()],
    "batch": lambda: [small_objects.measure()],
    "object": lambda: [object_cpu.measure()],
    "import": import_time.measure,
    "synth": synthesis.measure,
    "partition": lambda: [busy_partition.measure()],
    "level": lambda: [level_load.measure()],
}


def measure(names: Sequence[str]) -> list[Row]:
    """Run the benchmarks of these names."""
    return [row for name in counted("benchmarks", names) for row in BENCHMARKS[name]()]


def machine() -> str:
    """Return what the figures were measured on, in one line."""
    return f"{os.cpu_count()} x {_processor()}, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    if file.exists():
        for line in file.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
