from stacks import naming
from tests.infra.synthesis import LAYERS, Assembly, references

# Properties by which CloudFormation knows a resource: another value means another resource.
IDENTITY = {"BucketName", "TableName", "KeySchema", "AttributeDefinitions", "QueueName", "TopicName", "KeyPolicy"}


def test_no_import_locks_another_stack(variant: Assembly) -> None:
    """There is no Fn::ImportValue and no export, so no stack holds another one's output in use."""
    for layer in LAYERS:
        assert [] == [found for found in references(variant.templates[layer]) if "Fn::ImportValue" in found]
        assert [] == [out for out in variant.templates[layer].get("Outputs", {}).values() if "Export" in out]


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
