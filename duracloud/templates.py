"""Synthesises the templates of an environment for the tools that read them."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from duracloud.project import ROOT
from stacks import naming
from stacks.config import Settings


def synthesised(settings: Settings) -> Mapping[str, Mapping[str, Any]]:
    """Return the templates of an environment by layer, as in `stacks.naming`."""
    # CDK takes a while to import; a misspelt name should fail before that.
    from stacks.assembly import ALLOW_PLACEHOLDERS, build_app  # noqa: PLC0415

    # The tools read nothing that depends on the shipped code, so it is not built, and deploy nothing.
    said = {"aws:cdk:bundling-stacks": [], ALLOW_PLACEHOLDERS: "true"}
    context = {**json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"], **said}
    with tempfile.TemporaryDirectory() as folder:
        build_app(settings, context=context, outdir=folder).synth()
        return {
            layer: json.loads((Path(folder) / f"{naming.stack_name(settings.name, layer)}.template.json").read_bytes())
            for layer in (naming.BASE, naming.STORAGE, naming.INTEGRITY, naming.MONITORING)
        }
