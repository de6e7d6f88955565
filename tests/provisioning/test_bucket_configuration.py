import json
from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from runtime.provisioning.bucket_configuration import (
    BucketType,
    Step,
    connecting_steps,
    main_steps,
    main_target,
    opening_step,
    replica_steps,
    tags_of,
)
from runtime.provisioning.bucket_names import BucketPair, pair_of
from runtime.provisioning.claims import FoundBucket, Owner
from tests.support.provisioning_fakes import SETTINGS

PAIR = pair_of("acme-dev", "letters")
PUBLIC = pair_of("acme-dev", "maps-public")


def _arguments(steps: Sequence[Step], call: str) -> Any:  # noqa: ANN401 (arguments of S3's API)
    return [step for step in steps if step.call == call][-1].arguments


def _sids(steps: Sequence[Step]) -> set[str]:
    return {statement["Sid"] for statement in _statements(steps)}


def _statements(steps: Sequence[Step]) -> list[dict[str, Any]]:
    policy = json.loads(_arguments(steps, "put_bucket_policy")["Policy"])
    return list(policy["Statement"])


def test_l17_bucket_is_closed_until_the_very_last_step() -> None:
    """A new bucket denies uploads from its second step on; the policy that opens it is the last."""
    first = main_steps(PAIR, SETTINGS)

    assert ["put_bucket_tagging", "put_bucket_policy"] == [step.call for step in first[:2]]
    assert "NoUploadsYet" in _sids(first)
    assert ["put_bucket_replication"] == [step.call for step in connecting_steps(PAIR, SETTINGS)]
    assert {
        "EncryptedConnectionsOnly",
        "ReadableStorageClassesOnly",
        "NoKeysOfCustomers",
        "OwnKeysOnly",
    } == _sids([opening_step(PAIR, SETTINGS)])


@pytest.mark.parametrize("pair", [PAIR, PUBLIC], ids=["main", "public"])
def test_l49_replication_is_configured_while_uploads_are_closed(pair: BucketPair) -> None:
    """The steps before the settling time start replication and open nothing; the one step after them opens."""
    before = connecting_steps(pair, SETTINGS)

    assert "put_bucket_replication" == before[0].call
    assert all("NoUploadsYet" in step.arguments["Policy"] for step in before if step.call == "put_bucket_policy")
    assert "NoUploadsYet" not in _sids([opening_step(pair, SETTINGS)])


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


def test_public_bucket_opens_to_readers_while_it_is_empty() -> None:
    """Everybody may read a public bucket before it opens for uploads, so that a refusal comes at once."""
    steps = connecting_steps(PUBLIC, SETTINGS)

    assert ["put_bucket_replication", "put_public_access_block", "put_bucket_policy"] == [step.call for step in steps]
    assert not _arguments(steps, "put_public_access_block")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
    assert {"EveryoneMayRead", "NoUploadsYet"} <= _sids(steps)
    assert "EveryoneMayRead" in _sids([opening_step(PUBLIC, SETTINGS)])


def test_target_is_the_last_step_of_each_call_with_access_at_the_end() -> None:
    """What a bucket in use should have is what its making leaves behind."""
    steps = main_target(PUBLIC, SETTINGS)

    assert len({step.call for step in steps}) == len(steps)
    assert ["put_public_access_block", "put_bucket_policy"] == [step.call for step in steps[-2:]]
    assert opening_step(PUBLIC, SETTINGS) == steps[-1]


def test_f07_sse_c_is_blocked_explicitly_on_both_copies() -> None:
    """S3's default of new buckets is stated, for accounts and buckets that have another one."""
    for steps in (main_steps(PAIR, SETTINGS), main_steps(PUBLIC, SETTINGS), replica_steps(PAIR, SETTINGS)):
        (rule,) = _arguments(steps, "put_bucket_encryption")["ServerSideEncryptionConfiguration"]["Rules"]
        assert {"EncryptionType": ["SSE-C"]} == rule["BlockedEncryptionTypes"]


def test_replication_covers_the_whole_bucket_with_delete_markers_and_time_control() -> None:
    """One rule without a filter, delete markers included, within 15 minutes, in the class of the settings."""
    rule = _arguments(connecting_steps(PAIR, SETTINGS), "put_bucket_replication")["ReplicationConfiguration"]["Rules"][
        0
    ]

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
    rule = _arguments(connecting_steps(PAIR, values), "put_bucket_replication")["ReplicationConfiguration"]["Rules"][0]

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
    rule = _arguments(connecting_steps(PAIR, values), "put_bucket_replication")["ReplicationConfiguration"]["Rules"][0]

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
    for steps in (main_steps(PAIR, SETTINGS), replica_steps(PAIR, SETTINGS), connecting_steps(PUBLIC, SETTINGS)):
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
