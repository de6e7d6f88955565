"""Synthesises the templates of an environment for the tools that read them."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from duracloud.project import ROOT
from stacks import naming
from stacks.config import ALLOW_PLACEHOLDERS, Settings

# What the CDK command line would hand over, no building of assets, because templates do not depend on them, and the
# environments' files as they came: nothing is deployed.
CONTEXT: Final[Mapping[str, Any]] = {
    **json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"],
    "aws:cdk:bundling-stacks": [],
    ALLOW_PLACEHOLDERS: "true",
}


def synthesised(settings: Settings) -> Mapping[str, Mapping[str, Any]]:
    """Return the templates of an environment by layer, as in `stacks.naming`."""
    # CDK takes a while to import; a misspelt name should fail before that.
    from stacks.assembly import build_app  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        build_app(settings, context=CONTEXT, outdir=folder).synth()
        return {
            layer: json.loads((Path(folder) / f"{naming.stack_name(settings.name, layer)}.template.json").read_bytes())
            for layer in (naming.BASE, naming.STORAGE, naming.INTEGRITY, naming.MONITORING)
        }
