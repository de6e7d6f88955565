"""What ships to Lambda, built without Docker and without network: the code, and the layer of its dependencies.

`python -m stacks.bundling fetch` downloads the pinned wheels into `.wheelhouse/` once. A synth installs them into
`.local/assets/<name>-<digest>`, once per digest. The digest covers names and contents of the inputs only.

CDK's own bundling is not used: it prints a line per asset, builds again for every output folder, and hashes its
options. botocore's service descriptions are pruned to the services that the functions call. Tests without assets set
the context `aws:cdk:bundling-stacks: []`; the hashes stay the same.
"""

import functools
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

ROOT: Final = Path(__file__).parent.parent
RUNTIME: Final = ROOT / "runtime"
REQUIREMENTS: Final = RUNTIME / "requirements.txt"
# What only the reports need: too large and too slow to import for the layer of all functions.
REPORT_REQUIREMENTS: Final = RUNTIME / "requirements-report.txt"
WHEELHOUSE: Final = ROOT / ".wheelhouse"
_BUILT: Final = ROOT / ".local" / "assets"
PYTHON_VERSION: Final = "3.13"
PLATFORMS: Final = {"arm64": "manylinux2014_aarch64", "x86_64": "manylinux2014_x86_64"}
# Wheels for ARM may ask for a newer C library than the name of their folder says; Lambda has 2.34
# (https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html).
_MORE_PLATFORMS: Final = {REPORT_REQUIREMENTS: {"arm64": ("manylinux_2_24_aarch64",)}}
# The services that the functions call.
SERVICES: Final = frozenset({"dynamodb", "kms", "s3", "sns", "sqs"})
# Code, and the templates and styles of pages.
_SHIPPED: Final = frozenset({".py", ".j2", ".css"})
# Changes whenever the recipe below gives another result for the same inputs.
_RECIPE: Final = "1"


class BundlingError(Exception):
    """The layer cannot be built; the text is one line for the person who runs the command."""


@functools.cache
def commit() -> str:
    """Return the last commit that changed the functions' code, for the evidence that they write.

    `+` follows if the code was changed since. Outside a git repository it is `unknown`.
    """
    try:
        last, changed = _git("log", "-1", "--format=%H"), _git("status", "--porcelain")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{last}+" if changed else last or "unknown"


def _git(*arguments: str) -> str:
    command = ["git", "--no-optional-locks", "-C", str(ROOT), *arguments, "--", RUNTIME.name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 (our own arguments)
    return done.stdout.strip()


def function_code(scope: Construct) -> lambda_.Code:
    """Return the code of all functions: the package `runtime`, importable by that name."""
    return _asset(scope, "code", _digest(_code_files()), copy_code)


def dependency_layer(scope: Construct, construct_id: str, architecture: str) -> lambda_.LayerVersion:
    """Make the layer of the functions' dependencies.

    Raises:
        BundlingError: a wheel was not fetched, or cannot be installed.
    """

    def install(target: Path) -> None:
        install_dependencies(architecture, target / "python")

    inputs = _digest([REQUIREMENTS], PLATFORMS[architecture], PYTHON_VERSION, _RECIPE, *sorted(SERVICES))
    _require_wheels(scope, architecture, REQUIREMENTS)
    code = _asset(scope, "layer", inputs, install)
    return _layer(scope, construct_id, architecture, code, "Dependencies of the DuraCloud functions")


def report_layer(scope: Construct, construct_id: str, architecture: str) -> lambda_.LayerVersion:
    """Make the layer of `checksum-report` alone. Arguments and errors as of `dependency_layer`."""

    def install(target: Path) -> None:
        install_report(architecture, target / "python")

    inputs = _digest([REPORT_REQUIREMENTS], PLATFORMS[architecture], PYTHON_VERSION, _RECIPE)
    _require_wheels(scope, architecture, REPORT_REQUIREMENTS)
    code = _asset(scope, "report", inputs, install)
    return _layer(scope, construct_id, architecture, code, "Reads S3 inventories in Parquet, writes HTML")


def _require_wheels(scope: Construct, architecture: str, requirements: Path) -> None:
    if cdk.Stack.of(scope).bundling_required and (missing := missing_wheels(architecture, requirements)):
        raise BundlingError(
            f"{', '.join(missing)} not found in {WHEELHOUSE.name}/{PLATFORMS[architecture]}; run: make setup"
        )


def _layer(
    scope: Construct, construct_id: str, architecture: str, code: lambda_.Code, description: str
) -> lambda_.LayerVersion:
    return lambda_.LayerVersion(
        scope,
        construct_id,
        description=description,
        code=code,
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        compatible_architectures=[cpu(architecture)],
    )


def cpu(architecture: str) -> lambda_.Architecture:
    """Return Lambda's name of an architecture of the settings."""
    return lambda_.Architecture.ARM_64 if architecture == "arm64" else lambda_.Architecture.X86_64


def missing_wheels(architecture: str, requirements: Path = REQUIREMENTS) -> list[str]:
    """Return the requirements of a layer that have no wheel in the wheelhouse."""
    # A compiled wheel is for one version of Python, or (abi3) for all from one on.
    usable = {"none", "abi3", f"cp{PYTHON_VERSION.replace('.', '')}"}
    found = (path.name.split("-") for path in (WHEELHOUSE / PLATFORMS[architecture]).glob("*.whl"))
    wheels = {(parts[0], parts[1]) for parts in found if parts[-2] in usable}
    return [
        f"{name}=={version}"
        for name, version in _pins(requirements)
        if (re.sub(r"[-_.]+", "_", name).lower(), version) not in {(n.lower(), v) for n, v in wheels}
    ]


def fetch(architectures: Iterable[str]) -> None:
    """Download the wheels that are missing, for each of the architectures.

    Raises:
        BundlingError: pip failed; its output is on the terminal.
    """
    for architecture in architectures:
        for requirements in (REQUIREMENTS, REPORT_REQUIREMENTS):
            if missing_wheels(architecture, requirements):
                _pip("download", architecture, requirements, "--dest", str(WHEELHOUSE / PLATFORMS[architecture]))


def copy_code(target: Path) -> None:
    """Copy the code into a folder, as the package `runtime`."""
    for path in _code_files():
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def install_dependencies(architecture: str, target: Path) -> None:
    """Install the layer's content into a folder, from the wheelhouse alone, without what is never used."""
    _install(architecture, REQUIREMENTS, target)
    for path in (target / "botocore" / "data").iterdir():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)
    shutil.rmtree(target / "bin", ignore_errors=True)


def install_report(architecture: str, target: Path) -> None:
    """Install the content of the layer of `checksum-report` into a folder, from the wheelhouse alone."""
    _install(architecture, REPORT_REQUIREMENTS, target)


def _install(architecture: str, requirements: Path, target: Path) -> None:
    wheels = WHEELHOUSE / PLATFORMS[architecture]
    options = ("--no-index", "--find-links", str(wheels), "--no-compile", "--target", str(target))
    _pip("install", architecture, requirements, *options)


def _pip(command: str, architecture: str, requirements: Path, *options: str) -> None:
    more = _MORE_PLATFORMS.get(requirements, {}).get(architecture, ())
    # Not --isolated, which would ignore the person's package index.
    arguments = [
        *("-m", "pip", command, "--quiet", "--quiet", "--disable-pip-version-check", "--no-input"),
        *("--no-deps", "--only-binary=:all:", "--implementation", "cp", "--python-version", PYTHON_VERSION),
        *("--platform", PLATFORMS[architecture], "--requirement", str(requirements)),
        *(text for platform in more for text in ("--platform", platform)),
        *options,
    ]
    done = subprocess.run([sys.executable, *arguments], check=False, stdout=sys.stderr)  # noqa: S603 (our own arguments)
    if done.returncode:
        raise BundlingError(f"pip could not {command} {requirements.relative_to(ROOT)} for {architecture}, see above")


def _pins(requirements: Path) -> list[tuple[str, str]]:
    return re.findall(r"^([A-Za-z0-9._-]+)==(\S+)$", requirements.read_text(encoding="utf-8"), flags=re.MULTILINE)


def _code_files() -> list[Path]:
    return sorted(path for path in RUNTIME.rglob("*") if path.suffix in _SHIPPED)


def _digest(files: Iterable[Path], *more: str) -> str:
    """Return a hash of names and contents, the same on every machine: no times, no modes, no absolute paths."""
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    digest.update("\0".join(more).encode())
    return digest.hexdigest()


def _asset(scope: Construct, name: str, digest: str, build: Callable[[Path], None]) -> lambda_.Code:
    """Return an asset that is built once per digest, or only named if the stack is not bundled."""
    source = RUNTIME
    if cdk.Stack.of(scope).bundling_required:
        source = _BUILT / f"{name}-{digest[:16]}"
        if not source.is_dir():
            _BUILT.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(dir=_BUILT, prefix=f"{name}-unfinished-"))
            build(unfinished)
            unfinished.chmod(0o755)
            try:
                unfinished.rename(source)
            except OSError:
                # Another synth was faster: what it built is the same.
                shutil.rmtree(unfinished)
                if not source.is_dir():
                    raise
    return lambda_.Code.from_asset(str(source), asset_hash=digest, asset_hash_type=cdk.AssetHashType.CUSTOM)


def _main(arguments: list[str]) -> int:
    if arguments != ["fetch"]:
        sys.stderr.write(f"got {' '.join(arguments) or 'nothing'}; allowed: fetch\n")
        return 2
    try:
        fetch(PLATFORMS)
    except BundlingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
