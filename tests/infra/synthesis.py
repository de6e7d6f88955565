"""Synthesised templates, and what their references mean, for the tests of the infrastructure."""

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import attrs

from duracloud.templates import CONTEXT
from runtime.contract import function_name
from stacks import naming
from stacks.assembly import build_app
from stacks.config import Access, Alarms, Settings, load_settings

ROOT: Final = Path(__file__).parent.parent.parent
LAYERS: Final = (naming.BASE, naming.STORAGE, naming.INTEGRITY, naming.MONITORING)
ENVIRONMENTS: Final = ("local", "dev", "staging", "prod")
# The environments as they stand, and one that uses what none of them uses.
NUMBERED: Final = "customer-key"
VARIANTS: Final = (*ENVIRONMENTS, NUMBERED)
_NAMES: Final = ("BucketName", "QueueName", "TableName", "TopicName", "FunctionName", "LogGroupName", "GroupName")


def settings_of(variant: str) -> Settings:
    """Return the settings of an environment, or of the variant.

    That one has a customer key, provisioned tables, another prefix, tags, a permissions boundary, and for each alarm's
    threshold its own number.
    """
    if variant in ENVIRONMENTS:
        return load_settings(variant)
    settings = load_settings("prod")
    verification = attrs.evolve(settings.functions.checksum_verification, max_concurrency=100)
    return attrs.evolve(
        settings,
        alarms=Alarms(**{field.name: number for number, field in enumerate(attrs.fields(Alarms), 11)}),
        functions=attrs.evolve(settings.functions, checksum_verification=verification),
        bucket_prefix="a-prefix-of-parts",
        tags=("CostCenter=4711=a",),
        access=Access(permissions_boundary="arn:aws:iam::333333333333:policy/team/boundary"),
        encryption=attrs.evolve(
            settings.encryption,
            mode="customer-key",
            replica_key_arn="arn:aws:kms:us-west-2:333333333333:key/11111111-2222-3333-4444-555555555555",
        ),
        tables=attrs.evolve(settings.tables, billing="provisioned"),
    )


@attrs.frozen
class Resource:
    """A resource of a template: its stack, its name there, and what the template says of it."""

    layer: str
    logical_id: str
    body: Mapping[str, Any]

    @property
    def type(self) -> str:
        return str(self.body["Type"])

    @property
    def properties(self) -> Mapping[str, Any]:
        properties: Mapping[str, Any] = self.body.get("Properties", {})
        return properties

    @property
    def statements(self) -> list[Mapping[str, Any]]:
        """The statements of a policy, or of a key's policy."""
        document = self.properties.get("PolicyDocument") or self.properties["KeyPolicy"]
        statements: list[Mapping[str, Any]] = document["Statement"]
        return statements

    @property
    def physical_name(self) -> str | None:
        """The name that the template gives it, None where CloudFormation makes one."""
        return next((str(self.properties[name]) for name in _NAMES if name in self.properties), None)


@attrs.frozen
class Assembly:
    """The templates of an environment, which lie in a folder."""

    settings: Settings
    directory: Path

    @cached_property
    def templates(self) -> Mapping[str, Mapping[str, Any]]:
        """The templates by layer."""
        files = {layer: f"{naming.stack_name(self.settings.name, layer)}.template.json" for layer in LAYERS}
        return {layer: json.loads((self.directory / file).read_text("utf-8")) for layer, file in files.items()}

    def resources(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of some types, or all of them."""
        for layer in LAYERS:
            for logical_id, body in self.templates[layer]["Resources"].items():
                if not types or body["Type"] in types:
                    yield Resource(layer, logical_id, body)

    def named(self, kind: str, name: str) -> Resource:
        """Return the resource of a type with a physical name."""
        (found,) = (resource for resource in self.resources(kind) if resource.physical_name == name)
        return found

    def function(self, name: str) -> Resource:
        """Return a function by its name without the environment."""
        return self.named("AWS::Lambda::Function", function_name(self.settings.name, name))

    def role_of(self, function: str) -> str:
        """Return what the role of a function is called in references."""
        resource = self.function(function)
        return self.resolve(resource.layer, resource.properties["Role"])

    def references_to(self, kind: str) -> set[str]:
        """Return what the resources of a type are called in references."""
        return {self._target(found.layer, found.logical_id, "") for found in self.resources(kind)}

    def names_of(self, kind: str) -> set[str]:
        """Return the names that resources of a type have in AWS."""
        return {str(found.physical_name) for found in self.resources(kind)}

    def name_of(self, layer: str, value: Any) -> str:  # noqa: ANN401 (any value of a template)
        """Return the name in AWS of what a value refers to."""
        return self.resolve(layer, value).rpartition(":")[2]

    def target_of(self, schedule: str) -> Mapping[str, Any]:
        """Return the target of the only rule that has a schedule."""
        rules = [rule.properties for rule in self.resources("AWS::Events::Rule")]
        ((target,),) = (rule["Targets"] for rule in rules if rule.get("ScheduleExpression") == schedule)
        found: Mapping[str, Any] = target
        return found

    @property
    def widgets(self) -> list[dict[str, Any]]:
        """The widgets of the dashboard, references resolved."""
        (dashboard,) = self.resources("AWS::CloudWatch::Dashboard")
        body = json.loads(self.resolve(dashboard.layer, dashboard.properties["DashboardBody"]))
        widgets: list[dict[str, Any]] = body["widgets"]
        return widgets

    @property
    def customer_key(self) -> Resource:
        """The key that encrypts, where the settings ask for one: the other key signs."""
        (found,) = (key for key in self.resources("AWS::KMS::Key") if "KeySpec" not in key.properties)
        return found

    @property
    def signing_key(self) -> Resource:
        """The key that signs the audit trail."""
        (found,) = (key for key in self.resources("AWS::KMS::Key") if "KeySpec" in key.properties)
        return found

    def resource(self, layer: str, logical_id: str) -> Resource:
        return Resource(layer, logical_id, self.templates[layer]["Resources"][logical_id])

    def resolve(self, layer: str, value: Any) -> str:  # noqa: ANN401, PLR0911 (any value of a template; a case each)
        """Return what a value means: a text, or `Type:name` of what it refers to, across stacks too."""
        if isinstance(value, str | int | bool):
            return str(value)
        ((function, argument),) = value.items()
        if argument == "AWS::Region":
            return self.settings.region
        if function == "Ref":
            return self._target(layer, argument, "")
        if function == "Fn::GetAtt":
            return self._target(layer, argument[0], argument[1])
        if function == "Fn::GetStackOutput":
            producer = argument["StackName"].removeprefix(naming.stack_name(self.settings.name, ""))
            return self.resolve(producer, self.templates[producer]["Outputs"][argument["OutputName"]]["Value"])
        if function == "Fn::ImportValue":
            (found,) = (
                (producer, output["Value"])
                for producer in LAYERS
                for output in self.templates[producer].get("Outputs", {}).values()
                if output.get("Export", {}).get("Name") == argument
            )
            return self.resolve(*found)
        if function == "Fn::Join":
            return str(argument[0]).join(self.resolve(layer, part) for part in argument[1])
        raise ValueError(f"{function} in {layer}")

    def _target(self, layer: str, logical_id: str, attribute: str) -> str:
        resource = self.resource(layer, logical_id)
        kind = resource.type.removeprefix("AWS::")
        suffix = "" if attribute in {"", "Arn", "TopicArn", "KeyId"} else f".{attribute}"
        return f"{kind}:{resource.physical_name or logical_id}{suffix}"


def synthesise(settings: Settings, directory: Path, **context: object) -> Assembly:
    """Synthesise the templates of an environment, without building assets and without cdk-nag."""
    build_app(settings, context={**CONTEXT, **context}, outdir=str(directory)).synth()
    return Assembly(settings, directory)


def once(folder: Path, make: Callable[[], object]) -> None:
    """Have the first process that asks make what lies in a folder; the others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "done"
        if not done.exists():
            make()
            done.touch()


def listed(value: Any) -> list[Any]:  # noqa: ANN401 (a value of a template)
    """Return what stands as a list or, if it is one, alone."""
    return value if isinstance(value, list) else [value]


def references(value: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 (any value of a template)
    """Yield every intrinsic function in a value."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "Ref" or key.startswith("Fn::"):
                yield value
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)
