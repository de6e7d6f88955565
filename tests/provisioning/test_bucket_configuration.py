import json
from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from runtime.provisioning.bucket_configuration import (
    BucketType,
    Step,
    main_steps,
    opening_steps,
    replica_steps,
    tags_of,
)
from runtime.provisioning.bucket_names import pair_of
from runtime.provisioning.claims import FoundBucket, Owner
from tests.support.provisioning_fakes import SETTINGS

PAIR = pair_of("acme-dev", "letters")
PUBLIC = pair_of("acme-dev", "maps-public")


def _arguments(steps: Sequence[Step], call: str) -> Any:  # noqa: ANN401 (arguments of S3's API)
    return [step for step in steps if step.call == call][-1].arguments


def _statements(steps: Sequence[Step]) -> list[dict[str, Any]]:
    policy = json.loads(_arguments(steps, "put_bucket_policy")["Policy"])
    return list(policy["Statement"])


def test_l17_bucket_is_closed_until_the_very_last_step() -> None:
    """A new bucket denies uploads from its second step on; the policy that opens it is the last, after replication."""
    first = main_steps(PAIR, SETTINGS)
    last = opening_steps(PAIR, SETTINGS)

    assert ["put_bucket_tagging", "put_bucket_policy"] == [step.call for step in first[:2]]
    assert "s3:PutObject" in {statement["Action"] for statement in _statements(first)}
    assert ["put_bucket_replication", "put_bucket_policy"] == [step.call for step in last]
    assert ["EncryptedConnectionsOnly"] == [statement["Sid"] for statement in _statements(last)]


def test_main_bucket_gets_all_that_is_documented() -> None:
    """Tags, policy, public access block, ownership, encryption, versions, lifecycle, events, inventory, logs."""
    assert [
        "put_bucket_tagging",
        "put_bucket_policy",
        "put_public_access_block",
        "put_bucket_ownership_controls",
        "put_bucket_encryption",
        "put_bucket_versioning",
        "put_bucket_lifecycle_configuration",
        "put_bucket_notification_configuration",
        "put_bucket_inventory_configuration",
        "put_bucket_logging",
    ] == [step.call for step in main_steps(PAIR, SETTINGS)]


@pytest.mark.parametrize(
    ("steps", "days", "storage_class"),
    [(main_steps(PAIR, SETTINGS), 0, "INTELLIGENT_TIERING"), (replica_steps(PAIR, SETTINGS), 7, "DEEP_ARCHIVE")],
    ids=["main", "replica"],
)
def test_lifecycle_values(steps: Sequence[Step], days: int, storage_class: str) -> None:
    """Unfinished uploads go after 3 days, old versions after 30, spent markers at once; the class changes as set."""
    tidy, moved = _arguments(steps, "put_bucket_lifecycle_configuration")["LifecycleConfiguration"]["Rules"]

    assert {"DaysAfterInitiation": 3} == tidy["AbortIncompleteMultipartUpload"]
    assert {"NoncurrentDays": 30} == tidy["NoncurrentVersionExpiration"]
    assert {"ExpiredObjectDeleteMarker": True} == tidy["Expiration"]
    assert [{"Days": days, "StorageClass": storage_class}] == moved["Transitions"]


def test_public_bucket_stays_in_standard() -> None:
    """A public bucket has no change of storage class."""
    rules = _arguments(main_steps(PUBLIC, SETTINGS), "put_bucket_lifecycle_configuration")["LifecycleConfiguration"]

    assert ["tidy"] == [rule["ID"] for rule in rules["Rules"]]


def test_public_bucket_opens_to_readers_at_the_end_only() -> None:
    """A public bucket is closed to the public while it is made, and opened before the last policy says so."""
    steps = opening_steps(PUBLIC, SETTINGS)

    assert ["put_bucket_replication", "put_public_access_block", "put_bucket_policy"] == [step.call for step in steps]
    assert not _arguments(steps, "put_public_access_block")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
    assert ["EncryptedConnectionsOnly", "EveryoneMayRead"] == [statement["Sid"] for statement in _statements(steps)]


def test_repair_of_a_public_bucket_never_closes_it() -> None:
    """The steps that would close a public bucket in use are for new buckets only."""
    repeated = [step for step in main_steps(PUBLIC, SETTINGS) if not step.only_new]

    assert {"put_bucket_policy", "put_public_access_block"}.isdisjoint(step.call for step in repeated)


def test_replication_covers_the_whole_bucket_with_delete_markers_and_time_control() -> None:
    """One rule without a filter, delete markers included, within 15 minutes, in the class of the settings."""
    rule = _arguments(opening_steps(PAIR, SETTINGS), "put_bucket_replication")["ReplicationConfiguration"]["Rules"][0]

    assert ({"Prefix": ""}, {"Status": "Enabled"}) == (rule["Filter"], rule["DeleteMarkerReplication"])
    assert {
        "Bucket": "arn:aws:s3:::acme-dev-letters-repl",
        "StorageClass": "STANDARD",
        "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
        "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
    } == rule["Destination"]


def test_replication_without_time_control() -> None:
    """Where the settings do not ask for time control, S3 replicates without its promise, and still reports failures."""
    values = attrs.evolve(SETTINGS, replication_time_control=False)
    rule = _arguments(opening_steps(PAIR, values), "put_bucket_replication")["ReplicationConfiguration"]["Rules"][0]

    assert {"Bucket", "StorageClass", "Metrics"} == set(rule["Destination"])
    assert {"Status": "Enabled"} == rule["Destination"]["Metrics"]


def test_customer_key_encrypts_both_copies_and_replication_knows_it() -> None:
    """With customer keys each copy uses the key of its region, and replication covers encrypted objects."""
    values = attrs.evolve(SETTINGS, encryption_key_arn="arn:main", replica_key_arn="arn:replica")
    keys = [
        _arguments(steps, "put_bucket_encryption")["ServerSideEncryptionConfiguration"]["Rules"][0][
            "ApplyServerSideEncryptionByDefault"
        ]
        for steps in (main_steps(PAIR, values), replica_steps(PAIR, values))
    ]
    rule = _arguments(opening_steps(PAIR, values), "put_bucket_replication")["ReplicationConfiguration"]["Rules"][0]

    assert [
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:main"},
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:replica"},
    ] == keys
    assert {"SseKmsEncryptedObjects": {"Status": "Enabled"}} == rule["SourceSelectionCriteria"]
    assert {"ReplicaKmsKeyID": "arn:replica"} == rule["Destination"]["EncryptionConfiguration"]


def test_events_go_to_eventbridge_and_replication_failures_to_their_queue() -> None:
    """One configuration says both: S3 tells EventBridge of objects, and the queue of replications that go wrong."""
    assert {
        "EventBridgeConfiguration": {},
        "QueueConfigurations": [
            {
                "Id": "replication",
                "QueueArn": SETTINGS.replication_queue_arn,
                "Events": ["s3:Replication:OperationFailedReplication", "s3:Replication:OperationMissedThreshold"],
            }
        ],
    } == _arguments(main_steps(PAIR, SETTINGS), "put_bucket_notification_configuration")["NotificationConfiguration"]


def test_inventory_lists_every_version_daily_with_the_documented_fields() -> None:
    """The daily inventory goes to the managed bucket with size, dates, class, ETag, replication and checksum."""
    configuration = _arguments(main_steps(PAIR, SETTINGS), "put_bucket_inventory_configuration")[
        "InventoryConfiguration"
    ]

    assert ("All", "Daily") == (configuration["IncludedObjectVersions"], configuration["Schedule"]["Frequency"])
    assert {"Size", "LastModifiedDate", "StorageClass", "ETag", "ReplicationStatus", "ChecksumAlgorithm"} == set(
        configuration["OptionalFields"]
    )
    destination = configuration["Destination"]["S3BucketDestination"]
    assert ("arn:aws:s3:::acme-dev-managed", "inventory") == (destination["Bucket"], destination["Prefix"])


def test_access_logs_go_to_the_buckets_own_folder() -> None:
    """S3 writes the access logs of a bucket below audit/ and its name."""
    logging = _arguments(main_steps(PAIR, SETTINGS), "put_bucket_logging")["BucketLoggingStatus"]["LoggingEnabled"]

    assert {"TargetBucket": "acme-dev-logs", "TargetPrefix": "access/acme-dev-letters/"} == logging


def test_every_policy_denies_unencrypted_connections() -> None:
    """No bucket of ours is reachable without TLS at any step."""
    for steps in (main_steps(PAIR, SETTINGS), replica_steps(PAIR, SETTINGS), opening_steps(PUBLIC, SETTINGS)):
        for step in steps:
            if step.call == "put_bucket_policy":
                assert "aws:SecureTransport" in step.arguments["Policy"]


@pytest.mark.parametrize(
    ("tags", "ours"),
    [
        (tags_of(BucketType.MAIN, "dev"), True),
        ({**tags_of(BucketType.MAIN, "dev"), "CostCenter": "7"}, True),
        (tags_of(BucketType.MAIN, "prod"), False),
        (tags_of(BucketType.REPLICA, "dev"), False),
        ({"Application": "DuraCloud"}, False),
        ({}, False),
    ],
)
def test_l15_only_our_tags_say_ours(tags: dict[str, str], *, ours: bool) -> None:
    """A bucket is ours where application, environment and kind all say so."""
    assert ours == FoundBucket(Owner.THIS_ACCOUNT, tags).is_ours("dev", BucketType.MAIN)
