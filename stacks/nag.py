"""The only module that uses cdk-nag: it collects the findings that constructs accept."""

from collections.abc import Iterator

import aws_cdk as cdk
import cdk_nag
from constructs import IConstruct

from stacks.constructs.acknowledged import Acknowledged


def acknowledged(app: cdk.App) -> Iterator[Acknowledged]:
    """Yield the accepted findings of an app, each once."""
    seen = set()
    for construct in app.node.find_all():
        for accepted in getattr(construct, "acknowledged", ()):
            if (accepted.path, accepted.rule) not in seen:
                seen.add((accepted.path, accepted.rule))
                yield accepted


def acknowledge(app: cdk.App) -> None:
    """Accept the findings of an app."""
    for accepted in list(acknowledged(app)):
        construct: IConstruct = app
        for step in accepted.path.split("/"):
            construct = construct.node.find_child(step)
        cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=accepted.rule, reason=accepted.reason))


def validate_on_synth(app: cdk.App) -> None:
    """Let synth fail on findings that are not accepted."""
    acknowledge(app)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))


def findings(app: cdk.App) -> set[tuple[str, str]]:
    """Return the findings of cdk-nag that no construct accepts: construct paths and rules."""
    report = cdk_nag.AwsSolutionsChecks(app).validate_scope(app)
    return {
        (resource.construct_path or "", violation.rule_name)
        for violation in report.violations
        for resource in violation.violating_resources
    }
