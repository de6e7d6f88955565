"""Writes the templates that the tests of the infrastructure read, and what cdk-nag and CDK's own checks find in them.

All in one process: CDK's checks take seconds to begin, and the second app is built faster than the first.
"""

import json
import sys
from pathlib import Path
from typing import Final

import aws_cdk as cdk

from duracloud.templates import CONTEXT
from stacks import nag
from stacks.assembly import build_app
from stacks.config import Settings, load_settings
from tests.infra.synthesis import VARIANTS, settings_of

DISPOSABLE: Final = ("local", "dev", "staging")
FAULTY: Final = "faulty"
NAG: Final = "nag.json"


def _write(settings: Settings, directory: Path, **context: object) -> None:
    app = build_app(settings, context={**CONTEXT, **context}, outdir=str(directory))
    app.synth()
    accepted = [(one.path, one.rule, one.reason) for one in nag.acknowledged(app)]
    said = {"accepted": accepted, "found": sorted(nag.findings(app))}
    nag.acknowledge(app)
    (directory / NAG).write_text(json.dumps({**said, "left": sorted(nag.findings(app))}), "utf-8")


def _write_faulty(directory: Path) -> None:
    """Write a template that breaks a schema: CDK's checks write a report of findings only."""
    app = cdk.App(outdir=str(directory))
    cdk.CfnResource(cdk.Stack(app, "Stack"), "Function", type="AWS::Lambda::Function", properties={})
    app.synth()


def main(folder: Path) -> None:
    """Write an assembly for every environment and variant, and for each disposable one where data loss is allowed."""
    _write_faulty(folder / FAULTY)
    for variant in VARIANTS:
        _write(settings_of(variant), folder / variant)
    for name in DISPOSABLE:
        _write(load_settings(name), folder / f"{name}-loss", allowDataLoss="true")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
