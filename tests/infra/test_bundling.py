import ast
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.function_environment import function_environment
from duracloud.templates import CONTEXT
from runtime.settings import FUNCTIONS
from stacks import bundling
from stacks.assembly import build_app
from tests.architecture.source import attributes_of
from tests.infra.synthesis import ROOT, settings_of
from tests.support.processes import run

# https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html: where the machine stands, and its numbers.
_ELF_MACHINE = slice(18, 20)
_MACHINES = {"arm64": 183, "x86_64": 62}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code asset, built."""
    target = tmp_path_factory.mktemp("code")
    bundling.copy_code(target)
    return target


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The dependency layers by processor, built."""
    return _built(bundling.ALL_FUNCTIONS, tmp_path_factory)


@pytest.fixture(scope="module")
def layer(layers: Mapping[str, Path]) -> Path:
    """The dependency layer for the processor that most machines of developers have."""
    return layers["x86_64"]


@pytest.fixture(scope="module")
def report_layers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The layers of checksum-report by processor, built."""
    return _built(bundling.REPORT, tmp_path_factory)


def _built(content: bundling.Dependencies, folders: pytest.TempPathFactory) -> Mapping[str, Path]:
    targets = {architecture: folders.mktemp("layer") / "python" for architecture in bundling.PLATFORMS}
    for architecture, target in targets.items():
        bundling.install(architecture, content, target)
    return targets


def _factory(function: str) -> str:
    tree = ast.parse((ROOT / "runtime" / "handlers" / f"{function.replace('-', '_')}.py").read_text("utf-8"))
    (name,) = attributes_of("bootstrap", tree)
    return name


def _run_alone(program: str, *paths: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a program with nothing but folders and the standard library; what is imported is compiled once for all."""
    outside = """
outside = [m for m in list(sys.modules.values()) if "site-packages" in (getattr(m, "__file__", None) or "")]
assert outside == [], outside
"""
    whole = f"import sys\nsys.path[:0] = sys.argv[1:]\n{program}{outside}"
    caches = f"pycache_prefix={paths[0].with_name('compiled')}"
    answer = run([sys.executable, "-I", "-S", "-X", caches, "-c", whole, *map(str, paths)], env=env)

    assert (0, "") == (answer.returncode, answer.stderr)


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_what_ships_is_self_contained(code: Path, layer: Path, function: str, tmp_path: Path) -> None:
    """Every handler is imported and its clients are built from the asset and the layer alone.

    This runs on the Python of the tests, not on Lambda's 3.13, so it says nothing of the layer's one native library,
    which is loaded when the first object needs it.
    """
    program = f"""
from runtime.handlers.{function.replace("-", "_")} import bootstrap, handler
assert callable(handler)
bootstrap.{_factory(function)}()
"""
    keys = {"AWS_ACCESS_KEY_ID": "dummy", "AWS_SECRET_ACCESS_KEY": "dummy"}
    variables = {**function_environment(function), "AWS_DEFAULT_REGION": "us-east-1", **keys, "HOME": str(tmp_path)}
    _run_alone(program, code, layer, env=variables)


def test_the_code_asset_is_the_runtime_alone(code: Path) -> None:
    """Sources, templates and styles of the package runtime, no caches and nothing else."""
    shipped = {path.relative_to(code).as_posix() for path in code.rglob("*") if path.is_file()}

    sources = {path for kind in ("*.py", "*.j2", "*.css") for path in (ROOT / "runtime").rglob(kind)}
    assert {path.relative_to(ROOT).as_posix() for path in sources} == shipped


def test_the_layer_describes_exactly_the_services_that_are_called(layer: Path) -> None:
    """Botocore's data is pruned to the services for which the runtime builds clients."""
    called = {
        node.args[0].value
        for path in (ROOT / "runtime").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "client"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    described = {path.name for path in (layer / "botocore" / "data").iterdir() if path.is_dir()}

    assert called == described
    assert called == bundling.ALL_FUNCTIONS.services


def test_the_layer_fits_lambda(code: Path, layer: Path) -> None:
    """Code and layer stay far below Lambda's 250 MiB, so that cold starts stay short."""
    size = sum(path.stat().st_size for folder in (code, layer) for path in folder.rglob("*") if path.is_file())

    assert size < 40 * 2**20


def test_the_layer_for_parquet_is_self_contained(code: Path, layer: Path, report_layers: Mapping[str, Path]) -> None:
    """The reports find their library in a layer of its own, and read a file with nothing else installed."""
    program = """
import io
from arro3.core import Array, DataType, RecordBatch
from arro3.io import read_parquet, write_parquet
import runtime.adapters.s3_inventories
file = io.BytesIO()
write_parquet(RecordBatch.from_pydict({"key": Array(["a"], DataType.utf8())}), file, compression="snappy")
assert ["a"] == next(iter(read_parquet(file))).column("key").to_pylist()
"""
    _run_alone(program, code, layer, report_layers["x86_64"])


def test_the_page_is_made_of_what_ships(code: Path, layer: Path, report_layers: Mapping[str, Path]) -> None:
    """Template, style and Jinja2 come from the asset and the layers, with nothing else installed."""
    program = """
from datetime import UTC, datetime, timedelta
from runtime.adapters.jinja_page import JinjaPage
from runtime.bucket_runs.policy import SweepPolicy
from runtime.report.count import ReportCount
from runtime.report.model import BucketReport, DayCount, WholeReport
from runtime.report.slices import Report
moment = datetime(2026, 3, 1, tzinfo=UTC)
whole = WholeReport(
    report=Report(moment),
    environment="prod",
    policy=SweepPolicy(interval=timedelta(days=180), grace=timedelta(days=3)),
    ended=moment,
    buckets={"acme": BucketReport(count=ReportCount(), storage=None, unfinished="<b>\\n")},
    days=[DayCount(day=moment.date())],
)
html = JinjaPage().html(whole)
assert html.startswith("<!DOCTYPE html>"), html
assert "1 bucket could not be reported on" in html, html
assert "&lt;b&gt;" + chr(92) + "n" in html, html
assert "prefers-color-scheme:dark" in html, html
"""
    _run_alone(program, code, layer, report_layers["x86_64"])


def test_a_change_of_a_template_or_style_is_another_asset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The digest by which the code is deployed covers all that ships."""
    monkeypatch.setattr(bundling, "ROOT", tmp_path)
    monkeypatch.setattr(bundling, "RUNTIME", tmp_path / "runtime")
    (tmp_path / "runtime" / "templates").mkdir(parents=True)
    digests = []
    for name in ("code.py", "templates/page.html.j2", "templates/page.css", "notes.txt"):
        (tmp_path / "runtime" / name).write_text(name)
        digests.append(bundling._digest(bundling._code_files()))

    assert 3 == len(set(digests))
    assert digests[-1] == digests[-2]


@pytest.mark.parametrize("architecture", sorted(bundling.PLATFORMS))
def test_both_layers_together_fit_lambda(architecture: str, report_layers: Mapping[str, Path]) -> None:
    """The layer of the reports is for its processor and for Lambda's Python, and leaves room below Lambda's 250 MiB."""
    layer = report_layers[architecture]
    libraries = sorted(layer.rglob("*.so"))
    machine, lambda_python = bundling.PLATFORMS[architecture].split("_", 1)[1], bundling.PYTHON_VERSION.replace(".", "")
    speedups = f"_speedups.cpython-{lambda_python}-{machine}-linux-gnu.so"

    assert {"_core.abi3.so", "_io.abi3.so", speedups} == {library.name for library in libraries}
    for library in libraries:
        assert _MACHINES[architecture] == int.from_bytes(library.read_bytes()[_ELF_MACHINE], "little")
    assert sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) < 40 * 2**20


@pytest.mark.parametrize("architecture", sorted(bundling.PLATFORMS))
def test_the_native_library_is_for_the_processor_of_the_settings(architecture: str, layers: Mapping[str, Path]) -> None:
    """Each architecture gets the library built for it, in a form that Python 3.13 loads."""
    (library,) = layers[architecture].glob("_awscrt*.so")

    assert library.name.endswith(".abi3.so")
    assert _MACHINES[architecture] == int.from_bytes(library.read_bytes()[_ELF_MACHINE], "little")


def test_a_wheel_for_another_python_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compiled for one version of Python is fetched again for the next; the rest stays."""
    assert [] == bundling.missing_wheels("arm64", bundling.REPORT)
    monkeypatch.setattr(bundling, "PYTHON_VERSION", "3.14")

    [missing] = bundling.missing_wheels("arm64", bundling.REPORT)
    assert missing.startswith("MarkupSafe==")


def test_missing_wheels_are_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the layer cannot be built, synth says what is missing and what to run."""
    monkeypatch.setattr(bundling, "WHEELHOUSE", tmp_path / ".wheelhouse")
    context = {name: value for name, value in CONTEXT.items() if name != "aws:cdk:bundling-stacks"}

    with pytest.raises(bundling.BundlingError) as caught:
        build_app(settings_of("dev"), context=context, outdir=str(tmp_path / "out"))

    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith("attrs==")
    assert line.endswith("not found in .wheelhouse/manylinux2014_aarch64; run: make setup")


def test_commit_is_the_last_that_changed_the_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The commit changes with the code of the functions and with nothing else; changes since are marked."""

    def git(*arguments: str) -> str:
        author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        command = ["git", "-C", str(tmp_path), *author, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 (our own arguments)

    def seen() -> str:
        bundling.commit.cache_clear()
        return bundling.commit()

    monkeypatch.setattr(bundling, "ROOT", tmp_path)
    assert "unknown" == seen()
    git("init", "--quiet")
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime" / "code.py").write_text("1")
    git("add", "-A")
    git("commit", "--quiet", "-m", "code")
    first = git("rev-parse", "HEAD")
    git("commit", "--quiet", "--allow-empty", "-m", "nothing")
    assert first == seen()
    (tmp_path / "runtime" / "code.py").write_text("2")
    assert f"{first}+" == seen()
    bundling.commit.cache_clear()
