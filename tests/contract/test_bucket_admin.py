import json
from collections.abc import Callable
from typing import Final, Protocol, cast

import attrs
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from runtime.adapters.clients import client
from runtime.adapters.s3_buckets import S3Buckets
from runtime.provisioning.bucket_configuration import BucketType, Step, main_steps, opening_steps, replica_steps
from runtime.provisioning.bucket_names import BucketPair, pair_of
from runtime.provisioning.claims import FoundBucket, Owner
from runtime.provisioning.errors import NameTakenError
from runtime.provisioning.ports import BucketAdmin
from runtime.settings import ProvisioningSettings
from runtime.shared.errors import RefusedError, TransientError
from tests.support.provisioning_fakes import SETTINGS, FakeBuckets

ACCOUNT = "123456789012"
MAIN, PUBLIC = pair_of("acme-dev", "letters"), pair_of("acme-dev", "maps-public")
REGION: Final = "eu-west-1"
ELSEWHERE: Final = "us-east-1"
KEYS = attrs.evolve(
    SETTINGS,
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


@pytest.fixture
def admin(*, real: bool) -> Admin:
    if not real:
        return _Fake()
    for name in (SETTINGS.managed_bucket, SETTINGS.logs_bucket):
        client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{SETTINGS.logs_bucket}/*",
    }
    client("s3").put_bucket_policy(
        Bucket=SETTINGS.logs_bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [delivery]})
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
    admin.port.apply(MAIN.main, REGION, main_steps(MAIN, SETTINGS)[0])

    found = admin.port.find(MAIN.main, REGION)
    assert found.is_ours("dev", BucketType.MAIN)
    assert not found.is_ours("dev", BucketType.REPLICA)
    assert not found.is_ours("prod", BucketType.MAIN)


@pytest.mark.parametrize("pair", [MAIN, PUBLIC], ids=["main", "public"])
@pytest.mark.parametrize(
    "values",
    [SETTINGS, KEYS],
    ids=["S3-managed", "customer key"],
)
def test_every_step_is_accepted_and_may_be_repeated(
    admin: Admin, pair: BucketPair, values: ProvisioningSettings
) -> None:
    """The whole configuration is valid for S3, and applying it again changes nothing."""
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


@pytest.mark.usefixtures("aws")
def test_l18_own_bucket_is_no_error_when_it_is_made_again() -> None:
    """A repetition of a call whose answer was lost finds the bucket made, which is what was wanted."""
    port = S3Buckets(lambda region: client("s3", region=region), ACCOUNT)
    port.create(MAIN.main, REGION)

    port.create(MAIN.main, REGION)

    assert Owner.THIS_ACCOUNT is port.find(MAIN.main, REGION).owner


class _Slow:
    """A client to which S3 says for a while that it does not know of an earlier call."""

    def __init__(self, code: str, message: str, times: int) -> None:
        self._errors = [ClientError({"Error": {"Code": code, "Message": message}}, "Put")] * times

    def __getattr__(self, name: str) -> Callable[..., None]:
        def call(**_: object) -> None:
            if self._errors:
                raise self._errors.pop()

        return call


def _slow(code: str, message: str, times: int) -> S3Client:
    return cast("S3Client", _Slow(code, message, times))


@pytest.mark.parametrize(
    ("code", "message", "call"),
    [
        ("NoSuchBucket", "The specified bucket does not exist", "put_bucket_tagging"),
        ("OperationAborted", "A conflicting conditional operation is in progress", "put_bucket_logging"),
        ("InvalidRequest", "Destination bucket must have versioning enabled.", "put_bucket_replication"),
        ("AccessDenied", "Access Denied", "put_bucket_policy"),
    ],
)
def test_what_s3_does_not_know_yet_is_asked_again(code: str, message: str, call: str) -> None:
    """A call that comes too early for S3 is repeated with growing pauses, half a minute in all, and then an error."""
    step, pauses = Step(what="do it", call=call, arguments={}), list[float]()
    S3Buckets(lambda _: _slow(code, message, 3), ACCOUNT, pauses.append).apply(MAIN.main, REGION, step)
    assert [0.5, 1, 2] == pauses

    with pytest.raises((RefusedError, TransientError)):
        S3Buckets(lambda _: _slow(code, message, 99), ACCOUNT, pauses.append).apply(MAIN.main, REGION, step)
    assert 34 > sum(pauses[3:]) > 30


def test_refusals_are_not_asked_again() -> None:
    """What S3 refuses for good is an error at once."""
    step, pauses = Step(what="do it", call="put_bucket_tagging", arguments={}), list[float]()
    with pytest.raises(RefusedError):
        S3Buckets(lambda _: _slow("AccessDenied", "Access Denied", 1), ACCOUNT, pauses.append).apply(
            MAIN.main, REGION, step
        )
    assert [] == pauses
