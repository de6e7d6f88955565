import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from duracloud.templates import CONTEXT
from stacks import naming
from stacks.assembly import build_app
from stacks.config import ConfigurationError, load_settings
from tests.infra.synthesis import LAYERS, Assembly, synthesise


def _without_protection(template: Mapping[str, Any]) -> str:
    return (
        json.dumps(template, sort_keys=True)
        .replace('"DeletionProtectionEnabled": true', '"-"')
        .replace('"DeletionProtectionEnabled": false', '"-"')
    )


def test_l48_a_first_deployment_differs_by_protection_only(assemblies: Mapping[str, Assembly], tmp_path: Path) -> None:
    """With the flag neither stacks nor tables are protected; all else is the same."""
    first, later = synthesise(load_settings("prod"), tmp_path, firstDeployment="true"), assemblies["prod"]

    for found, protected in ((first, False), (later, True)):
        manifest = json.loads((found.directory / "manifest.json").read_text("utf-8"))["artifacts"]
        stacks = [manifest[naming.stack_name("prod", layer)]["properties"] for layer in LAYERS]
        assert [protected] * len(LAYERS) == [stack.get("terminationProtection", False) for stack in stacks]
        tables = [table.properties["Replicas"][0] for table in found.resources("AWS::DynamoDB::GlobalTable")]
        assert [protected] * 2 == [table.get("DeletionProtectionEnabled", False) for table in tables]
    for layer in LAYERS:
        assert _without_protection(later.templates[layer]) == _without_protection(first.templates[layer])


def test_l48_the_flag_is_true_or_false() -> None:
    """A misspelt value is one line, before anything is deployed."""
    with pytest.raises(ConfigurationError, match="firstDeployment is 'yes'; allowed: true, false"):
        build_app(load_settings("prod"), context={**CONTEXT, "firstDeployment": "yes"})
