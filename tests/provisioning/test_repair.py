import json
from datetime import timedelta
from typing import Any

import attrs
import pytest

from runtime.provisioning.claims import Claim
from runtime.provisioning.errors import SettlingError
from runtime.provisioning.provision import provision
from runtime.provisioning.request_result import NameResult, NameVerdict, as_json, as_text
from runtime.shared.errors import RefusedError, TransientError
from tests.support.builders import AGENT, NOW
from tests.support.provisioning_fakes import FakeBucket, Office, office, recorded_details, request

MAIN, REPLICA, PUBLIC = "acme-dev-letters", "acme-dev-letters-repl", "acme-dev-maps-public"
HOLD = {
    "Sid": "LegalHold",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:DeleteObject",
    "Resource": f"arn:aws:s3:::{MAIN}/*",
}


@pytest.fixture
def o() -> Office:
    """An office that made a bucket and a public one."""
    made = office()
    _drop(made, "letters\nmaps-public", "e1")
    for bucket in made.buckets.buckets.values():
        bucket.applied.clear()
    return made


def _drop(o: Office, text: str, event_id: str = "e2", *, last: bool = False) -> list[NameResult]:
    o.requests.files["names.txt"] = text.encode()
    until = o.clock.now() + timedelta(minutes=2)
    return list(provision(o.care, request(event_id), AGENT, until=until, last_receive=last).names)


def _again(o: Office, name: str = "letters") -> NameResult:
    (result,) = _drop(o, name)
    assert NameVerdict.ALREADY_PROVISIONED is result.verdict
    return result


def _statements(bucket: FakeBucket) -> dict[str, Any]:
    policy = json.loads(bucket.standing["put_bucket_policy"]["Policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def _with_statements(bucket: FakeBucket, *statements: Any) -> None:  # noqa: ANN401 (statements of a policy)
    bucket.standing["put_bucket_policy"] = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": statements})}


def test_l36_bucket_as_it_should_be_is_not_written(o: Office) -> None:
    """Where nothing differs, no call changes anything, and the result names nothing."""
    result = _again(o)

    assert [] == [bucket.calls for bucket in o.buckets.buckets.values() if bucket.calls]
    assert ((), ()) == (result.corrected, result.differs)


def test_l36_public_bucket_closed_after_a_leak_stays_closed(o: Office) -> None:
    """Neither the block of public access nor the missing statement is undone; both are named."""
    bucket = o.buckets.buckets[PUBLIC]
    block = bucket.standing["put_public_access_block"]["PublicAccessBlockConfiguration"]
    block |= {"BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    found = _statements(bucket)
    del found["EveryoneMayRead"]
    _with_statements(bucket, *found.values())

    result = _again(o, "maps-public")

    assert [] == bucket.calls
    assert ("BlockPublicPolicy is on", "RestrictPublicBuckets is on", "does not let everybody read") == tuple(
        part
        for part, text in zip(
            ("BlockPublicPolicy is on", "RestrictPublicBuckets is on", "does not let everybody read"),
            result.differs,
            strict=True,
        )
        if part in text
    )


def test_l36_public_bucket_closed_by_its_block_alone_is_told_what_is_missing(o: Office) -> None:
    """S3 takes no public policy there: what the policy lacks is named with what to do, and nothing is removed."""
    bucket = o.buckets.buckets[PUBLIC]
    block = bucket.standing["put_public_access_block"]["PublicAccessBlockConfiguration"]
    block |= {"BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    found = _statements(bucket)
    del found["OwnKeysOnly"]
    _with_statements(bucket, *found.values())

    result = _again(o, "maps-public")

    assert [] == bucket.calls
    not_done = "not done while public access is blocked and the policy has EveryoneMayRead"
    assert any(not_done in text and "OwnKeysOnly" in text for text in result.differs)
    assert () == result.corrected


def test_l36_what_others_set_stays(o: Office) -> None:
    """A legal hold, cost tags, rules and notification targets of others stay, also where ours were lost."""
    bucket = o.buckets.buckets[MAIN]
    bucket.tags = {"CostCenter": "7"}
    _with_statements(bucket, HOLD)
    expire = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}
    bucket.standing["put_bucket_lifecycle_configuration"] = {
        "Rules": [expire],
        "TransitionDefaultMinimumObjectSize": "varies_by_storage_class",
    }
    topic = {"Id": "theirs", "TopicArn": "arn:t", "Events": ["s3:ObjectCreated:*"]}
    bucket.standing["put_bucket_notification_configuration"] = {"TopicConfigurations": [topic]}
    other = {"ID": "theirs", "Priority": 1, "Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::b"}}
    bucket.standing["put_bucket_replication"]["ReplicationConfiguration"]["Rules"].append(other)

    result = _again(o)

    assert {"CostCenter": "7", "Application": "DuraCloud", "Environment": "dev", "BucketType": "main"} == bucket.tags
    assert {"LegalHold", "EncryptedConnectionsOnly", "ReadableStorageClassesOnly"} <= set(_statements(bucket))
    lifecycle = bucket.standing["put_bucket_lifecycle_configuration"]
    assert ["theirs", "tidy", "storage-class"] == [rule["ID"] for rule in lifecycle["Rules"]]
    assert "varies_by_storage_class" == lifecycle["TransitionDefaultMinimumObjectSize"]
    notifications = bucket.standing["put_bucket_notification_configuration"]
    assert [topic] == notifications["TopicConfigurations"]
    assert ["replication"] == [queue["Id"] for queue in notifications["QueueConfigurations"]]
    rules = bucket.standing["put_bucket_replication"]["ReplicationConfiguration"]["Rules"]
    assert ["whole-bucket", "theirs"] == [rule["ID"] for rule in rules]
    assert f"{MAIN}: added the lifecycle rule tidy" in result.corrected
    assert "NoUploadsYet" not in _statements(bucket)


def test_l36_hand_made_statement_under_our_sid_is_reported(o: Office) -> None:
    """A statement that somebody wrote under one of our Sids is named and stays."""
    bucket = o.buckets.buckets[MAIN]
    found = _statements(bucket)
    found["OwnKeysOnly"]["Principal"] = {"AWS": "arn:aws:iam::111111111111:user/a"}
    _with_statements(bucket, *found.values())

    (text,) = _again(o).differs

    assert "statement OwnKeysOnly is not the service's own" in text
    assert [] == bucket.calls


@pytest.mark.parametrize(
    ("call", "changed", "text"),
    [
        ("put_bucket_versioning", {"Status": "Suspended"}, "corrected versioning; it was"),
        ("put_bucket_ownership_controls", {}, "corrected who owns objects; it was not set"),
        ("put_bucket_logging", {}, "switched access logs on"),
        ("put_bucket_inventory_configuration", {}, "added the inventory daily"),
        ("put_bucket_encryption", {}, "blocked uploads encrypted with SSE-C"),
        ("put_public_access_block", {}, "switched BlockPublicPolicy on"),
        ("put_bucket_notification_configuration", {}, "switched events to EventBridge on"),
        ("put_bucket_replication", {}, "added the replication rule whole-bucket"),
        (
            "put_bucket_lifecycle_configuration",
            {"Rules": [{"ID": "tidy"}]},
            "corrected the lifecycle rule tidy; it was",
        ),
    ],
)
def test_l36_what_is_ours_is_corrected_and_named(o: Office, call: str, changed: dict[str, Any], text: str) -> None:
    """Whatever part of the configuration is lost or changed is set again, once, and named."""
    bucket = o.buckets.buckets[MAIN]
    before = bucket.standing[call]
    bucket.standing[call] = changed

    result = _again(o)

    assert [call] == bucket.calls
    assert before == bucket.standing[call]
    assert any(f"{MAIN}: {text}" in one for one in result.corrected)
    assert () == result.differs
    assert () == _again(o).corrected


@pytest.mark.parametrize(
    ("call", "changed", "text"),
    [
        (
            "put_bucket_logging",
            {"LoggingEnabled": {"TargetBucket": "central", "TargetPrefix": ""}},
            "access logs go elsewhere",
        ),
        (
            "put_bucket_encryption",
            {
                "ServerSideEncryptionConfiguration": {
                    "Rules": [
                        {
                            "ApplyServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": "arn:k",
                            },
                            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
                        }
                    ]
                }
            },
            "the encryption is not the service's own",
        ),
    ],
)
def test_l36_what_may_be_meant_is_left_and_named(o: Office, call: str, changed: dict[str, Any], text: str) -> None:
    """What has no name of ours and may have been chosen on purpose stays as it is."""
    bucket = o.buckets.buckets[MAIN]
    bucket.standing[call] = changed

    (found,) = _again(o).differs

    assert f"{MAIN}: {text}" in found
    assert [] == bucket.calls


def test_l36_result_and_audit_trail_name_what_was_done(o: Office) -> None:
    """JSON, text and the event of the trail say what differed and what became of it."""
    o.buckets.buckets[MAIN].standing["put_bucket_versioning"] = {"Status": "Suspended"}
    o.buckets.buckets[MAIN].standing["put_bucket_logging"] = {"LoggingEnabled": {"TargetBucket": "central"}}
    o.requests.files["names.txt"] = b"letters"
    result = provision(o.care, request("e2"), AGENT, until=NOW + timedelta(minutes=2), last_receive=False)

    (entry,) = json.loads(as_json(result))["buckets"]
    assert "corrected versioning" in entry["corrected"][0]
    assert "access logs go elsewhere" in entry["differs"][0]
    assert f"  corrected: {MAIN}: corrected versioning" in as_text(result)
    assert f"  differs, left as it is: {MAIN}: access logs" in as_text(result)
    assert "corrected versioning" in recorded_details(o)[-1]
    assert "access logs go elsewhere" in recorded_details(o)[-1]


def test_l36_what_an_interrupted_repair_did_is_in_the_result_of_the_next_attempt(o: Office) -> None:
    """The second attempt finds less to do, and still names everything."""
    bucket = o.buckets.buckets[MAIN]
    del bucket.standing["put_bucket_versioning"]
    del bucket.standing["put_bucket_logging"]
    o.fail("put_bucket_logging", TransientError("SlowDown"))
    with pytest.raises(TransientError):
        _drop(o, "letters")

    texts = _again(o).corrected
    assert ["corrected versioning", "switched access logs on"] == [
        part for part in ("corrected versioning", "switched access logs on") if any(part in text for text in texts)
    ]


def test_l36_bucket_with_access_by_tags_keeps_its_tags(o: Office) -> None:
    """Where S3 takes tags by TagResource only, ours are added as elsewhere."""
    bucket = o.buckets.buckets[MAIN]
    bucket.access_by_tags = True
    bucket.tags = {"CostCenter": "7"}

    assert 3 == len(_again(o).corrected)
    assert {"CostCenter", "Application", "Environment", "BucketType"} == set(bucket.tags)


def test_l36_bucket_that_was_never_open_is_opened_after_it_settled() -> None:
    """A bucket whose making broke off for good has its NoUploadsYet statement: a new request may open it."""
    o = office(settling=timedelta(minutes=15))
    with pytest.raises(SettlingError):
        _drop(o, "maps-public", "e1")
    o.requests.claims.clear()
    with pytest.raises(SettlingError):
        _drop(o, "maps-public")
    o.clock.advance(minutes=15)

    result = _again(o, "maps-public")

    assert {"EveryoneMayRead"} == {"EveryoneMayRead", "NoUploadsYet"} & set(_statements(o.buckets.buckets[PUBLIC]))
    assert any("opened the bucket for uploads" in text for text in result.corrected)


def test_l36_replayed_event_does_not_open_what_was_closed_since(o: Office) -> None:
    """Also while the claim of a finished request stands, its replay repairs and does not make the bucket again."""
    bucket = o.buckets.buckets[PUBLIC]
    o.requests.claims[PUBLIC] = Claim("e1", NOW, creating=True, configured=NOW)
    bucket.standing["put_public_access_block"]["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] = True

    (result,) = _drop(o, "maps-public", "e1")

    assert NameVerdict.CREATED is result.verdict
    assert [] == bucket.calls
    assert "BlockPublicPolicy is on" in result.differs[0]


@pytest.mark.parametrize("bucket", [MAIN, REPLICA])
def test_l37_lost_tags_are_written_again(o: Office, bucket: str) -> None:
    """A tagging tool that replaced the whole set does not make the bucket somebody else's; its tags stay too."""
    o.buckets.buckets[bucket].tags = {"CostCenter": "7"}

    result = _again(o)

    assert "DuraCloud" == o.buckets.buckets[bucket].tags["Application"]
    assert "7" == o.buckets.buckets[bucket].tags["CostCenter"]
    assert f"{bucket}: added the tag Application=DuraCloud" in result.corrected


@pytest.mark.parametrize("bucket", [MAIN, REPLICA])
def test_l37_bucket_without_a_record_is_known_by_its_connections(o: Office, bucket: str) -> None:
    """Our role, our replica and our inventory prove a bucket from before there were records, and give it one."""
    del o.requests.collections[MAIN]
    o.buckets.buckets[bucket].tags = {}

    _again(o)

    assert REPLICA == o.requests.collections[MAIN].replica
    assert "" == o.requests.collections[MAIN].event_id


def test_l37_record_is_written_when_the_bucket_is_open_and_backfilled(o: Office) -> None:
    """A new bucket has its record, and one that has none gets it by the next request."""
    assert ("e1", "main") == (o.requests.collections[MAIN].event_id, o.requests.collections[MAIN].type)
    del o.requests.collections[MAIN]

    _again(o)

    assert "dev" == o.requests.collections[MAIN].environment


@pytest.mark.parametrize(
    ("changed", "call"),
    [
        ("Role", "put_bucket_replication"),
        ("Rules", "put_bucket_replication"),
        ("", "put_bucket_inventory_configuration"),
    ],
)
def test_l37_reason_is_true_where_nothing_proves_the_bucket(o: Office, changed: str, call: str) -> None:
    """Without tags, record and connections the answer says what was looked for, and touches nothing."""
    bucket = o.buckets.buckets[MAIN]
    o.requests.collections.clear()
    bucket.tags = {"CostCenter": "7"}
    if changed:
        bucket.standing[call]["ReplicationConfiguration"].pop(changed)
    else:
        del bucket.standing[call]

    (result,) = _drop(o, "letters")

    assert NameVerdict.REJECTED is result.verdict
    assert "its tags are Application=missing" in result.reason
    assert "no record of it in collections/" in result.reason
    assert "ask your operator" in result.reason
    assert [] == bucket.calls


def test_l37_record_of_another_environment_proves_nothing(o: Office) -> None:
    """Only a record of this environment and this replica counts."""
    o.buckets.buckets[MAIN].tags = {}
    del o.buckets.buckets[MAIN].standing["put_bucket_replication"]
    o.requests.collections[MAIN] = attrs.evolve(o.requests.collections[MAIN], environment="prod")

    assert NameVerdict.REJECTED is _drop(o, "letters")[0].verdict


def test_l41_account_that_blocks_public_access_is_answered_with_the_cause() -> None:
    """The cause is in the result of the first attempt, nothing is left, and the next public name makes nothing."""
    o = office(settling=timedelta(minutes=15))
    o.buckets.public_blocked = True
    made: list[str] = []
    o.buckets.before = lambda call, bucket: made.append(bucket) if call == "create" else None

    results = _drop(o, "maps-public\nplans-public")

    assert [NameVerdict.REJECTED, NameVerdict.REJECTED] == [result.verdict for result in results]
    assert all("S3 Block Public Access of the AWS account or its organization" in result.reason for result in results)
    assert [PUBLIC, f"{PUBLIC}-repl"] == made
    assert ({}, {}) == (o.buckets.buckets, o.requests.claims)


def test_l41_work_ends_when_its_time_is_up() -> None:
    """No call begins after the end of the time; the next attempt goes on, and the last one says so."""
    o = office()
    o.buckets.before = lambda call, _: o.clock.advance(minutes=1) if call == "put_bucket_versioning" else None
    with pytest.raises(TransientError, match="the time was up"):
        _drop(o, "letters")

    (result,) = _drop(o, "letters", last=True)

    assert NameVerdict.FAILED is result.verdict
    assert "the time was up" in result.reason
    assert {} == o.buckets.buckets


def test_l41_next_attempt_does_not_configure_again_what_is_configured() -> None:
    """A request with many names gets further with each attempt."""
    o = office()
    o.fail("put_bucket_policy", TransientError("SlowDown"), "acme-dev-maps")
    with pytest.raises(TransientError):
        _drop(o, "letters\nmaps", "e1")
    before = len(o.buckets.buckets[MAIN].applied)

    _drop(o, "letters\nmaps", "e1")

    assert len(o.buckets.buckets[MAIN].applied) <= before + 1


def test_failed_repair_names_what_it_did_before(o: Office) -> None:
    """A refusal in the middle of a repair does not hide what was corrected."""
    del o.buckets.buckets[MAIN].standing["put_bucket_versioning"]
    del o.buckets.buckets[MAIN].standing["put_bucket_logging"]
    o.fail("put_bucket_logging", RefusedError("AccessDenied"))

    (result,) = _drop(o, "letters")

    assert NameVerdict.FAILED is result.verdict
    assert any("corrected versioning" in text for text in result.corrected)
