import json

import pytest
from cfnlint.api import lint_all

from tests.infra.synthesis import LAYERS, Assembly


@pytest.mark.parametrize("layer", LAYERS)
def test_templates_follow_the_schemas_of_aws(variant: Assembly, layer: str) -> None:
    """cfn-lint, which knows the schemas of resources and IAM, finds no error in any template."""
    findings = lint_all(json.dumps(variant.templates[layer]))

    assert [] == [str(finding) for finding in findings if finding.rule.severity == "error"]
