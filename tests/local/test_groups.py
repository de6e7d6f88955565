"""The policies of the user groups, where IAM decides: programs and people as depositors use them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from duracloud.local.aws import REGION, LocalAws, free_port
from duracloud.local.certificate import self_signed
from stacks.config import load_settings
from tests.support.policies import policies_of, template_of_groups

PREFIX = "demo-local"
BOOKS, MANAGED, REQUESTS = f"{PREFIX}-books", f"{PREFIX}-managed", f"{PREFIX}-bucket-requested"


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS that enforces policies, with buckets as the service has them."""
    folder: Path = tmp_path_factory.mktemp("groups")
    aws = LocalAws(folder=folder / "aws", port=free_port(), certificate=self_signed(folder))
    aws.start()
    s3 = aws.client("s3")
    for bucket in (BOOKS, f"{BOOKS}-repl", MANAGED, f"{PREFIX}-logs", REQUESTS):
        s3.create_bucket(Bucket=bucket)
    for key in ("requests/2026-11-01/a.txt", "reports/LATEST/report.html", "reports/2026-11-01/report.html"):
        s3.put_object(Bucket=MANAGED, Key=key, Body=b"text")
    for key in ("audit/events/x.jsonl", "exports/checksum-table/x.json.gz", "inventory/x.csv"):
        s3.put_object(Bucket=MANAGED, Key=key, Body=b"text")
    yield aws
    aws.stop()


@pytest.fixture(scope="module")
def members(enforcing: LocalAws) -> Mapping[str, Any]:
    """A client of S3 for a member of each group."""
    iam, found = enforcing.client("iam"), {}
    for name, statements in policies_of(template_of_groups(load_settings("local"))).items():
        group = name.removeprefix(f"{PREFIX}-")
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        arn = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
        iam.create_group(GroupName=name)
        iam.attach_group_policy(GroupName=name, PolicyArn=arn)
        iam.create_user(UserName=group)
        iam.add_user_to_group(GroupName=name, UserName=group)
        key = iam.create_access_key(UserName=group)["AccessKey"]
        session: Any = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
        found[group] = session.client(
            "s3", endpoint_url=enforcing.endpoint, verify=str((enforcing.certificate or ("",))[0])
        )
    return found


def refused(call: Any, **arguments: object) -> bool:  # noqa: ANN401 (boto3 builds classes at run time)
    """Tell whether IAM refuses a call."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"AccessDenied", "403"}:
            raise
        return True
    return False


@pytest.mark.parametrize("group", ["S3PowerUsers", "S3Users"])
def test_f25_a_member_sees_buckets_and_uploads_a_large_file_with_tags(members: Mapping[str, Any], group: str) -> None:
    """What a client does to upload: list buckets, objects and unfinished uploads, then parts, with tags."""
    s3, key = members[group], f"{group}/large file.tif"
    assert BOOKS in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    s3.get_bucket_location(Bucket=BOOKS)
    upload = s3.create_multipart_upload(Bucket=BOOKS, Key=key)["UploadId"]
    assert [upload] == [one["UploadId"] for one in s3.list_multipart_uploads(Bucket=BOOKS).get("Uploads", [])]
    part = s3.upload_part(Bucket=BOOKS, Key=key, UploadId=upload, PartNumber=1, Body=b"letter")
    assert 1 == len(s3.list_parts(Bucket=BOOKS, Key=key, UploadId=upload)["Parts"])
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=BOOKS, Key=key, UploadId=upload, MultipartUpload=parts)
    s3.put_object_tagging(Bucket=BOOKS, Key=key, Tagging={"TagSet": [{"Key": "box", "Value": "7"}]})
    assert key in {found["Key"] for found in s3.list_objects_v2(Bucket=BOOKS)["Contents"]}


def test_f25_a_power_user_moves_a_file_with_its_tags(members: Mapping[str, Any]) -> None:
    """The calls of `aws s3 mv`: read, tags, copy, tags again, deletion."""
    s3 = members["S3PowerUsers"]
    s3.put_object(Bucket=BOOKS, Key="old name", Body=b"letter", Tagging="box=7")
    tags = s3.get_object_tagging(Bucket=BOOKS, Key="old name")["TagSet"]
    s3.head_object(Bucket=BOOKS, Key="old name")
    s3.copy_object(Bucket=BOOKS, Key="new name", CopySource={"Bucket": BOOKS, "Key": "old name"})
    s3.put_object_tagging(Bucket=BOOKS, Key="new name", Tagging={"TagSet": tags})
    s3.delete_object(Bucket=BOOKS, Key="old name")
    assert b"letter" == s3.get_object(Bucket=BOOKS, Key="new name")["Body"].read()


def test_f25_a_user_uploads_and_neither_reads_back_nor_deletes(members: Mapping[str, Any]) -> None:
    """Members of the second group put files into the service's care and no more, as the settings say."""
    s3 = members["S3Users"]
    s3.put_object(Bucket=BOOKS, Key="mine", Body=b"letter")
    for call in (s3.get_object, s3.head_object, s3.get_object_tagging, s3.delete_object):
        assert refused(call, Bucket=BOOKS, Key="mine")


@pytest.mark.parametrize("group", ["S3PowerUsers", "S3Users"])
def test_f25_a_member_reads_results_and_the_latest_report_only(members: Mapping[str, Any], group: str) -> None:
    """Exports, inventories, the trail and older reports are refused, and so is every write."""
    s3 = members[group]
    for key in ("requests/2026-11-01/a.txt", "reports/LATEST/report.html"):
        assert not refused(s3.get_object, Bucket=MANAGED, Key=key)
    for key in (
        "audit/events/x.jsonl",
        "exports/checksum-table/x.json.gz",
        "inventory/x.csv",
        "reports/2026-11-01/report.html",
    ):
        assert refused(s3.get_object, Bucket=MANAGED, Key=key), key
    assert refused(s3.put_object, Bucket=MANAGED, Key="requests/forged.txt", Body=b"x")
    assert refused(s3.list_objects_v2, Bucket=f"{BOOKS}-repl")
    assert refused(s3.put_object, Bucket=f"{BOOKS}-repl", Key="x", Body=b"x")
    s3.put_object(Bucket=REQUESTS, Key=f"{group}.txt", Body=b"maps\n")
    assert refused(s3.get_object, Bucket=REQUESTS, Key=f"{group}.txt")
