"""The verbs of the local AWS."""

import errno
import os
from pathlib import Path

import pytest

from duracloud.cli.main import main
from duracloud.local import commands
from duracloud.local.aws import LocalError
from duracloud.local.deploy import check_tools


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", ""])
def test_a_port_that_is_none_is_one_clear_line(
    port: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line says what was got and what is allowed."""
    monkeypatch.setattr(commands, "_LOCAL", tmp_path)
    monkeypatch.setenv("DURACLOUD_PORT", port)

    assert 2 == main(["up"])
    assert [f"got DURACLOUD_PORT={port!r}; allowed: a number from 1 to 65535"] == capsys.readouterr().err.splitlines()


def test_two_commands_do_not_work_in_one_folder_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who comes second is told so at once, and can go on when the first has ended."""
    monkeypatch.setattr(commands, "_LOCAL", tmp_path)

    with commands._alone(["aws"]):
        assert 1 == main(["down"])
        assert 1 == main(["clean"])
    assert "another command works in .local/aws; wait until it ends\n" * 2 == capsys.readouterr().err
    assert 0 == main(["down"])


def test_clean_forgets_what_broken_off_commands_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Logs and data of a demo or drill that was broken off go with everything else."""
    monkeypatch.setattr(commands, "_LOCAL", tmp_path)
    for name in ("aws", "demo", "drill", "assets"):
        (tmp_path / name / "state").mkdir(parents=True)

    assert 0 == main(["clean"])
    assert ["assets"] == [path.name for path in tmp_path.iterdir() if path.is_dir()]


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


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "free space on its disk"),
        (errno.EROFS, "its file system is read-only"),
        (errno.EACCES, "make it writable"),
    ],
)
def test_f30_a_folder_that_takes_nothing_is_one_clear_line(
    number: int, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk and a read-only folder: the line names the file, and says what to do."""

    def refused() -> None:
        raise OSError(number, os.strerror(number), str(tmp_path / "port"))

    monkeypatch.setattr(commands, "_LOCAL", tmp_path)
    monkeypatch.setattr(commands, "_up", refused)

    assert 1 == main(["up"])
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"cannot write to {tmp_path / 'port'}: ")
    assert line.endswith(says)


def test_f30_mail_of_a_local_aws_that_does_not_run_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line says how to start it."""
    monkeypatch.setattr(commands, "_LOCAL", tmp_path)

    assert 1 == main(["mail"])
    assert "the local AWS does not run; start it with 'make up'\n" == capsys.readouterr().err
