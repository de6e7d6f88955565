"""The command line `duracloud`: its verbs, and the one handler of errors (a line and an exit status)."""

import io
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from duracloud.cli import audit, develop, local, service
from duracloud.errors import CommandError, UsageError
from duracloud.project import LOCAL

NAME: Final = "duracloud"
_BROKEN_OFF: Final = 130
_TERMINATED: Final = 128 + signal.SIGTERM


class _Verbs(TyperGroup):
    """Verbs in the order of their registration; an unknown one is an error of one line."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 (typer's own types)
        if args[0] not in self.commands:
            raise UsageError(f"got {args[0]!r}; allowed: {', '.join(self.commands)}")
        return super().resolve_command(ctx, args)


def _typer(text: str, epilog: str) -> typer.Typer:
    return typer.Typer(help=text, epilog=epilog, cls=_Verbs, rich_markup_mode=None, pretty_exceptions_enable=False)


def _app() -> typer.Typer:
    app = _typer("Runs DuraCloud on this machine and looks after it on AWS.", "Example: duracloud demo")
    local.register(app)
    develop.register(app)
    app.command(epilog="Example: duracloud settings prod")(service.settings)
    app.command(epilog="Example: duracloud preflight --env prod")(service.preflight)
    app.command(epilog="Example: duracloud alarms --env prod --json")(service.alarms)
    app.command(epilog="Example: duracloud cost --env prod --objects 1e6 --bytes 10TB")(service.cost)
    trail = _typer("Verify a copy of the audit trail without network.", "Example: duracloud audit verify audit/")
    audit.register(trail)
    app.add_typer(trail, name="audit")
    app.command(epilog="Example: duracloud restore --env prod export/ acme-letters acme-maps")(service.restore)
    return app


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says and return the exit status. Without arguments print the overview."""
    command: Any = typer.main.get_command(_app())
    # Progress is seen as it happens, also through a pipe.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    try:
        with _interrupts(), command.make_context(NAME, list(arguments) or ["--help"]) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as ended:
        return ended.exit_code
    except BrokenPipeError:
        # The reader of the pipe has ended; so do we, without an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except typer.TyperException as error:
        line, status = _line(error), error.exit_code
    except CommandError as error:
        line, status = str(error), error.status
    except KeyboardInterrupt:
        line, status = "interrupted; nothing is left running", _BROKEN_OFF
    except Exception as error:  # noqa: BLE001 (a defect: one line here, the details in a file)
        line, status = f"unexpected error: {type(error).__name__}: {error}; the details are in {_noted()}", 1
    print(line, file=sys.stderr)
    return status


def run() -> NoReturn:
    """Entry point of the console command."""
    # A folder that cannot be written to is an error of the commands that write, not of the others.
    with suppress(OSError):
        LOCAL.joinpath("tmp").mkdir(parents=True, exist_ok=True)
        # Temporary files stay in the project's folder too.
        os.environ.setdefault("TMPDIR", str(LOCAL / "tmp"))
    # Node's notice about its own version says nothing about the templates.
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
    if f"_{NAME.upper()}_COMPLETE" in os.environ:
        typer.main.get_command(_app()).main(prog_name=NAME)
    sys.exit(main(sys.argv[1:]))


def _line(error: Any) -> str:  # noqa: ANN401 (typer does not publish the classes of usage errors)
    context = getattr(error, "ctx", None)
    text = " ".join(error.format_message().split()).rstrip(".")
    if context is None:
        return f"{text}; see '{NAME} --help'"
    if text.startswith("No such option"):
        options = [name for parameter in context.command.params for name in parameter.opts if name.startswith("-")]
        return f"got {error.option_name}; allowed: {', '.join([*options, '--help'])}"
    return f"{text}; see '{context.command_path} --help'"


def _noted() -> str:
    file = LOCAL / "error.log"
    try:
        file.parent.mkdir(exist_ok=True)
        file.write_text(traceback.format_exc(), "utf-8")
    except OSError as error:
        return f"no file: {error}"
    return str(file)


@contextmanager
def _interrupts() -> Iterator[None]:
    """On Ctrl-C or SIGTERM end what was started; a second Ctrl-C does not interrupt that."""

    def interrupted(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("stopping ...", file=sys.stderr)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupted), signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    try:
        yield
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
