"""Verbs for those who change the code: test, bench, synth."""

import json
import os
import sys
import tempfile
from typing import Annotated, Final

import typer

from duracloud.cli.options import AsJson, environments
from duracloud.errors import CommandError, UsageError
from duracloud.processes import run
from duracloud.progress import counted
from duracloud.project import CDK, ROOT

# tests/conftest.py says which tests share a process, and which begin first.
_IN_ORDER: Final = ("--dist", "loadfile", "--no-loadscope-reorder")
# More than processors: tests of the system wait most of the time.
_WORKERS: Final = 4


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    anything = {"ignore_unknown_options": True, "allow_extra_args": True}
    app.command(context_settings=anything, epilog="Example: duracloud test -n 4 tests/fixity -k deposit")(test)
    app.command(epilog="Example: duracloud bench hash import --check")(bench)
    app.command(epilog="Example: duracloud synth --env dev --env prod")(synth)


def test(
    context: typer.Context,
    workers: Annotated[int, typer.Option("-n", "--workers", metavar="N", help="Processes that run tests.")] = _WORKERS,
) -> int:
    """Run all tests, or those that are named.

    More arguments go to pytest. Tests of one file run in one process, one after the other.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), *_IN_ORDER, *context.args]
    # A debugger reads from our stdin.
    return run(command, stdin=None)


def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="hash, batch, object, import, synth, partition, level; or all."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 if a goal is missed.")] = False,
    as_json: AsJson = False,
) -> int:
    """Measure speed and size against baselines of the same run."""
    from benchmarks.measured import BENCHMARKS, machine, measure  # noqa: PLC0415 (loads the runtime and CDK)
    from benchmarks.row import HEADINGS, table  # noqa: PLC0415 (loads attrs)

    if unknown := [name for name in names or () if name not in BENCHMARKS]:
        raise UsageError(f"got {', '.join(unknown)}; allowed: {', '.join(BENCHMARKS)}")
    rows = measure(names or list(BENCHMARKS))
    if as_json:
        found = [dict(zip(HEADINGS, row.cells, strict=True)) for row in rows]
        print(json.dumps({"machine": machine(), "rows": found}, indent=2))
    else:
        print(f"{machine()}\n\n{table(rows)}")
    return 1 if check and any(row.met is False for row in rows) else 0


def synth(
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="ENV", help="An environment; all when left out.", autocompletion=environments),
    ] = None,
) -> None:
    """Write the templates of environments to cdk.out."""
    known = environments()
    for name in env or ():
        if name not in known:
            raise UsageError(f"got --env {name!r}; allowed: {', '.join(known)}")
    if not CDK.exists():
        raise CommandError("the CDK command line is not installed; run 'make setup'")
    for name in counted("synthesising", env or known):
        _synth(name)


def _synth(name: str) -> None:
    # To be looked at: whoever deploys synthesises anew, and may have no placeholders left.
    context = ["-c", f"env={name}", "-c", "allowPlaceholders=true"]
    command = [str(CDK), "synth", "--quiet", *context, "--output", str(ROOT / "cdk.out" / name)]
    with tempfile.TemporaryFile() as said:
        status = run(command, environment={**os.environ, "NODE_NO_WARNINGS": "1"}, output=said)
        said.seek(0)
        sys.stderr.write(said.read().decode(errors="replace"))
    if status:
        raise CommandError(f"the templates of {name} could not be written, see above")
