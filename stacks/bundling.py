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

import attrs
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

ROOT: Final = Path(__file__).parent.parent
RUNTIME: Final = ROOT / "runtime"
WHEELHOUSE: Final = ROOT / ".wheelhouse"
_BUILT: Final = ROOT / ".local" / "assets"
PYTHON_VERSION: Final = "3.13"
PLATFORMS: Final = {"arm64": "manylinux2014_aarch64", "x86_64": "manylinux2014_x86_64"}
# Code, and the templates and styles of pages.
_SHIPPED: Final = frozenset({".py", ".j2", ".css"})
# Changes whenever the recipe below gives another result for the same inputs.
_RECIPE: Final = "1"


class BundlingError(Exception):
    """The layer cannot be built; the text is one line for the person who runs the command."""


@attrs.frozen(kw_only=True)
class Dependencies:
    """What a layer holds."""

    name: str  # of the folder in which it is built
    description: str
    requirements: Path
    services: frozenset[str] = frozenset()  # whose descriptions of botocore are kept
    arm64_platforms: tuple[str, ...] = ()  # more of them, for wheels


ALL_FUNCTIONS: Final = Dependencies(
    name="layer",
    description="Dependencies of the DuraCloud functions",
    requirements=RUNTIME / "requirements.txt",
    services=frozenset({"cloudwatch", "dynamodb", "kms", "s3", "s3control", "sns", "sqs"}),
)
# What only the reports need: too large and too slow to import for the layer of all functions.
REPORT: Final = Dependencies(
    name="report",
    description="Reads S3 inventories in Parquet, writes HTML",
    requirements=RUNTIME / "requirements-report.txt",
    # Wheels for ARM may ask for a newer C library than the name of their folder says; Lambda has 2.34
    # (https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html).
    arm64_platforms=("manylinux_2_24_aarch64",),
)


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


def layer(scope: Construct, construct_id: str, architecture: str, content: Dependencies) -> lambda_.LayerVersion:
    """Make a layer.

    Raises:
        BundlingError: a wheel was not fetched, or cannot be installed.
    """
    if cdk.Stack.of(scope).bundling_required and (missing := missing_wheels(architecture, content)):
        raise BundlingError(
            f"{', '.join(missing)} not found in {WHEELHOUSE.name}/{PLATFORMS[architecture]}; run: make setup"
        )
    services = sorted(content.services)
    inputs = _digest([content.requirements], PLATFORMS[architecture], PYTHON_VERSION, _RECIPE, *services)
    return lambda_.LayerVersion(
        scope,
        construct_id,
        description=content.description,
        code=_asset(scope, content.name, inputs, lambda target: install(architecture, content, target / "python")),
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        compatible_architectures=[cpu(architecture)],
    )


def cpu(architecture: str) -> lambda_.Architecture:
    """Return Lambda's name of an architecture of the settings."""
    return lambda_.Architecture.ARM_64 if architecture == "arm64" else lambda_.Architecture.X86_64


def missing_wheels(architecture: str, content: Dependencies) -> list[str]:
    """Return the requirements of a layer that have no wheel in the wheelhouse."""
    # A compiled wheel is for one version of Python, or (abi3) for all from one on.
    usable = {"none", "abi3", f"cp{PYTHON_VERSION.replace('.', '')}"}
    found = (path.name.split("-") for path in (WHEELHOUSE / PLATFORMS[architecture]).glob("*.whl"))
    wheels = {(parts[0], parts[1]) for parts in found if parts[-2] in usable}
    text = content.requirements.read_text(encoding="utf-8")
    return [
        f"{name}=={version}"
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)$", text, flags=re.MULTILINE)
        if (re.sub(r"[-_.]+", "_", name).lower(), version) not in {(n.lower(), v) for n, v in wheels}
    ]


def fetch(architectures: Iterable[str]) -> None:
    """Download the wheels that are missing, for each of the architectures.

    Raises:
        BundlingError: pip failed; its output is on the terminal.
    """
    for architecture in architectures:
        for content in (ALL_FUNCTIONS, REPORT):
            if missing_wheels(architecture, content):
                _pip("download", architecture, content, "--dest", str(WHEELHOUSE / PLATFORMS[architecture]))


def copy_code(target: Path) -> None:
    """Copy the code into a folder, as the package `runtime`."""
    for path in _code_files():
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def install(architecture: str, content: Dependencies, target: Path) -> None:
    """Install a layer's content into a folder, from the wheelhouse alone, without what is never used."""
    wheels = WHEELHOUSE / PLATFORMS[architecture]
    options = ("--no-index", "--find-links", str(wheels), "--no-compile", "--target", str(target))
    _pip("install", architecture, content, *options)
    for path in target.glob("botocore/data/*"):
        if path.is_dir() and path.name not in content.services:
            shutil.rmtree(path)
    shutil.rmtree(target / "bin", ignore_errors=True)


def _pip(command: str, architecture: str, content: Dependencies, *options: str) -> None:
    platforms = (PLATFORMS[architecture], *(content.arm64_platforms if architecture == "arm64" else ()))
    # Not --isolated, which would ignore the person's package index.
    arguments = [
        *("-m", "pip", command, "--quiet", "--quiet", "--disable-pip-version-check", "--no-input"),
        *("--no-deps", "--only-binary=:all:", "--implementation", "cp", "--python-version", PYTHON_VERSION),
        *(text for platform in platforms for text in ("--platform", platform)),
        *("--requirement", str(content.requirements)),
        *options,
    ]
    done = subprocess.run([sys.executable, *arguments], check=False, stdout=sys.stderr)  # noqa: S603 (our own arguments)
    if done.returncode:
        name = content.requirements.relative_to(ROOT)
        raise BundlingError(f"pip could not {command} {name} for {architecture}, see above")


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
    command, *architectures = arguments or [""]
    if command != "fetch" or not set(architectures) <= set(PLATFORMS):
        sys.stderr.write(f"got {' '.join(arguments) or 'nothing'}; allowed: fetch, and any of {', '.join(PLATFORMS)}\n")
        return 2
    try:
        fetch(architectures or PLATFORMS)
    except BundlingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
