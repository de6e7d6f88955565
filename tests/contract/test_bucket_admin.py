import json
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

import attrs
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from runtime.adapters.clients import client
from runtime.adapters.s3_buckets import S3Buckets
from runtime.provisioning.bucket_configuration import (
    BucketType,
    Step,
    connecting_steps,
    main_steps,
    main_target,
    opening_step,
    replica_steps,
)
from runtime.provisioning.bucket_names import BucketPair, pair_of
from runtime.provisioning.claims import FoundBucket, Owner
from runtime.provisioning.differences import Difference, difference
from runtime.provisioning.errors import NameTakenError, PublicAccessBlockedError
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


LONG: Final = 120.0
# moto forgets blocked encryption types, EventBridge, and the replication of delete markers and of encrypted objects;
# tests/local compares these with the local AWS.
_LOST_BY_MOTO: Final = frozenset(
    {"put_bucket_encryption", "put_bucket_notification_configuration", "put_bucket_replication"}
)
BLOCKED: Final = (
    "User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized to perform: s3:PutBucketPolicy on resource:"
    " because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
)


def _s3(region: str) -> S3Client:
    return client("s3", region=region)


def _control(region: str) -> object:
    return client("s3control", region=region)


def _waiting(s3: S3Client, pauses: list[float]) -> S3Buckets:
    return S3Buckets(lambda _: s3, _control, ACCOUNT, pauses.append)


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
        self.port: BucketAdmin = S3Buckets(_s3, _control, ACCOUNT)

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
    admin.port.apply(MAIN.main, REGION, main_steps(MAIN, SETTINGS)[0], LONG)

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
            (pair.main, REGION, (*connecting_steps(pair, values), opening_step(pair, values))),
        ):
            for step in steps:
                admin.port.apply(bucket, region, step, LONG)


@pytest.mark.parametrize("pair", [MAIN, PUBLIC], ids=["main", "public"])
@pytest.mark.parametrize("values", [SETTINGS, KEYS], ids=["S3-managed", "customer key"])
def test_l36_made_bucket_does_not_differ_from_its_configuration(
    admin: Admin, pair: BucketPair, values: ProvisioningSettings
) -> None:
    """What S3 answers after the steps is what a repair compares with: nothing to correct or report."""
    admin.port.create(pair.main, REGION)
    admin.port.create(pair.replica, ELSEWHERE)
    targets = ((pair.replica, ELSEWHERE, replica_steps(pair, values)), (pair.main, REGION, main_target(pair, values)))
    for bucket, region, steps in targets:
        for step in steps:
            admin.port.apply(bucket, region, step, LONG)
    for bucket, region, steps in targets:
        for step in [one for one in steps if not (isinstance(admin, _Aws) and one.call in _LOST_BY_MOTO)]:
            assert Difference() == difference(step, admin.port.read(bucket, region, step.call), in_use=True)


def test_l36_bare_bucket_gets_all_by_a_repair(admin: Admin) -> None:
    """The calls that a repair makes are valid, and leave nothing to correct; access is not opened."""
    admin.port.create(PUBLIC.main, REGION)
    admin.port.create(PUBLIC.replica, ELSEWHERE)
    for bucket, region, steps in (
        (PUBLIC.replica, ELSEWHERE, replica_steps(PUBLIC, SETTINGS)),
        (PUBLIC.main, REGION, main_target(PUBLIC, SETTINGS)),
    ):
        for step in steps:
            found = difference(step, admin.port.read(bucket, region, step.call), in_use=True)
            if found.arguments is not None:
                admin.port.apply(bucket, region, attrs.evolve(step, arguments=found.arguments), LONG)
        for step in [one for one in steps if not (isinstance(admin, _Aws) and one.call in _LOST_BY_MOTO)]:
            again = difference(step, admin.port.read(bucket, region, step.call), in_use=True)
            assert (None, []) == (again.arguments, again.corrected)
    assert "EveryoneMayRead" not in admin.port.read(PUBLIC.main, REGION, "put_bucket_policy")["Policy"]


def test_l36_tags_and_rules_of_others_survive_a_repair(admin: Admin) -> None:
    """What others set is read, and written back as it was."""
    admin.port.create(MAIN.main, REGION)
    others: dict[str, dict[str, Any]] = {
        "put_bucket_tagging": {"Tagging": {"TagSet": [{"Key": "CostCenter", "Value": "7"}]}},
        "put_bucket_lifecycle_configuration": {
            "LifecycleConfiguration": {
                "Rules": [
                    {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}
                ]
            }
        },
    }
    for step in [one for one in main_target(MAIN, SETTINGS) if one.call in others]:
        admin.port.apply(MAIN.main, REGION, attrs.evolve(step, arguments=others[step.call]), LONG)
        found = difference(step, admin.port.read(MAIN.main, REGION, step.call), in_use=True)
        assert found.arguments is not None
        admin.port.apply(MAIN.main, REGION, attrs.evolve(step, arguments=found.arguments), LONG)

    tags = admin.port.read(MAIN.main, REGION, "put_bucket_tagging")["TagSet"]
    rules = admin.port.read(MAIN.main, REGION, "put_bucket_lifecycle_configuration")["Rules"]
    assert {"CostCenter", "Application", "Environment", "BucketType"} == {tag["Key"] for tag in tags}
    assert ["theirs", "tidy", "storage-class"] == [rule["ID"] for rule in rules]


def test_configuration_of_a_missing_bucket_is_an_error(admin: Admin) -> None:
    """A bucket that is gone is not taken for one without configuration."""
    if isinstance(admin, _Aws):
        with pytest.raises(RefusedError, match="NoSuchBucket"):
            admin.port.read(MAIN.main, REGION, "put_bucket_policy")


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
    port = S3Buckets(_s3, _control, ACCOUNT)
    port.create(MAIN.main, REGION)

    port.create(MAIN.main, REGION)

    assert Owner.THIS_ACCOUNT is port.find(MAIN.main, REGION).owner


class _Slow:
    """A client to which S3 says for a while that it does not know of an earlier call."""

    def __init__(self, code: str, message: str, times: int) -> None:
        self._errors = [ClientError({"Error": {"Code": code, "Message": message}}, "Put")] * times

    def __getattr__(self, name: str) -> Callable[..., dict[str, object]]:
        def call(**_: object) -> dict[str, object]:
            if self._errors and not name.startswith("get_"):
                raise self._errors.pop()
            return {}

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
    _waiting(_slow(code, message, 3), pauses).apply(MAIN.main, REGION, step, LONG)
    assert [0.5, 1, 2] == pauses

    with pytest.raises((RefusedError, TransientError)):
        _waiting(_slow(code, message, 99), pauses).apply(MAIN.main, REGION, step, LONG)
    assert 34 > sum(pauses[3:]) > 30


def test_l41_pauses_end_with_the_time_that_is_left() -> None:
    """No pause outlasts the time left; the next attempt goes on."""
    step, pauses = Step(what="do it", call="put_bucket_tagging", arguments={}), list[float]()
    with pytest.raises(TransientError, match="no time is left"):
        _waiting(_slow("NoSuchBucket", "The bucket does not exist", 99), pauses).apply(MAIN.main, REGION, step, 4)
    assert [0.5, 1, 2] == pauses


def test_l41_block_of_the_account_is_told_from_one_that_passes() -> None:
    """A policy that is refused after the bucket's own block must be known to be off is refused by the account."""
    step, pauses = Step(what="do it", call="put_bucket_policy", arguments={}), list[float]()
    _waiting(_slow("AccessDenied", BLOCKED, 2), pauses).apply(MAIN.main, REGION, step, LONG)
    assert [0.5, 1] == pauses

    with pytest.raises(PublicAccessBlockedError, match="BlockPublicPolicy"):
        _waiting(_slow("AccessDenied", BLOCKED, 99), pauses).apply(MAIN.main, REGION, step, LONG)


def test_l41_refusal_that_names_another_cause_is_not_asked_again() -> None:
    """S3 says why it refuses; a missing permission does not appear by waiting."""
    step, pauses = Step(what="do it", call="put_bucket_policy", arguments={}), list[float]()
    message = "not authorized to perform: s3:PutBucketPolicy because no identity-based policy allows the action"
    with pytest.raises(RefusedError):
        _waiting(_slow("AccessDenied", message, 1), pauses).apply(MAIN.main, REGION, step, LONG)
    assert [] == pauses


class _ByTags:
    """A client of a bucket with attribute-based access control, and of S3 Control."""

    def __init__(self, status: str) -> None:
        self.status = status
        self.added: list[dict[str, object]] = []

    def put_bucket_tagging(self, **_: object) -> None:
        raise ClientError({"Error": {"Code": "MethodNotAllowed", "Message": "use TagResource"}}, "PutBucketTagging")

    def get_bucket_abac(self, **_: object) -> dict[str, object]:
        return {"AbacStatus": {"Status": self.status}}

    def tag_resource(self, **request: object) -> None:
        self.added.append(request)


def test_l36_tags_of_a_bucket_with_access_by_tags_are_added_by_tag_resource() -> None:
    """Where S3 refuses PutBucketTagging because of ABAC, TagResource adds the tags; another refusal stays one."""
    step = main_steps(MAIN, SETTINGS)[0]
    one = _ByTags("Enabled")
    S3Buckets(lambda _: cast("S3Client", one), lambda _: one, ACCOUNT).apply(MAIN.main, REGION, step, LONG)
    (request,) = one.added
    assert {"AccountId": ACCOUNT, "ResourceArn": f"arn:aws:s3:::{MAIN.main}"} == {
        name: request[name] for name in ("AccountId", "ResourceArn")
    }
    assert 3 == len(cast("list[object]", request["Tags"]))

    other = _ByTags("Disabled")
    with pytest.raises(RefusedError, match="MethodNotAllowed"):
        S3Buckets(lambda _: cast("S3Client", other), lambda _: other, ACCOUNT).apply(MAIN.main, REGION, step, LONG)


@pytest.mark.usefixtures("aws")
def test_l36_request_of_tag_resource_is_valid() -> None:
    """The client of S3 Control takes the request."""
    model = client("s3control", region=REGION)
    cast("Any", model).tag_resource(
        AccountId=ACCOUNT, ResourceArn=f"arn:aws:s3:::{MAIN.main}", Tags=[{"Key": "a", "Value": "b"}]
    )


def test_refusals_are_not_asked_again() -> None:
    """What S3 refuses for good is an error at once."""
    step, pauses = Step(what="do it", call="put_bucket_tagging", arguments={}), list[float]()
    with pytest.raises(RefusedError):
        _waiting(_slow("AccessDenied", "Access Denied", 1), pauses).apply(MAIN.main, REGION, step, LONG)
    assert [] == pauses
