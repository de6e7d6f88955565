import functools
import json

import pytest
from cfnlint.api import lint_all
from cfnlint.template import Template

from tests.infra.synthesis import LAYERS, Assembly


@pytest.fixture(autouse=True)
def _attributes_are_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """cfn-lint lists the attributes of all resources anew for each reference, which takes half of its time."""
    monkeypatch.setattr(Template, "get_valid_getatts", functools.cache(Template.get_valid_getatts))


@pytest.mark.parametrize("layer", LAYERS)
def test_templates_follow_the_schemas_of_aws(variant: Assembly, layer: str) -> None:
    """cfn-lint, which knows the schemas of resources and IAM, finds no error in any template."""
    findings = lint_all(json.dumps(variant.templates[layer]))

    assert [] == [str(finding) for finding in findings if finding.rule.severity == "error"]
