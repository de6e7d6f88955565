"""The policies of the user groups, as templates have them, and IAM's evaluation of them."""

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import assertions

from stacks.config import Settings
from stacks.constructs.user_groups import UserGroups

Statements = Sequence[Mapping[str, Any]]


def template_of_groups(settings: Settings) -> Mapping[str, Any]:
    """Return the template of a stack that has the user groups of an environment alone."""
    stack = cdk.Stack(cdk.App(), "Groups")
    UserGroups(stack, "UserGroups", settings, key=None)
    template: Mapping[str, Any] = assertions.Template.from_stack(stack).to_json()
    return template


def policies_of(template: Mapping[str, Any]) -> Mapping[str, Statements]:
    """Return the statements of each managed policy of a template, by the policy's name."""
    return {
        resource["Properties"]["ManagedPolicyName"]: resource["Properties"]["PolicyDocument"]["Statement"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    }


def allowed(statements: Statements, action: str, resource: str) -> bool:
    """Tell whether IAM lets somebody make a call: something allows it, nothing denies it."""
    effects = {
        statement["Effect"]
        for statement in statements
        if action in _listed(statement["Action"])
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in _listed(statement["Resource"]))
    }
    return effects == {"Allow"}


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 (a value of a template)
    return value if isinstance(value, list) else [value]
