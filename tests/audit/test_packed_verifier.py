"""The verifier as one file that an auditor can keep."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from duracloud.audit.pack import pack
from duracloud.cli.main import main
from tests.support.audit_trails import archive
from tests.support.processes import run

# cryptography, and what it needs itself.
NEEDED = ("cryptography", "cffi", "_cffi_backend", "pycparser")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("packed") / "verifier.pyz"
    pack(file)
    return file


@pytest.fixture(scope="module")
def only_cryptography(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages that holds cryptography alone."""
    folder = tmp_path_factory.mktemp("packages")
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            source = origin.parent if origin.name == "__init__.py" else origin
            (folder / source.name).symlink_to(source)
    return folder


def _run(packed: Path, packages: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the packed verifier in a folder of its own, by a Python that has these packages and no others."""
    command = [sys.executable, "-S", str(packed), *words]
    return run(command, cwd=packed.parent, env={"PYTHONPATH": str(packages)})


def test_it_verifies_where_only_cryptography_is_installed(packed: Path, only_cryptography: Path) -> None:
    """Nothing of this project is needed beside the file; what was changed is found."""
    folder = archive(days=2, segments=2, events=10, unsigned=1).lay(packed.parent / "trail")
    good = _run(packed, only_cryptography, "verify", str(folder))
    next(folder.glob("events/**/*.gz")).unlink()
    bad = _run(packed, only_cryptography, "verify", str(folder), "--json")
    shutil.rmtree(folder)

    assert (0, "") == (good.returncode, good.stderr)
    assert "verdict      what is signed is complete and unchanged" in good.stdout
    assert (1, "") == (bad.returncode, bad.stderr)
    assert json.loads(bad.stdout)["holds"] is False


def test_its_usage_is_told_where_only_cryptography_is_installed(packed: Path, only_cryptography: Path) -> None:
    """A wrong folder is one line, with the status of work that was not done."""
    done = _run(packed, only_cryptography, "verify", "nothing")

    assert 2 == done.returncode
    assert "nothing is not a copy of audit/: it has neither events/ nor manifests/\n" == done.stderr


def test_the_same_sources_give_the_same_file(packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two people who pack the same commit can compare digests."""
    again = tmp_path / "again.pyz"

    assert 0 == main(["audit", "pack", "--output", str(again)])
    assert packed.read_bytes() == again.read_bytes()
    assert "needs Python 3.11 or newer and cryptography\nSHA-256 " in capsys.readouterr().out
