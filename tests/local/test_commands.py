"""The commands behind make."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.__main__ import main
from local.aws import ROOT, LocalError
from local.deploy import check_tools


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `python -m local` as make does."""
    return subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-m", "local", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", ""])
def test_a_port_that_is_none_is_one_clear_line(port: str) -> None:
    """The line says what was got and what is allowed."""
    answer = run("up", DURACLOUD_PORT=port)
    assert 1 == answer.returncode
    assert [f"got DURACLOUD_PORT={port!r}; allowed: a number from 1 to 65535"] == answer.stderr.splitlines()


def test_an_unknown_command_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The line says what was got and what is allowed."""
    assert 2 == main(["start"])
    assert "got 'start'; allowed: up, down, clean, demo, drill" == capsys.readouterr().err.strip()


def test_a_missing_node_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The line says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match=r"^Node is missing; install Node 20 or newer$"):
        check_tools()


def test_an_old_node_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The line says which version was found and which is needed."""
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v18.20.1\n")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match=r"^got Node v18\.20\.1; install Node 20 or newer$"):
        check_tools()
