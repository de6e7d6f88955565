"""What a preflight finds, and the template's facts that it compares an account with."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

import attrs

Templates = Mapping[str, Mapping[str, Any]]  # by layer
_NAMES: Final = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
}


class Verdict(StrEnum):
    """What a look at one thing says."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "not known"  # it could not be looked at


@attrs.frozen
class Finding:
    """One thing that was looked at."""

    what: str
    verdict: Verdict
    text: str  # what is so; of a problem also what to do


@attrs.frozen
class Named:
    """A resource whose name must be free before its stack is made."""

    layer: str
    type: str
    name: str


def named(templates: Templates) -> Iterator[Named]:
    """Yield what a deployment makes under a fixed name and a removed stack may have left behind."""
    for layer, template in templates.items():
        for resource in template["Resources"].values():
            if (property_name := _NAMES.get(resource["Type"])) in resource.get("Properties", {}):
                yield Named(layer, resource["Type"], resource["Properties"][property_name])


def concurrency(templates: Templates) -> int:
    """Return how many invocations the queues may cause at the same time."""
    return sum(
        resource["Properties"].get("ScalingConfig", {}).get("MaximumConcurrency", 0)
        for template in templates.values()
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    )


def bootstrap(templates: Templates) -> tuple[str, int]:
    """Return the parameter with the version of CDK's bootstrap stack, and the lowest version that will do."""
    found = [
        (template["Parameters"]["BootstrapVersion"]["Default"], template["Rules"]["CheckBootstrapVersion"])
        for template in templates.values()
    ]
    # The rule lists the versions that are too old.
    too_old = (rule["Assertions"][0]["Assert"]["Fn::Not"][0]["Fn::Contains"][0] for _, rule in found)
    return found[0][0], 1 + max(int(version) for versions in too_old for version in versions)


def status(found: Iterable[Finding]) -> int:
    """Return the exit status: 0 if everything was looked at and is right. What is not known may be wrong."""
    return int(any(one.verdict != Verdict.OK for one in found))
