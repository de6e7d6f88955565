import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aws import ROOT, LocalAws, free_port
from stacks.assembly import build_app
from stacks.config import load_settings
from tests.system.deployment import deploy_assembly
from tests.system.service import Service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The templates of the environment `local`, deployed where IAM and TLS-only policies are enforced."""
    folder = tmp_path_factory.mktemp("system")
    assembly = build_app(
        load_settings("local"),
        context=json.loads((ROOT / "cdk.json").read_text())["context"],
        outdir=str(folder / "cdk.out"),
    ).synth()
    aws = LocalAws(folder=folder / "aws", port=free_port(), certificate=_certificate(folder))
    aws.start()
    try:
        deploy_assembly(aws, Path(assembly.directory), [stack.stack_name for stack in assembly.stacks])
        yield Service(aws)
    finally:
        aws.stop()


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "tls.crt", folder / "tls.key"
    subprocess.run(  # noqa: S603 (our own arguments)
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
