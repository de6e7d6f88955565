"""`python -m benchmarks`: speed and size, each beside its baseline of the same run."""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TextIO

from benchmarks import busy_partition, import_time, level_load, object_cpu, read_and_hash, small_objects, synthesis
from benchmarks.row import Row, table
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


def main(arguments: Sequence[str]) -> int:
    """Run benchmarks and print their table. Return 1 if a goal is missed and `--check` was given, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHMARKS)}; all when left out")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal is missed")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        parser.error(f"got {', '.join(unknown)}; allowed: {', '.join(BENCHMARKS)}")
    rows = measure(options.names or list(BENCHMARKS))
    _say(f"{machine()}\n\n{table(rows)}", sys.stdout)
    return 1 if options.check and any(row.met is False for row in rows) else 0


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


def _say(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
