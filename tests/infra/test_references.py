import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from stacks import naming
from tests.infra.synthesis import LAYERS, Assembly, references

# Properties by which CloudFormation knows a resource: another value means another resource.
IDENTITY = {"BucketName", "TableName", "KeySchema", "AttributeDefinitions", "QueueName", "TopicName", "KeyPolicy"}


def test_f20_the_streams_that_mappings_read_are_imported_and_nothing_else(variant: Assembly) -> None:
    """Each mapping of a stream imports its ARN, which CloudFormation knows when it plans; nothing else is imported."""
    imported = {layer: [str(one) for one in _imports(variant.templates[layer])] for layer in LAYERS}
    streams = [
        str(mapping.properties["EventSourceArn"])
        for mapping in variant.resources("AWS::Lambda::EventSourceMapping")
        if "StartingPosition" in mapping.properties
    ]
    assert 3 == len(streams)
    assert sorted(streams) == sorted(imported.pop(naming.INTEGRITY))
    assert {layer: [] for layer in imported} == imported

    exported = {layer: _exports(variant, layer) for layer in LAYERS}
    assert 2 == len(exported.pop(naming.STORAGE))
    assert {layer: [] for layer in exported} == exported


def _imports(value: object) -> list[Mapping[str, Any]]:
    return [found for found in references(value) if "Fn::ImportValue" in found]


def _exports(variant: Assembly, layer: str) -> list[str]:
    found = [out["Export"]["Name"] for out in variant.templates[layer].get("Outputs", {}).values() if "Export" in out]
    assert all("StreamArn" in name for name in found)
    return found


def test_f20_monitoring_needs_no_value_of_another_stack(variant: Assembly) -> None:
    """What alarms and the dashboard watch has names that are known, so they are written out."""
    assert [] == [found for found in references(variant.templates[naming.MONITORING]) if "Fn::GetStackOutput" in found]


def test_f20_layers_are_deployed_one_after_the_other(variant: Assembly) -> None:
    """The order does not hang on references, which may be none."""
    manifest = json.loads((variant.directory / "manifest.json").read_text("utf-8"))["artifacts"]
    stacks = [naming.stack_name(variant.settings.name, layer) for layer in LAYERS]
    for lower, upper in pairwise(stacks):
        assert lower in manifest[upper]["dependencies"]


def test_references_go_one_way(variant: Assembly) -> None:
    """A layer reads outputs of layers below it only: Base, Storage, Integrity, Monitoring."""
    for position, layer in enumerate(LAYERS):
        read = {
            found["Fn::GetStackOutput"]["StackName"]
            for found in references(variant.templates[layer])
            if "Fn::GetStackOutput" in found
        }
        below = {naming.stack_name(variant.settings.name, lower) for lower in LAYERS[:position]}
        assert set() == read - below


def test_every_reference_to_another_stack_has_its_output(variant: Assembly) -> None:
    """What a layer reads is what the layer below offers."""
    for layer in LAYERS:
        for found in references(variant.templates[layer]):
            if "Fn::GetStackOutput" in found:
                assert variant.resolve(layer, found)


def test_identities_do_not_hang_on_other_stacks(variant: Assembly) -> None:
    """No name or key schema is made of another stack's value, or a change there would replace the data here."""
    for resource in variant.resources():
        for name in IDENTITY & set(resource.properties):
            found = [one for one in references(resource.properties[name]) if "Fn::GetStackOutput" in one]
            assert [] == found, resource.logical_id


def test_names_are_literal(variant: Assembly) -> None:
    """Buckets, tables, queues and functions have names that people can rely on."""
    kinds = ("AWS::S3::Bucket", "AWS::DynamoDB::GlobalTable", "AWS::SQS::Queue", "AWS::Lambda::Function")
    for resource in variant.resources(*kinds):
        assert resource.physical_name is not None
        beginnings = (f"{variant.settings.bucket_prefix}-", f"duracloud-{variant.settings.name}-")
        assert resource.physical_name.startswith(beginnings)
