"""The command `duracloud`: its help, its errors, its end."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from duracloud.cli import develop
from duracloud.cli import main as command_line
from duracloud.cli.main import main
from duracloud.local import commands
from duracloud.progress import counted, working
from duracloud.project import ROOT
from tests.support.processes import run

PROGRAM = [sys.executable, "-m", "duracloud"]
HELP_COLUMNS, HELP_LINES = 100, 40


def _verbs(command: Any, *before: str) -> list[tuple[str, ...]]:  # noqa: ANN401 (typer's own types)
    inner = getattr(command, "commands", {})
    return [before] + [found for name, verb in inner.items() for found in _verbs(verb, *before, name)]


VERBS = _verbs(typer.main.get_command(command_line._app()))


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_help_fits_a_screen_and_has_an_example(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Each help is read at a glance, on a terminal of 100 x 40."""
    assert 0 == main([*words, "--help"])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= HELP_LINES
    assert max(map(len, lines)) <= HELP_COLUMNS
    assert any(line.strip().startswith("Example: ") and " ".join(["duracloud", *words]) in line for line in lines)


def test_every_verb_is_there() -> None:
    """All that people run has one front door."""
    expected = {
        "up",
        "down",
        "clean",
        "demo",
        "drill",
        "test",
        "bench",
        "synth",
        "preflight",
        "alarms",
        "cost",
        "audit",
        "restore",
    }

    assert expected <= {words[0] for words in VERBS if words}


def test_without_a_verb_the_overview_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Who types the name alone sees what there is."""
    assert 0 == main([])
    assert "Usage: duracloud " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["fly"], "got 'fly'; allowed: up, down, clean, mail, demo, drill, test, bench, "),
        (["audit", "fly"], "got 'fly'; allowed: verify, prove, pack"),
        (["audit"], "Missing command; see 'duracloud audit --help'"),
        (["--fly"], "got --fly; allowed: --install-completion, --show-completion, --help"),
        (["alarms", "--fly"], "got --fly; allowed: --env, --json, --help"),
        (["alarms", "--env"], "Option '--env' requires an argument; see 'duracloud --help'"),
        (["alarms", "prod"], "Got unexpected extra argument(s) (prod); see 'duracloud alarms --help'"),
        (["alarms", "--env", "moon"], "the environment is 'moon'; allowed: dev|local|prod|staging"),
        (["settings", "--env", ""], "the environment is ''; allowed: dev|local|prod|staging"),
        (["settings", "dev", "--env", "prod"], "got 'dev' and --env 'prod'; allowed: one environment"),
        (["up", "--env", "prod"], "got --env 'prod'; allowed: local, the only environment of the local AWS"),
        (["synth", "--env", "moon"], "got --env 'moon'; allowed: dev, local, prod, staging"),
        (["bench", "moon"], "got moon; allowed: hash, batch, object, import, synth, partition, level"),
        (["audit", "verify", "no folder"], "no folder is not a copy of audit/: it has neither events/ nor manifests/"),
        (["audit", "verify", ".", "--since", "moon"], "got 'moon'; allowed: a day such as 2026-03-01"),
        (["preflight"], "Missing option '--env'; see 'duracloud preflight --help'"),
        (["preflight", "--env", "moon"], "the environment is 'moon'; allowed: dev|local|prod|staging"),
        (["restore", ".", "letters"], "Missing option '--env'; see 'duracloud restore --help'"),
        (["restore", "--env", "moon", ".", "letters"], "the environment is 'moon'; allowed: dev|local|prod|staging"),
        (
            ["restore", "--env", "dev", "no folder", "letters"],
            "Invalid value for 'FOLDER': dir 'no folder' does not exist",
        ),
    ],
)
def test_what_is_wrong_is_one_clear_line(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The line says what was got and what is allowed, or where to read it; nothing else is printed."""
    assert 2 == main(arguments)

    said = capsys.readouterr()
    assert "" == said.out
    assert 1 == len(said.err.splitlines())
    assert said.err.startswith(line)


def test_a_defect_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nobody thought of is one line; the details are in a file."""

    def broken(*_: object, **__: object) -> None:
        raise KeyError("VersionId")

    monkeypatch.setattr("duracloud.local.commands.perform", broken)
    monkeypatch.setattr(command_line, "LOCAL", tmp_path)

    assert 1 == main(["down"])
    said = capsys.readouterr().err
    assert f"unexpected error: KeyError: 'VersionId'; the details are in {tmp_path / 'error.log'}\n" == said
    assert "Traceback" in (tmp_path / "error.log").read_text()


def _called(words: Sequence[str], cwd: Path = ROOT, **variables: str) -> "subprocess.CompletedProcess[str]":
    return run(words, cwd=cwd, env={**os.environ, **variables})


def test_the_module_is_the_command() -> None:
    """`python -m duracloud` is the same, from any folder; a mistake is its exit status."""
    done = _called([*PROGRAM, "alarms", "--env", "moon"], Path("/"), PYTHONPATH=str(ROOT))

    assert 2 == done.returncode
    assert "the environment is 'moon'; allowed: dev|local|prod|staging\n" == done.stderr


def test_importing_the_package_imports_nothing() -> None:
    """The environment of the local AWS loads part of it, and has neither typer nor CDK."""
    code = "import sys; known = set(sys.modules); import duracloud; print(sorted(set(sys.modules) - known))"
    done = _called([sys.executable, "-c", code])

    assert "['duracloud']\n" == done.stdout


def test_the_command_line_starts_without_what_its_verbs_need() -> None:
    """Help and errors are there at once: neither CDK nor boto3 is loaded for them."""
    code = (
        "import sys; from duracloud.cli.main import main; main(['--help']);"
        "print('loaded', {'aws_cdk', 'boto3', 'botocore', 'cryptography', 'rich'} & set(sys.modules))"
    )
    done = _called([sys.executable, "-c", code])

    assert "loaded set()" == done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"COMP_WORDS": "duracloud al", "COMP_CWORD": "1", "_DURACLOUD_COMPLETE": "complete_bash"}, "alarms"),
        ({"COMP_WORDS": "duracloud alarms --env p", "COMP_CWORD": "3", "_DURACLOUD_COMPLETE": "complete_bash"}, "prod"),
        ({"_TYPER_COMPLETE_ARGS": "duracloud audit v", "_DURACLOUD_COMPLETE": "complete_zsh"}, '"verify"'),
        ({"_DURACLOUD_COMPLETE": "source_bash"}, "complete -o default -F _duracloud_completion duracloud"),
        ({"_DURACLOUD_COMPLETE": "source_zsh"}, "#compdef duracloud"),
    ],
)
def test_shells_complete_verbs_and_environments(variables: dict[str, str], found: str) -> None:
    """Bash and zsh are told what may come next."""
    done = _called(PROGRAM, ROOT, **variables)

    assert found in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_outlives_an_interrupt(tmp_path: Path) -> None:
    """Who ends the tests ends their processes too, and is told so."""
    test = tmp_path / "test_endless.py"
    test.write_text(
        "import os, subprocess, time\n"
        "def test_endless():\n"
        "    subprocess.Popen(['sleep', '60'])\n"
        "    print(f'group {os.getpgrp()}', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = subprocess.Popen(  # noqa: S603 (our own program)
        [*PROGRAM, "test", "-n", "0", "-s", "-p", "no:cacheprovider", str(test)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stdout
    group = next(int(line.split()[-1]) for line in command.stdout if "group " in line)
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=60)

    assert 130 == command.returncode
    assert "interrupted; nothing is left running" == said.splitlines()[-1]
    assert [] == _alive(group)


def _alive(group: int) -> list[str]:
    found = [path.read_text().rpartition(")")[2].split() for path in Path("/proc").glob("[0-9]*/stat")]
    return [state for state, _, of, *_ in found if int(of) == group and state not in "ZX"]


class FakeAws:
    """Stands in for the local AWS."""

    def __init__(self, *, runs: bool) -> None:
        self.runs = runs

    def is_running(self) -> bool:
        return self.runs

    def start(self) -> bool:
        before, self.runs = self.runs, True
        return not before

    def stop(self) -> None:
        self.runs = False


@pytest.mark.parametrize(
    ("ran_before", "line"),
    [
        (False, "interrupted; nothing is left running"),
        (True, "interrupted; the local AWS ran before and keeps running: 'duracloud down' stops it"),
    ],
)
def test_an_interrupted_start_is_undone(
    ran_before: bool,  # noqa: FBT001 (a parameter of a test)
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A local AWS that was started is stopped again; one that ran before goes on, and the line says so."""
    aws = FakeAws(runs=ran_before)

    def interrupted(_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "_LOCAL", tmp_path)
    monkeypatch.setattr(commands, "_aws", lambda: aws)
    monkeypatch.setattr(commands, "deploy", interrupted)

    assert 130 == main(["up"])
    assert line == capsys.readouterr().err.splitlines()[-1]
    assert ran_before == aws.runs


def test_progress_is_shown_on_terminals_only(capsys: pytest.CaptureFixture[str]) -> None:
    """A log or a pipe gets results alone."""
    with working("waiting"):
        assert [1, 2] == list(counted("counting", [1, 2]))
    assert ("", "") == tuple(capsys.readouterr())


def test_l56_templates_to_look_at_may_have_placeholders(monkeypatch: pytest.MonkeyPatch) -> None:
    """`duracloud synth` writes the templates of files that nobody has edited yet."""
    called: list[Sequence[str]] = []

    def written(command: Sequence[str], **_: object) -> int:
        called.append(command)
        return 0

    monkeypatch.setattr(develop, "run", written)

    develop.synth(["prod"])

    (command,) = called
    assert ["-c", "env=prod", "-c", "allowPlaceholders=true"] == list(command[3:7])
