"""How a bucket differs from its configuration, and the call that corrects what is ours (lesson L36).

Ours are fixed tag keys, Sids, ids of rules, notifications and inventory; whatever others set beside them stays.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import attrs

from runtime.provisioning.bucket_configuration import Step
from runtime.provisioning.bucket_policy import NO_UPLOADS, PUBLIC, policy
from runtime.shared.wording import cut

_SHOWN: Final = 300
Document = Mapping[str, Any]


@attrs.define
class Difference:
    """What one step finds on an existing bucket."""

    # Of the step's call, with what others set; None if nothing is to be corrected.
    arguments: Document | None = None
    corrected: list[str] = attrs.field(factory=list)  # in the past tense, once the call was made
    left: list[str] = attrs.field(factory=list)  # differences that a repair leaves to people


def difference(step: Step, current: Document, *, in_use: bool) -> Difference:
    """Compare a bucket with what a step would set.

    `current` is the answer of S3's call that reads what the step writes, empty if nothing is set. Access to a bucket
    `in_use` is never widened.
    """
    if step.call in _ACCESS:
        return _ACCESS[step.call](step.arguments, current, in_use=in_use)
    return _COMPARED[step.call](step.arguments, current)


def never_opened(current: Document) -> bool:
    """Tell whether a bucket with this policy was never open for uploads: the statement that closed it stands."""
    return any(statement.get("Sid") == NO_UPLOADS for statement in _statements(current))


def _tags(target: Document, current: Document) -> Difference:
    found, standing = Difference(), {tag["Key"]: tag["Value"] for tag in current.get("TagSet", ())}
    for tag in target["Tagging"]["TagSet"]:
        name, value = tag["Key"], tag["Value"]
        if name not in standing:
            found.corrected.append(f"added the tag {name}={value}")
        elif standing[name] != value:
            found.corrected.append(f"changed the tag {name} from {standing[name]!r} to {value!r}")
        standing[name] = value
    if found.corrected:
        found.arguments = {"Tagging": {"TagSet": [{"Key": key, "Value": value} for key, value in standing.items()]}}
    return found


def _policy(target: Document, current: Document, *, in_use: bool) -> Difference:
    found, standing = Difference(), _statements(current)
    wanted = _statements(target)
    if not in_use and any(one.get("Sid") == NO_UPLOADS for one in standing):
        standing = [one for one in standing if one.get("Sid") != NO_UPLOADS]
        found.corrected.append("opened the bucket for uploads, which had never been open")
    by_sid = {one.get("Sid"): one for one in standing}
    for statement in wanted:
        sid = statement["Sid"]
        if sid in by_sid:
            if _plain(by_sid[sid]) != _plain(statement):
                found.left.append(f"the policy's statement {sid} is not the service's own: {_shown(by_sid[sid])}")
        elif sid == PUBLIC and in_use:
            found.left.append("the policy does not let everybody read, as it would for a new public bucket")
        else:
            standing = [*standing, statement]
            found.corrected.append(f"added the policy's statement {sid}")
    if found.corrected:
        document = json.loads(current.get("Policy") or "{}")
        found.arguments = {"Policy": policy(standing)}
        if document:
            found.arguments = {"Policy": json.dumps({**document, "Statement": standing}, sort_keys=True)}
    return found


def _public_access(target: Document, current: Document, *, in_use: bool) -> Difference:
    found, name = Difference(), "PublicAccessBlockConfiguration"
    standing = current.get(name, {})
    merged = {}
    for setting, wanted in target[name].items():
        is_on = bool(standing.get(setting, False))
        merged[setting] = wanted or (is_on and in_use)
        if merged[setting] != is_on:
            found.corrected.append(f"switched {setting} {'on' if wanted else 'off'}")
        elif is_on and not wanted:
            found.left.append(f"{setting} is on, as it would not be for a new public bucket")
    if found.corrected:
        found.arguments = {name: merged}
    return found


def _ownership(target: Document, current: Document) -> Difference:
    return _whole("OwnershipControls", "who owns objects", target, current)


def _versioning(target: Document, current: Document) -> Difference:
    standing = {"VersioningConfiguration": {"Status": current.get("Status", "never enabled")}}
    return _whole("VersioningConfiguration", "versioning", target, standing)


def _whole(name: str, what: str, target: Document, current: Document) -> Difference:
    if current.get(name) == target[name]:
        return Difference()
    return Difference(target, [f"corrected {what}; it was {_shown(current.get(name, 'not set'))}"])


def _encryption(target: Document, current: Document) -> Difference:
    found, name = Difference(), "ServerSideEncryptionConfiguration"
    by_default, blocked = "ApplyServerSideEncryptionByDefault", "BlockedEncryptionTypes"
    wanted = target[name]["Rules"][0]
    standing = dict((current.get(name, {}).get("Rules") or [{}])[0])
    default = standing.get(by_default, {})
    if default.get("SSEAlgorithm", "AES256") == "AES256":
        if default != wanted[by_default]:
            found.corrected.append(f"corrected the encryption; it was {_shown(default or 'not set')}")
            standing |= {key: wanted[key] for key in (by_default, "BucketKeyEnabled")}
    elif default != wanted[by_default]:
        # Another key may have been chosen on purpose, and S3's own key would be the weaker one.
        found.left.append(f"the encryption is not the service's own: {_shown(default)}")
    types = [one for one in standing.get(blocked, {}).get("EncryptionType", ()) if one != "NONE"]
    missing = [one for one in wanted[blocked]["EncryptionType"] if one not in types]
    if missing:
        found.corrected.append(f"blocked uploads encrypted with {', '.join(missing)}")
        standing[blocked] = {"EncryptionType": [*types, *missing]}
    if found.corrected:
        found.arguments = {name: {"Rules": [standing]}}
    return found


def _lifecycle(target: Document, current: Document) -> Difference:
    name = "LifecycleConfiguration"
    found, rules = _by_id("the lifecycle rule", "ID", target[name]["Rules"], current.get("Rules", ()))
    if found.corrected:
        # S3 sets what the call does not name back to its default.
        smallest = "TransitionDefaultMinimumObjectSize"
        found.arguments = {
            name: {"Rules": rules},
            **({smallest: current[smallest]} if smallest in current else {}),
        }
    return found


def _notifications(target: Document, current: Document) -> Difference:
    name, bridge, queues = "NotificationConfiguration", "EventBridgeConfiguration", "QueueConfigurations"
    found, merged = _by_id("the notification", "Id", target[name][queues], current.get(queues, ()))
    if bridge not in current:
        found.corrected.insert(0, "switched events to EventBridge on")
    if found.corrected:
        lists = {key: value for key, value in current.items() if key.endswith("Configurations")}
        found.arguments = {
            name: {**lists, bridge: {}, queues: merged},
            # A target of others that is gone must not stop the repair.
            "SkipDestinationValidation": True,
        }
    return found


def _inventory(target: Document, current: Document) -> Difference:
    name = "InventoryConfiguration"
    found, _ = _by_id("the inventory", "Id", [target[name]], [current[name]] if name in current else [])
    if found.corrected:
        found.arguments = target
    return found


def _logging(target: Document, current: Document) -> Difference:
    standing = current.get("LoggingEnabled")
    if not standing:
        return Difference(target, ["switched access logs on"])
    wanted = target["BucketLoggingStatus"]["LoggingEnabled"]
    if any(standing.get(key) != value for key, value in wanted.items()):
        return Difference(left=[f"access logs go elsewhere: {_shown(standing)}"])
    return Difference()


def _replication(target: Document, current: Document) -> Difference:
    name = "ReplicationConfiguration"
    standing, wanted = current.get(name, {}), target[name]
    others = [
        rule for rule in standing.get("Rules", ()) if rule.get("ID") not in {one["ID"] for one in wanted["Rules"]}
    ]
    role = standing.get("Role", wanted["Role"])
    # S3 asks for priorities that differ: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationRule.html
    above = max((int(rule.get("Priority", 0)) for rule in others), default=0) + 1
    ours = [{**rule, "Priority": above} for rule in wanted["Rules"]]
    standing_rules = [
        {**rule, "Priority": above} if rule.get("ID") in {one["ID"] for one in ours} else rule
        for rule in standing.get("Rules", ())
    ]
    found, rules = _by_id("the replication rule", "ID", ours, standing_rules)
    if role != wanted["Role"] and others:
        # The rules of others need the role that they were made for.
        found.left.append(f"replication works with another role: {role}")
    elif role != wanted["Role"]:
        found.corrected.append(f"corrected the role of replication; it was {role}")
        role = wanted["Role"]
    if found.corrected:
        found.arguments = {name: {"Role": role, "Rules": rules}}
    return found


def _by_id(
    what: str, key: str, wanted: Sequence[Document], standing: Sequence[Document]
) -> tuple[Difference, list[Document]]:
    """Return the differences, and what stands with what is wanted in the place of, or behind, what has its id."""
    found, merged = Difference(), list(standing)
    for one in wanted:
        name = f"{what} {one[key]}"
        at = next((index for index, other in enumerate(merged) if other.get(key) == one[key]), None)
        if at is None:
            found.corrected.append(f"added {name}")
            merged.append(one)
        elif _plain(merged[at]) != _plain(one):
            found.corrected.append(f"corrected {name}; it was {_shown(merged[at])}")
            merged[at] = one
    return found, merged


def _statements(document: Document) -> list[dict[str, Any]]:
    found = json.loads(document.get("Policy") or "{}").get("Statement", [])
    return found if isinstance(found, list) else [found]


def _plain(value: Any, key: str = "") -> Any:  # noqa: ANN401 (any JSON)
    """Return a form in which documents that mean the same are equal: S3 may order lists anew, and shorten them."""
    if isinstance(value, Mapping):
        if key == "Filter" and value in ({}, {"Prefix": ""}):
            return ""
        if key == "Principal" and value == {"AWS": "*"}:
            return ["*"]
        return {name: _plain(one, name) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return sorted((_plain(one) for one in value), key=str)
    # In a policy one value may stand for a list of one; condition keys have a colon.
    return [value] if key in {"Action", "Resource", "Principal"} or ":" in key else value


def _shown(value: object) -> str:
    return cut(value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str), _SHOWN)


class _Access(Protocol):
    def __call__(self, target: Document, current: Document, *, in_use: bool) -> Difference: ...


_ACCESS: Final[Mapping[str, _Access]] = {
    "put_bucket_policy": _policy,
    "put_public_access_block": _public_access,
}
_COMPARED: Final[Mapping[str, Callable[[Document, Document], Difference]]] = {
    "put_bucket_tagging": _tags,
    "put_bucket_ownership_controls": _ownership,
    "put_bucket_encryption": _encryption,
    "put_bucket_versioning": _versioning,
    "put_bucket_lifecycle_configuration": _lifecycle,
    "put_bucket_notification_configuration": _notifications,
    "put_bucket_inventory_configuration": _inventory,
    "put_bucket_logging": _logging,
    "put_bucket_replication": _replication,
}
