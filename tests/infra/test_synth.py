import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.infra.synthesis import LAYERS, ROOT

# A place where nothing listens: whatever asks for the network fails at once.
_NOWHERE = "http://127.0.0.1:9"
# What CDK's checks found, the tree for its console, and how long things took.
_REPORTS = ("tree.json", "validation-report.json", "policy-validation-report.json", "performance-counters.json")
# What the command line adds to the context of cdk.json.
_ADDED = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}
_AS_THEY_CAME = {"allowPlaceholders": "true"}


@pytest.fixture(scope="session")
def home(shared_folder: Path) -> Path:
    """A home of its own, which all runs share."""
    folder = shared_folder / "home"
    folder.mkdir(exist_ok=True)
    return folder


def _start(command: Sequence[str], project: Path, home: Path, variables: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start a program without credentials, region and network, and with a home of its own."""
    proxies = {
        name: _NOWHERE for kind in ("http", "https", "all") for name in (f"{kind}_proxy", f"{kind}_PROXY".upper())
    }
    # Where jsii has unpacked CDK already: that takes longer than a synth.
    unpacked = {"JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache" / "aws" / "jsii" / "package-cache")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **unpacked, **proxies, **variables}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=project, env=environment, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 (our own programs)


def _start_app(project: Path, output: Path, home: Path, **context: object) -> "subprocess.Popen[str]":
    """Run the app as the CDK command line runs it, without CDK's own checks."""
    flags = json.loads((project / "cdk.json").read_text("utf-8"))["context"]
    called = {
        "CDK_OUTDIR": str(output),
        "CDK_CONTEXT_JSON": json.dumps({**flags, **_ADDED, **context}),
        "CDK_VALIDATION": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return _start([sys.executable, str(project / "app.py")], project, home, called)


def _written(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(output.glob("*.json")) if path.name not in _REPORTS}


def _answer(run: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = run.communicate()
    return run.returncode, out, err


def _synth(project: Path, output: Path, home: Path, **context: object) -> tuple[tuple[int, str, str], dict[str, bytes]]:
    return _answer(_start_app(project, output, home, **context)), _written(output)


def _copy(target: Path) -> Path:
    for name in ("stacks", "runtime"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, target / name)
    for name in (".wheelhouse", ".git"):
        (target / name).symlink_to(ROOT / name)
    return target


def _start_command_line(output: Path, home: Path, name: str) -> "subprocess.Popen[str]":
    context = [word for one in ({"env": name} | _AS_THEY_CAME).items() for word in ("-c", "=".join(one))]
    command = [str(ROOT / "node_modules" / ".bin" / "cdk"), "synth", *context, "--quiet", "-o", str(output)]
    return _start(command, ROOT, home, {})


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_two_synths_are_byte_identical_and_silent(name: str, tmp_path: Path, home: Path) -> None:
    """Templates and asset hashes depend on code and history alone: not on folder, time, credentials or network.

    For prod the first synth is `cdk synth`, which says where the templates are and nothing else.
    """
    elsewhere = _copy(tmp_path / "a folder with blanks")
    one, two = tmp_path / "one", tmp_path / "two"
    # Both at the same time. CDK's own checks, which take longer than a synth, are tried by test_cfn_lint.py.
    context = {"env": name, **_AS_THEY_CAME}
    first = _start_command_line(one, home, name) if name == "prod" else _start_app(ROOT, one, home, **context)
    second = _start_app(elsewhere, two, home, **context)

    stacks = ", ".join(f"duracloud-prod-{layer}" for layer in LAYERS)
    said = f"Successfully synthesized to {one}\nSupply a stack id ({stacks}) to display its template.\n"
    assert [(0, "", said if name == "prod" else ""), (0, "", "")] == [_answer(first), _answer(second)]
    written = _written(one)
    assert f"duracloud-{name}-integrity.template.json" in written
    assert written == _written(two)
    assert "missing" not in json.loads(written["manifest.json"])
    assets = json.loads(written[f"duracloud-{name}-integrity.assets.json"])["files"]
    for asset in assets.values():
        assert (one / asset["source"]["path"]).exists()


@pytest.mark.parametrize(
    ("context", "line"),
    [
        ({"env": "production"}, "the environment is 'production'; allowed: -c env=dev|local|prod|staging\n"),
        ({}, "no environment was named; allowed: -c env=dev|local|prod|staging\n"),
        (
            {"env": "prod", "allowDataLoss": "true"} | _AS_THEY_CAME,
            "allowDataLoss is true; allowed for prod: false, because it is not disposable\n",
        ),
    ],
)
def test_a_wrong_word_is_one_clear_line(context: dict[str, str], line: str, tmp_path: Path, home: Path) -> None:
    """The person who mistypes reads one line, and no stack trace."""
    answer, written = _synth(ROOT, tmp_path / "out", home, **context)

    assert (1, "", line) == answer
    assert {} == written


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_l56_the_app_refuses_what_came_with_the_files(name: str, tmp_path: Path, home: Path) -> None:
    """Without a word about placeholders `cdk diff` and `cdk deploy` end in one line that names them."""
    (status, _, line), written = _synth(ROOT, tmp_path / "out", home, env=name)

    assert (1, {}) == (status, written)
    assert line.startswith(f"{name}.toml: got the placeholders account = ")
    assert line.count("\n") == 1


def test_an_unknown_setting_is_one_clear_line(tmp_path: Path, home: Path) -> None:
    """A mistyped key in an environment's file is named, with the keys that are allowed."""
    project = _copy(tmp_path / "project")
    settings = project / "stacks" / "environments" / "dev.toml"
    settings.write_text(f"{settings.read_text('utf-8')}\n[export]\nscheduel = 1\n", encoding="utf-8")

    answer, _ = _synth(project, tmp_path / "out", home, env="dev")

    line = "dev.toml.export: got the unknown key scheduel; allowed: schedule, follow_schedule\n"
    assert (1, "", line) == answer
