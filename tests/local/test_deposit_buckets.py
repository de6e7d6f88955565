"""What the local AWS makes of the configuration of a deposit bucket."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import attrs
import boto3
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_s3 import S3Client

from duracloud.local.aws import REGION, LocalAws, free_port
from duracloud.local.certificate import self_signed
from runtime.adapters.s3_buckets import S3Buckets
from runtime.provisioning import bucket_policy
from runtime.provisioning.bucket_configuration import (
    connecting_steps,
    main_steps,
    main_target,
    opening_step,
    replica_steps,
)
from runtime.provisioning.bucket_names import pair_of
from runtime.provisioning.bucket_policy import readable_uploads_only
from runtime.provisioning.differences import Difference, difference
from tests.local.support import policy
from tests.local.test_process import as_user
from tests.support.provisioning_fakes import SETTINGS

LONG, ELSEWHERE = 60.0, "us-west-2"
PAIR = pair_of("acme-dev", "letters")
SSE_C = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS that enforces policies, with a deposit bucket and its replica."""
    folder: Path = tmp_path_factory.mktemp("enforcing")
    aws = LocalAws(folder=folder / "aws", port=free_port(), certificate=self_signed(folder))
    aws.start()
    yield aws
    aws.stop()


def _values(aws: LocalAws) -> Any:  # noqa: ANN401 (settings)
    account = aws.client("sts").get_caller_identity()["Account"]
    sqs, iam = aws.client("sqs"), aws.client("iam")
    arn = f"arn:aws:sqs:{REGION}:{account}:replication-events"
    told = policy("sqs:SendMessage", arn, Principal={"Service": "s3.amazonaws.com"})
    sqs.create_queue(QueueName="replication-events", Attributes={"Policy": json.dumps(told)})
    trust = policy("sts:AssumeRole", Principal={"Service": "s3.amazonaws.com"})
    del trust["Statement"][0]["Resource"]
    iam.create_role(RoleName="replication", AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName="replication", PolicyName="all", PolicyDocument=json.dumps(policy("s3:*")))
    return attrs.evolve(
        SETTINGS,
        account_id=account,
        replication_queue_arn=arn,
        replication_role_arn=f"arn:aws:iam::{account}:role/replication",
    )


def _s3(aws: LocalAws, region: str) -> S3Client:
    session: Any = boto3.session.Session("test", "test", region_name=region)
    return cast("S3Client", session.client("s3", endpoint_url=aws.endpoint, verify=str((aws.certificate or ("",))[0])))


@pytest.fixture(scope="module")
def made(enforcing: LocalAws) -> tuple[S3Buckets, Any]:
    """The adapter, and the settings with which the pair was made."""
    values = _values(enforcing)
    admin = S3Buckets(lambda region: _s3(enforcing, region), lambda _: None, values.account_id)
    for name in (SETTINGS.managed_bucket, SETTINGS.logs_bucket, PAIR.main):
        admin.create(name, REGION)
    admin.create(PAIR.replica, ELSEWHERE)
    steps = [(PAIR.main, REGION, step) for step in main_steps(PAIR, values)]
    steps += [(PAIR.replica, ELSEWHERE, step) for step in replica_steps(PAIR, values)]
    steps += [(PAIR.main, REGION, step) for step in (*connecting_steps(PAIR, values), opening_step(PAIR, values))]
    for bucket, region, step in steps:
        admin.apply(bucket, region, step, LONG)
    return admin, values


def test_l36_made_bucket_does_not_differ_from_its_configuration(made: tuple[S3Buckets, Any]) -> None:
    """All that the steps set is what S3 answers, so that a repair has nothing to do."""
    admin, values = made
    for step in main_target(PAIR, values):
        found = difference(step, admin.read(PAIR.main, REGION, step.call), in_use=True)
        assert (step.call, Difference()) == (step.call, found)
    for step in replica_steps(PAIR, values):
        found = difference(step, admin.read(PAIR.replica, ELSEWHERE, step.call), in_use=True)
        assert (step.call, Difference()) == (step.call, found)


@pytest.mark.usefixtures("made")
def test_l38_what_could_not_be_read_is_refused_at_the_door(enforcing: LocalAws) -> None:
    """Archive classes, keys of depositors and foreign KMS keys are refused, in one piece and in parts."""
    depositor = as_user(enforcing, "s3", "depositor", "s3:*")
    foreign = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:aws:kms:eu-west-1:999999999999:key/theirs"}
    for refused in ({"StorageClass": "DEEP_ARCHIVE"}, {"StorageClass": "GLACIER"}, SSE_C, foreign):
        with pytest.raises(ClientError, match="AccessDenied"):
            depositor.put_object(Bucket=PAIR.main, Key="a", Body=b"x", **refused)
        with pytest.raises(ClientError, match="AccessDenied"):
            depositor.create_multipart_upload(Bucket=PAIR.main, Key="a", **refused)


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    "asked",
    [{}, {"StorageClass": "INTELLIGENT_TIERING"}, {"StorageClass": "GLACIER_IR"}, {"ServerSideEncryption": "AES256"}],
)
def test_l38_what_can_be_read_passes_the_door(enforcing: LocalAws, asked: dict[str, str]) -> None:
    """Uploads with and without a class, in one piece, in parts and as copies are taken, and S3 replicates them."""
    depositor = as_user(enforcing, "s3", f"depositor-{'-'.join(asked.values()) or 'plain'}", "s3:*")
    depositor.put_object(Bucket=PAIR.main, Key="whole", Body=b"x", **asked)
    upload = depositor.create_multipart_upload(Bucket=PAIR.main, Key="parts", **asked)["UploadId"]
    named = {"Bucket": PAIR.main, "Key": "parts", "UploadId": upload}
    etag = depositor.upload_part(**named, PartNumber=1, Body=b"x")["ETag"]
    depositor.complete_multipart_upload(**named, MultipartUpload={"Parts": [{"ETag": etag, "PartNumber": 1}]})
    depositor.copy_object(Bucket=PAIR.main, Key="copy", CopySource=f"{PAIR.main}/whole", **asked)

    replicated = _s3(enforcing, ELSEWHERE).list_objects_v2(Bucket=PAIR.replica)["Contents"]
    assert {"whole", "parts", "copy"} == {entry["Key"] for entry in replicated}


@pytest.mark.usefixtures("made")
def test_l38_only_the_buckets_own_key_passes_the_door(enforcing: LocalAws) -> None:
    """With a customer key the bucket takes that key and its default, in parts as well, and no other and no unnamed."""
    name, owner = "acme-dev-with-key", _s3(enforcing, REGION)
    key = enforcing.client("kms").create_key()["KeyMetadata"]["Arn"]
    other = enforcing.client("kms").create_key()["KeyMetadata"]["Arn"]
    owner.create_bucket(Bucket=name)
    owner.put_bucket_policy(Bucket=name, Policy=bucket_policy.policy(readable_uploads_only(name, key)))
    depositor = as_user(enforcing, "s3", "depositor-with-key", "s3:*")
    allow = policy("kms:*")
    enforcing.client("iam").put_user_policy(
        UserName="depositor-with-key", PolicyName="kms", PolicyDocument=json.dumps(allow)
    )
    for asked in ({}, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}):
        depositor.put_object(Bucket=name, Key="whole", Body=b"x", **asked)
        upload = depositor.create_multipart_upload(Bucket=name, Key="parts", **asked)["UploadId"]
        depositor.upload_part(Bucket=name, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")
    for refused in ({"SSEKMSKeyId": other}, {}):
        with pytest.raises(ClientError, match="AccessDenied"):
            depositor.put_object(Bucket=name, Key="a", Body=b"x", ServerSideEncryption="aws:kms", **refused)
