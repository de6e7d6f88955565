"""Whether a bucket is ours: by its tags, by our own record of it, or by what it is connected with (lesson L37)."""

from collections.abc import Mapping
from typing import Any

from runtime.contract import ManagedPrefix, Tag
from runtime.provisioning.bucket_configuration import BucketType, main_target, tags_of
from runtime.provisioning.bucket_names import BucketPair
from runtime.provisioning.claims import Collection, FoundBucket
from runtime.provisioning.ports import BucketAdmin
from runtime.settings import ProvisioningSettings


def collection_key(bucket: str) -> str:
    """Return the key of the record in the managed bucket."""
    return f"{ManagedPrefix.COLLECTIONS}{bucket}.json"


def type_of(pair: BucketPair) -> BucketType:
    """Return the type of a main bucket."""
    return BucketType.PUBLIC if pair.public else BucketType.MAIN


def recorded(collection: Collection | None, pair: BucketPair, environment: str) -> bool:
    """Tell whether our own record says that the service made both buckets."""
    return collection is not None and (collection.bucket, collection.replica, collection.environment) == (
        pair.main,
        pair.replica,
        environment,
    )


def connected(buckets: BucketAdmin, pair: BucketPair, region: str, settings: ProvisioningSettings) -> bool:
    """Tell whether an existing main bucket replicates to our replica with our role, and has our inventory.

    Nobody gets all three by chance, so this proves buckets from before there were records of them.
    """
    wanted = {step.call: step.arguments for step in main_target(pair, settings)}
    replication = buckets.read(pair.main, region, "put_bucket_replication").get("ReplicationConfiguration", {})
    inventory = buckets.read(pair.main, region, "put_bucket_inventory_configuration").get("InventoryConfiguration", {})
    ours = wanted["put_bucket_replication"]["ReplicationConfiguration"]
    return bool(
        replication.get("Role") == ours["Role"]
        and _destination(ours["Rules"][0]) in [_destination(rule) for rule in replication.get("Rules", ())]
        and _folder(inventory) == _folder(wanted["put_bucket_inventory_configuration"]["InventoryConfiguration"])
    )


def why_not_ours(found: FoundBucket, bucket: str, kind: BucketType, settings: ProvisioningSettings) -> str:
    """Return why a bucket of this account is not taken for ours, with what was looked for."""
    wanted = tags_of(kind, settings.environment)
    tags = ", ".join(f"{name}={found.tags.get(name, 'missing')}" for name in wanted)
    asked = ", ".join(f"{name}={value}" for name, value in wanted.items())
    other = found.tags.get(Tag.ENVIRONMENT, settings.environment) != settings.environment
    advice = "choose another name" if other else "choose another name, or ask your operator if the service made it"
    return (
        f"the bucket {bucket} exists in this account, and nothing shows that this service made it: its tags are {tags}"
        f" (the service's: {asked}), there is no record of it in {ManagedPrefix.COLLECTIONS}, and replication and"
        f" inventory are not the service's; {advice}"
    )


def _destination(rule: Mapping[str, Any]) -> object:
    return rule.get("Destination", {}).get("Bucket")


def _folder(inventory: Mapping[str, Any]) -> tuple[object, object, object]:
    destination = inventory.get("Destination", {}).get("S3BucketDestination", {})
    return inventory.get("Id"), destination.get("Bucket"), destination.get("Prefix")
