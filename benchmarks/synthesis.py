"""Wall time of `cdk synth -c env=prod`, and the size of what it would ship to Lambda."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.row import Row

_ROOT: Final = Path(__file__).parent.parent
_CDK: Final = _ROOT / "node_modules" / ".bin" / "cdk"
# The CDK CLI writes notices and caches below the home folder: below the project's own instead.
_HOME: Final = _ROOT / ".local" / "cdk-home"
_SMALLEST_APP: Final = """
import aws_cdk
app = aws_cdk.App()
aws_cdk.CfnWaitConditionHandle(aws_cdk.Stack(app, "smallest"), "Only")
app.synth()
"""
_MIB: Final = 1024 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: code and layers together, unzipped; and one
# archive that is given directly.
_UNZIPPED_LIMIT: Final = 250 * _MIB
_ZIPPED_LIMIT: Final = 50 * _MIB


def measure(environment: str = "prod", repeats: int = 3) -> list[Row]:
    """Measure warm runs, the best of the repeats: the first one builds the assets and does not count.

    Raises:
        RuntimeError: the synth failed; the text is what the CDK CLI said.
    """
    with tempfile.TemporaryDirectory() as folder:
        output, smallest = Path(folder) / "ours", Path(folder) / "smallest"
        app = shlex.join([sys.executable, "-c", _SMALLEST_APP])
        ours = _best([*_command(output), "-c", f"env={environment}", "-c", "allowPlaceholders=true"], repeats)
        bare = _best([*_command(smallest), "--app", app], repeats)
        synth = Row(
            what=f"cdk synth -c env={environment}, warm",
            measured=f"{ours:.1f} s",
            baseline=f"{bare:.1f} s, an app with one resource",
            ratio=ours / bare,
        )
        return [synth, *shipped(output)]


def shipped(assembly: Path) -> list[Row]:
    """Measure code and layer in a cloud assembly, the output folder of a synth."""
    folders = _zip_assets(assembly)
    unzipped = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
    zipped = sum(map(_zipped_size, folders))
    return [
        _size("shipped to Lambda, unzipped", unzipped, _UNZIPPED_LIMIT),
        _size("shipped to Lambda, zipped", zipped, _ZIPPED_LIMIT),
    ]


def _size(what: str, size: int, limit: int) -> Row:
    return Row(
        what=what,
        measured=f"{size / _MIB:.1f} MiB",
        baseline=f"{limit / _MIB:.0f} MiB, Lambda's limit",
        ratio=size / limit,
    )


def _zip_assets(assembly: Path) -> list[Path]:
    found: set[Path] = set()
    for manifest in assembly.glob("*.assets.json"):
        for asset in json.loads(manifest.read_text("utf-8"))["files"].values():
            if asset["source"].get("packaging") == "zip":
                found.add(assembly / asset["source"]["path"])
    return sorted(found)


def _zipped_size(folder: Path) -> int:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
        return file.tell()


def _command(output: Path) -> list[str]:
    return [str(_CDK), "synth", "--quiet", "--output", str(output)]


def _best(command: Sequence[str], repeats: int) -> float:
    _seconds(command)
    return min(_seconds(command) for _ in range(repeats))


def _seconds(command: Sequence[str]) -> float:
    _HOME.mkdir(parents=True, exist_ok=True)
    quiet = {
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "HOME": str(_HOME),
        "CDK_DISABLE_VERSION_CHECK": "1",
    }
    started = time.perf_counter()
    done = subprocess.run(command, check=False, cwd=_ROOT, env=os.environ | quiet, capture_output=True, text=True)  # noqa: S603 (our own command)
    took = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command)} failed:\n{done.stderr}")
    return took
