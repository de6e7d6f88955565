"""What the local AWS makes of buckets, objects and their events."""

import json
from typing import Any

import pytest

from duracloud.local.aws import ACCOUNT, LocalAws
from duracloud.local.watching import eventually
from runtime.adapters.s3_bucket_list import S3MainBuckets
from runtime.adapters.s3_objects import S3Objects
from runtime.fixity.errors import ReadRefusedError
from runtime.shared.object_ref import ObjectRef
from tests.local.support import deploy, messages, policy, unique

RULES = [
    {"Id": "uploads", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}},
    {"Id": "scratch", "Status": "Enabled", "Prefix": "scratch/", "ExpirationInDays": 30},
]
INVENTORY = {
    "Id": "all",
    "IsEnabled": True,
    "IncludedObjectVersions": "All",
    "OptionalFields": ["Size", "ETag"],
    "Schedule": {"Frequency": "Daily"},
    "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::managed", "Format": "CSV"}},
}


class Versioned:
    """A versioned bucket and the EventBridge events of it."""

    def __init__(self, aws: LocalAws, name: str, queue_url: str) -> None:
        self.aws = aws
        self.s3 = aws.client("s3")
        self.name = name
        self._queue_url = queue_url
        self._events: list[dict[str, Any]] = []

    def events(self, key: str) -> list[dict[str, Any]]:
        self._events += messages(self.aws, self._queue_url)
        found = [event for event in self._events if event["detail"]["object"]["key"] == key]
        return sorted(found, key=lambda event: event["detail"]["object"]["sequencer"])


@pytest.fixture(scope="module")
def bucket(aws: LocalAws) -> Versioned:
    """A bucket as a template describes it, whose events go to a queue by a rule like ours."""
    name = unique("deposits-letters")
    pattern = {
        "source": ["aws.s3"],
        "detail": {"bucket": {"name": [{"prefix": "deposits-"}]}},
        "resources": [{"anything-but": {"suffix": ["-managed", "-repl"]}}],
    }
    ids = deploy(
        aws,
        {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Policy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {
                    "Queues": [{"Ref": "Queue"}],
                    "PolicyDocument": policy("sqs:SendMessage", Principal={"Service": "events.amazonaws.com"}),
                },
            },
            "Rule": {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventPattern": pattern,
                    "Targets": [{"Id": "Queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
                },
            },
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {
                    "BucketName": name,
                    "VersioningConfiguration": {"Status": "Enabled"},
                    "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
                    "Tags": [{"Key": "Application", "Value": "DuraCloud"}],
                    "BucketEncryption": {
                        "ServerSideEncryptionConfiguration": [
                            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                        ]
                    },
                    "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                    "LoggingConfiguration": {"DestinationBucketName": "logs", "LogFilePrefix": "audit/"},
                    "LifecycleConfiguration": {"Rules": RULES},
                },
            },
        },
    )
    return Versioned(aws, name, ids["Queue"])


def test_a_template_s_bucket_properties_are_applied(bucket: Versioned) -> None:
    """Tags, encryption, ownership, access logging and lifecycle are as the template says."""
    s3, name = bucket.s3, bucket.name
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert [{"Key": "Application", "Value": "DuraCloud"}] == s3.get_bucket_tagging(Bucket=name)["TagSet"]
    assert {"SSEAlgorithm": "AES256"} == encryption["ApplyServerSideEncryptionByDefault"]
    assert {"TargetBucket": "logs", "TargetPrefix": "audit/"} == s3.get_bucket_logging(Bucket=name)["LoggingEnabled"]
    assert [{"ObjectOwnership": "BucketOwnerEnforced"}] == s3.get_bucket_ownership_controls(Bucket=name)[
        "OwnershipControls"
    ]["Rules"]
    assert {"DaysAfterInitiation": 3} == lifecycle[0]["AbortIncompleteMultipartUpload"]
    assert ({"Days": 30}, {"Prefix": "scratch/"}) == (lifecycle[1]["Expiration"], lifecycle[1]["Filter"])


def test_uploads_work_where_aws_would_choose_the_key(aws: LocalAws) -> None:
    """A bucket encrypted by KMS without naming a key, as CDK's own bucket is, takes uploads that say the same."""
    rules = [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
    properties = {"BucketName": unique("assets"), "BucketEncryption": {"ServerSideEncryptionConfiguration": rules}}
    name = deploy(aws, {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}})["Bucket"]
    s3 = aws.client("s3")
    found = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    algorithm = found["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    s3.put_object(Bucket=name, Key="asset", Body=b"x", ServerSideEncryption=algorithm)
    assert b"x" == s3.get_object(Bucket=name, Key="asset")["Body"].read()


def test_inventory_configurations_are_kept(bucket: Versioned) -> None:
    """What is put is got and listed, and gone when deleted."""
    s3, name = bucket.s3, bucket.name
    s3.put_bucket_inventory_configuration(Bucket=name, Id="all", InventoryConfiguration=INVENTORY)
    assert INVENTORY == s3.get_bucket_inventory_configuration(Bucket=name, Id="all")["InventoryConfiguration"]
    assert [INVENTORY] == s3.list_bucket_inventory_configurations(Bucket=name)["InventoryConfigurationList"]
    s3.delete_bucket_inventory_configuration(Bucket=name, Id="all")
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_inventory_configuration(Bucket=name, Id="all")


def test_events_tell_what_eventbridge_tells(bucket: Versioned) -> None:
    """Version, size, ETag, order and kind of deletion are in the events of creations and deletions."""
    key = "a b+ü%20.txt"
    put = bucket.s3.put_object(Bucket=bucket.name, Key=key, Body=b"letter")
    marker = bucket.s3.delete_object(Bucket=bucket.name, Key=key)
    bucket.s3.delete_object(Bucket=bucket.name, Key=key, VersionId=put["VersionId"])
    created, hidden, gone = eventually(lambda: bucket.events(key), lambda seen: len(seen) == 3)
    assert [f"arn:aws:s3:::{bucket.name}"] == created["resources"]
    assert ("Object Created", "PutObject") == (created["detail-type"], created["detail"]["reason"])
    assert {"key": key, "size": 6, "etag": put["ETag"].strip('"'), "version-id": put["VersionId"]} == {
        name: value for name, value in created["detail"]["object"].items() if name != "sequencer"
    }
    assert ("Object Deleted", "Delete Marker Created") == (hidden["detail-type"], hidden["detail"]["deletion-type"])
    assert marker["VersionId"] == hidden["detail"]["object"]["version-id"]
    assert ("Object Deleted", "Permanently Deleted") == (gone["detail-type"], gone["detail"]["deletion-type"])
    assert put["VersionId"] == gone["detail"]["object"]["version-id"]
    assert "size" not in gone["detail"]["object"]


def test_a_rule_leaves_fixed_buckets_and_siblings_out(bucket: Versioned) -> None:
    """A prefix on the name and an exclusion of endings under `resources` must both hold."""
    others = [unique("deposits2"), f"{unique('deposits-letters')}-repl", f"{unique('deposits')}-managed"]
    for name in others:
        bucket.s3.create_bucket(Bucket=name)
        bucket.s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        bucket.s3.put_object(Bucket=name, Key="sieve", Body=b"x")
    bucket.s3.put_object(Bucket=bucket.name, Key="sieve", Body=b"x")
    seen = eventually(lambda: bucket.events("sieve"))
    assert [bucket.name] == [event["detail"]["bucket"]["name"] for event in seen]


def test_a_bit_flipped_on_the_disk_is_read(bucket: Versioned) -> None:
    """Reading the current version, by id or without, gives the file's bytes under the old version and ETag."""
    put = bucket.s3.put_object(Bucket=bucket.name, Key="rot.txt", Body=b"letter")
    path = bucket.aws.objects / ACCOUNT / bucket.name / "rot.txt"
    assert b"letter" == path.read_bytes()
    path.write_bytes(b"lettes")
    for arguments in ({}, {"VersionId": put["VersionId"]}):
        got = bucket.s3.get_object(Bucket=bucket.name, Key="rot.txt", **arguments)
        assert (put["VersionId"], put["ETag"]) == (got["VersionId"], got["ETag"])
        assert b"lettes" == got["Body"].read()


def test_a_head_request_tells_the_size_of_a_part(bucket: Versioned) -> None:
    """With a part number the length is that of the part, with and without the version's id; a missing part is 416."""
    part, name = 5 * 1024 * 1024, bucket.name
    upload = bucket.s3.create_multipart_upload(Bucket=name, Key="parts")["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": bucket.s3.upload_part(
                Bucket=name, Key="parts", UploadId=upload, PartNumber=number, Body=bytes(size)
            )["ETag"],
        }
        for number, size in ((1, part), (3, 10))
    ]
    done = bucket.s3.complete_multipart_upload(
        Bucket=name, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    for arguments in ({}, {"VersionId": done["VersionId"]}):
        head = bucket.s3.head_object(Bucket=name, Key="parts", PartNumber=1, **arguments)
        assert (part, 2) == (head["ContentLength"], head["PartsCount"])
        with pytest.raises(bucket.s3.exceptions.ClientError, match="416"):
            bucket.s3.head_object(Bucket=name, Key="parts", PartNumber=2, **arguments)


def test_a_group_is_made_by_a_template(aws: LocalAws) -> None:
    """An IAM group has the name and the managed policies that the template says."""
    document = json.dumps(policy("s3:ListAllMyBuckets"))
    ids = deploy(
        aws,
        {
            "Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}},
            "Group": {
                "Type": "AWS::IAM::Group",
                "Properties": {"GroupName": unique("users"), "ManagedPolicyArns": [{"Ref": "Policy"}]},
            },
        },
    )
    attached = aws.client("iam").list_attached_group_policies(GroupName=ids["Group"])["AttachedPolicies"]
    assert [ids["Policy"]] == [entry["PolicyArn"] for entry in attached]


def test_a_replica_has_the_version_id_of_its_source(aws: LocalAws) -> None:
    """Every way of uploading gives source and replica one version id, and the source says that it was replicated."""
    s3, name = aws.client("s3"), unique("replicated")
    for bucket in (name, f"{name}-repl"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "all", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""}}
    rule |= {"Destination": {"Bucket": f"arn:aws:s3:::{name}-repl"}, "DeleteMarkerReplication": {"Status": "Enabled"}}
    s3.put_bucket_replication(
        Bucket=name, ReplicationConfiguration={"Role": f"arn:aws:iam::{ACCOUNT}:role/r", "Rules": [rule]}
    )
    versions = [s3.put_object(Bucket=name, Key="a", Body=body)["VersionId"] for body in (b"one", b"two")]
    versions.append(s3.copy_object(Bucket=name, Key="a", CopySource=f"{name}/a?versionId={versions[0]}")["VersionId"])
    upload = s3.create_multipart_upload(Bucket=name, Key="a")["UploadId"]
    part = s3.upload_part(Bucket=name, Key="a", UploadId=upload, PartNumber=1, Body=b"four")["ETag"]
    parts = {"Parts": [{"ETag": part, "PartNumber": 1}]}
    versions.append(
        s3.complete_multipart_upload(Bucket=name, Key="a", UploadId=upload, MultipartUpload=parts)["VersionId"]
    )

    assert 4 == len(set(versions))
    for version, body in zip(versions, (b"one", b"two", b"one", b"four"), strict=True):
        assert "COMPLETED" == s3.head_object(Bucket=name, Key="a", VersionId=version)["ReplicationStatus"]
        assert body == s3.get_object(Bucket=f"{name}-repl", Key="a", VersionId=version)["Body"].read()


def test_l55_the_list_of_buckets_has_pages(aws: LocalAws) -> None:
    """The emulator cuts the list where it is asked to, and says how to go on, as S3 does."""
    s3, prefix = aws.client("s3"), unique("pages")
    names = [f"{prefix}-{number}" for number in range(5)]
    for name in names:
        s3.create_bucket(Bucket=name)

    assert 2 == len(s3.list_buckets(Prefix=prefix, MaxBuckets=2)["Buckets"])
    assert names == S3MainBuckets(s3, prefix, 2).names()


@pytest.mark.parametrize(
    ("upload", "refused", "looked_at"),
    [
        ({"StorageClass": "GLACIER"}, "InvalidObjectState", True),
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}, "InvalidRequest", False),
    ],
    ids=["archive class", "SSE-C"],
)
def test_l38_s3_lists_what_it_refuses_to_return(
    bucket: Versioned, upload: dict[str, Any], refused: str, *, looked_at: bool
) -> None:
    """GetObject says why, HeadObject does so for SSE-C without a code, and the list of versions tells the object."""
    s3, name = bucket.s3, bucket.name
    put = s3.put_object(Bucket=name, Key="refused.txt", Body=b"letter", **upload)
    with pytest.raises(s3.exceptions.ClientError, match=refused):
        s3.get_object(Bucket=name, Key="refused.txt")
    if looked_at:
        assert put["VersionId"] == s3.head_object(Bucket=name, Key="refused.txt")["VersionId"]
    else:
        with pytest.raises(s3.exceptions.ClientError, match="400"):
            s3.head_object(Bucket=name, Key="refused.txt")
    store = S3Objects(lambda: s3)
    with pytest.raises(ReadRefusedError) as caught:
        store.open(ObjectRef(name, "refused.txt")).__enter__()
    assert caught.value.lasting
    facts = store.listed(ObjectRef(name, "refused.txt"))
    assert (put["VersionId"], 6, put["ETag"].strip('"')) == (facts.version_id, facts.size, facts.etag)
    assert facts.version_id == store.current_version(ObjectRef(name, "refused.txt")).id


def test_l44_versions_of_keys_that_xml_cannot_hold_are_listed(bucket: Versioned) -> None:
    """ListObjectVersions encodes keys, prefix and markers on request, so that a control character does no harm."""
    keys = ["odd/a\x01b", "odd/ä + 100%.txt"]
    for key in keys:
        bucket.s3.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    pages = bucket.s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket.name, Prefix="odd/", PaginationConfig={"PageSize": 1}
    )
    assert keys == [version["Key"] for page in pages for version in page["Versions"]]
    page = bucket.s3.list_object_versions(Bucket=bucket.name, Delimiter="/", EncodingType="url")
    assert "odd/" in [entry["Prefix"] for entry in page["CommonPrefixes"]]
