import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.synthesis import LAYERS, Assembly
from tests.infra.write_assemblies import FAULTY


@pytest.fixture
def lint(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Any]]:
    """Return cfn-lint, which lists the attributes of all resources anew for each reference: half of its time."""
    # Loading it takes seconds, in every process that collects tests.
    from cfnlint.api import lint_all  # noqa: PLC0415 (see above)
    from cfnlint.template import Template  # noqa: PLC0415 (see above)

    monkeypatch.setattr(Template, "get_valid_getatts", functools.cache(Template.get_valid_getatts))
    found: Callable[[str], list[Any]] = lint_all
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_templates_follow_the_schemas_of_aws(variant: Assembly, layer: str, lint: Callable[[str], list[Any]]) -> None:
    """cfn-lint, which knows the schemas of resources and IAM, finds no error in any template."""
    findings = lint(json.dumps(variant.templates[layer]))

    assert [] == [str(finding) for finding in findings if finding.rule.severity == "error"]


def _violations(folder: Path) -> list[Any]:
    report = json.loads((folder / "validation-report.json").read_text("utf-8"))
    return [violation for plugin in report["pluginReports"] for violation in plugin["violations"]]


def test_checks_of_cdk_find_nothing(
    written: Path, assemblies: Mapping[str, Assembly], destroyable: Mapping[str, Assembly]
) -> None:
    """CDK's own rules find no fault in any template, and find one where there is one."""
    folders = (assembly.directory for assembly in (*assemblies.values(), *destroyable.values()))

    assert [FAULTY] == [folder.name for folder in (written / FAULTY, *folders) if _violations(folder)]
