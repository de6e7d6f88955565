import json
from typing import Protocol

import attrs
import pytest
from moto import mock_aws

from runtime.adapters.clients import client
from runtime.adapters.s3_buckets import S3Buckets
from runtime.domain.bucket_configuration import BucketType, main_steps, opening_steps, replica_steps
from runtime.domain.bucket_names import pair_of
from runtime.domain.claims import FoundBucket, Owner
from runtime.domain.errors import NameTakenError, RefusedError
from runtime.ports import BucketAdmin
from tests.provisioning_fakes import VALUES, FakeBuckets

ACCOUNT = "123456789012"
MAIN, PUBLIC = pair_of("acme-dev", "letters"), pair_of("acme-dev", "maps-public")
REGION, ELSEWHERE = "eu-west-1", "us-east-1"
KEYS = attrs.evolve(
    VALUES,
    encryption_key_arn="arn:aws:kms:eu-west-1:123456789012:key/a",
    replica_key_arn="arn:aws:kms:us-east-1:123456789012:key/b",
)


class Admin(Protocol):
    """The port, and a way to put something into a bucket."""

    port: BucketAdmin

    def put_object(self, bucket: str) -> None: ...


class _Fake:
    def __init__(self) -> None:
        self.fake = FakeBuckets()
        self.port: BucketAdmin = self.fake

    def put_object(self, bucket: str) -> None:
        self.fake.buckets[bucket].objects += 1


class _Aws:
    def __init__(self) -> None:
        self.port: BucketAdmin = S3Buckets(lambda region: client("s3", region=region), ACCOUNT)

    def put_object(self, bucket: str) -> None:
        client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")


@pytest.fixture(params=["fake", "S3"])
def admin(request: pytest.FixtureRequest) -> Admin:
    """The fake and the real adapter in turn."""
    if request.param == "fake":
        return _Fake()
    request.getfixturevalue("aws")
    for name in (VALUES.managed_bucket, VALUES.logs_bucket):
        client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{VALUES.logs_bucket}/*",
    }
    client("s3").put_bucket_policy(
        Bucket=VALUES.logs_bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [delivery]})
    )
    return _Aws()


def test_unknown_name_is_nobodys(admin: Admin) -> None:
    """A name that no bucket has may be had."""
    assert FoundBucket(Owner.NOBODY) == admin.port.find(MAIN.main, REGION)


@pytest.mark.parametrize("region", [REGION, ELSEWHERE])
def test_l16_bucket_is_made_in_either_kind_of_region(admin: Admin, region: str) -> None:
    """us-east-1 refuses to be named, all others insist on it; both work."""
    admin.port.create(MAIN.main, region)

    assert FoundBucket(Owner.THIS_ACCOUNT) == admin.port.find(MAIN.main, region)


def test_tags_are_found_again(admin: Admin) -> None:
    """What the first step writes is what tells our buckets later."""
    admin.port.create(MAIN.main, REGION)
    admin.port.apply(MAIN.main, REGION, main_steps(MAIN, VALUES)[0])

    found = admin.port.find(MAIN.main, REGION)
    assert found.is_ours("dev", BucketType.MAIN)
    assert not found.is_ours("dev", BucketType.REPLICA)
    assert not found.is_ours("prod", BucketType.MAIN)


@pytest.mark.parametrize("pair", [MAIN, PUBLIC], ids=["main", "public"])
@pytest.mark.parametrize(
    "values",
    [
        VALUES,
        attrs.evolve(
            VALUES, encryption_key_arn="arn:aws:kms:eu-west-1:1:key/a", replica_key_arn="arn:aws:kms:us-east-1:1:key/b"
        ),
    ],
    ids=["S3-managed", "customer key"],
)
def test_every_step_is_accepted_and_may_be_repeated(admin: Admin, pair: object, values: object) -> None:
    """The whole configuration is valid for S3, and applying it again changes nothing."""
    assert isinstance(pair, type(MAIN))
    assert isinstance(values, type(VALUES))
    admin.port.create(pair.main, REGION)
    admin.port.create(pair.replica, ELSEWHERE)
    for _ in range(2):
        for bucket, region, steps in (
            (pair.main, REGION, main_steps(pair, values)),
            (pair.replica, ELSEWHERE, replica_steps(pair, values)),
            (pair.main, REGION, opening_steps(pair, values)),
        ):
            for step in steps:
                admin.port.apply(bucket, region, step)


def test_empty_bucket_is_removed_and_a_missing_one_is_no_error(admin: Admin) -> None:
    """Removing ends with no bucket, however often it is done."""
    admin.port.create(MAIN.main, REGION)
    admin.port.delete(MAIN.main, REGION)
    admin.port.delete(MAIN.main, REGION)

    assert Owner.NOBODY is admin.port.find(MAIN.main, REGION).owner


def test_bucket_with_objects_is_not_removed(admin: Admin) -> None:
    """S3 refuses to remove a bucket that holds something, and the port says so."""
    admin.port.create(MAIN.main, REGION)
    admin.put_object(MAIN.main)

    with pytest.raises(RefusedError, match="BucketNotEmpty"):
        admin.port.delete(MAIN.main, REGION)
    assert Owner.THIS_ACCOUNT is admin.port.find(MAIN.main, REGION).owner


@pytest.mark.usefixtures("aws")
def test_name_of_another_account_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making a bucket whose name another account has is refused as such, with advice."""
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    with mock_aws():
        client("s3").create_bucket(Bucket=MAIN.main, CreateBucketConfiguration={"LocationConstraint": REGION})
        monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
        with pytest.raises(NameTakenError, match="choose another name"):
            _Aws().port.create(MAIN.main, REGION)
