"""Writes lost fixity records back from an export: `duracloud restore --env ENV FOLDER BUCKET...`.

FOLDER holds a DynamoDB export of the checksum table, as `aws s3 sync` copies it. A record that is newer than the
export's stays; one that comes back says when, as `RestoredDate`. Then every bucket is compared with what S3 lists, and
the service is asked to look at each object whose record is missing or names another version: what was uploaded,
replaced or deleted since the export is recorded again, too.
"""

from __future__ import annotations

import gzip
import json
import sys
import uuid
import zlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import boto3
from botocore.exceptions import BotoCoreError, ClientError

from duracloud.errors import CommandError
from duracloud.progress import counted
from runtime.adapters.dynamodb_pages import DynamoDbRecordPages
from runtime.adapters.dynamodb_schedule import DynamoDbSchedule
from runtime.adapters.errors import condition_failed
from runtime.bucket_runs.read_ahead import read_ahead
from runtime.bucket_runs.side_by_side import side_by_side
from runtime.contract import Attribute
from runtime.fixity.objects import Version
from runtime.fixity.record_codec import decode, decode_state
from runtime.fixity.schedule import ScheduleRow
from runtime.fixity.table_items import key_of, ref_of
from runtime.shared.errors import DuraCloudError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.shared.timestamps import timestamp
from stacks import naming

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_MANIFEST: Final = "manifest-files.json"
# Absent, or older: of an earlier event, or of an earlier check of the same version.
_ABSENT_OR_OLDER: Final = (
    "attribute_not_exists(BucketName) OR Sequencer < :sequencer"
    " OR (Sequencer = :sequencer AND LastChecksumDate < :checked)"
)
_TOGETHER: Final = 20
_CHUNK: Final = 1_000
# Older than every event of S3.
_NO_EVENT: Final = "0"


class RestoreError(CommandError):
    """The records could not be restored."""


@attrs.frozen
class Environment:
    """Where an environment keeps what is restored."""

    s3: S3Client
    dynamodb: DynamoDBClient
    sqs: SQSClient
    records: str  # name of the checksum table
    schedule: str  # name of the scheduler table
    events: str  # URL of the queue that makes the service look at an object again


@attrs.frozen
class _Current:
    ref: ObjectRef
    version: Version


@attrs.frozen(kw_only=True)
class Restored:
    """What was done."""

    written: int
    kept: int  # as new as those of the export, or newer
    looked_at: int  # objects that the service was asked to look at
    malformed: Sequence[Malformed] = ()  # unreadable records of the export or the table; they stay as they are


def read_export(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Return the items of an export, in DynamoDB's form, after all of its files were found complete.

    The form is AWS's: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html

    Raises:
        RestoreError: there is none or more than one, or a file is missing, damaged or not complete.
    """
    manifests = sorted(folder.rglob(_MANIFEST))
    if len(manifests) != 1:
        raise RestoreError(f"got {len(manifests)} exports (files {_MANIFEST}) in {folder}; allowed: one")
    files: list[Path] = []
    total = 0
    for line in manifests[0].read_text("utf-8").splitlines():
        entry = json.loads(line)
        # The manifest names the file by its key in the bucket.
        path = manifests[0].parent / "data" / entry["dataFileS3Key"].rpartition("/")[2]
        found = sum(1 for _ in _items_in(path))
        if found != entry["itemCount"]:
            raise RestoreError(f"got {found} items in {path}; the export's manifest says {entry['itemCount']}")
        files.append(path)
        total += found
    return counted("records of the export", (item for path in files for item in _items_in(path)), total)


def restore(environment: Environment, items: Iterable[Mapping[str, Any]], buckets: Sequence[str]) -> Restored:
    """Write back what main buckets lost, then have the service look at every difference from S3.

    Doing it again does no harm: a record that is as new as the export's stays as it is.

    Raises:
        RestoreError: an item is of another table.
        DuraCloudError, ClientError, BotoCoreError: a service did not answer, or refused.
    """
    wanted = (item for item in items if _bucket_of(item) in buckets)
    written = kept = looked_at = 0
    malformed: dict[ObjectRef, Malformed] = {}
    with ThreadPoolExecutor(_TOGETHER) as pool:
        while chunk := list(islice(wanted, _CHUNK)):
            outcomes = list(pool.map(lambda item: _write_back(environment, item), chunk))
            written += outcomes.count(True)
            kept += outcomes.count(False)
            malformed |= {found.ref: found for found in outcomes if isinstance(found, Malformed)}
    for bucket in buckets:
        count, standing = _have_looked_at(environment, bucket, set(malformed))
        looked_at += count
        malformed |= {found.ref: found for found in standing}
    return Restored(written=written, kept=kept, looked_at=looked_at, malformed=tuple(malformed.values()))


def run(name: str, folder: Path, buckets: Sequence[str]) -> int:
    """Restore the records of main buckets and print what was done. Return 1 if a record cannot be read, else 0.

    Raises:
        RestoreError: it could not be done.
    """
    try:
        done = restore(_environment(name), read_export(folder), buckets)
    except (RestoreError, DuraCloudError, ClientError, BotoCoreError) as error:
        raise RestoreError(f"could not restore: {error}") from error
    print(
        f"{done.written} records written back, {done.kept} as new or newer kept,"
        f" {done.looked_at} objects changed since the export: the service looks at them now"
    )
    for found in done.malformed:
        print(f"passed over {found.ref.key!r} in {found.ref.bucket}: {found.problem}", file=sys.stderr)
    return 1 if done.malformed else 0


def _environment(name: str) -> Environment:
    session = boto3.session.Session()
    ssm = session.client("ssm")

    def parameter(layer: str, entry: str) -> str:
        return str(ssm.get_parameter(Name=naming.parameter_name(name, layer, entry))["Parameter"]["Value"])

    return Environment(
        s3=session.client("s3"),
        dynamodb=session.client("dynamodb"),
        sqs=session.client("sqs"),
        records=parameter(naming.STORAGE, "checksum-table"),
        schedule=parameter(naming.STORAGE, "scheduler-table"),
        events=parameter(naming.INTEGRITY, f"queue/{naming.OBJECT_DELETED}-url"),
    )


def _items_in(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["Item"]
    except FileNotFoundError as error:
        raise RestoreError(f"the export's file {path} is missing") from error
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise RestoreError(f"the export's file {path} is damaged: {error}") from error


def _bucket_of(item: Mapping[str, Any]) -> str:
    try:
        return ref_of(item).bucket
    except (KeyError, TypeError) as error:
        raise RestoreError(f"got an item that is not a fixity record: {error!r} is missing") from error


def _write_back(environment: Environment, item: Mapping[str, Any]) -> bool | Malformed:
    record, state = decode(item), decode_state(item)
    if isinstance(record, Malformed):
        return record
    # The sweep could not judge it: its attributes are read from elsewhere in the item.
    if isinstance(state, Malformed):
        return state
    try:
        environment.dynamodb.put_item(
            TableName=environment.records,
            # Tells the audit trail that nothing was deposited or checked now.
            Item={**item, Attribute.RESTORED_DATE: {"S": timestamp(datetime.now(UTC))}},
            ConditionExpression=_ABSENT_OR_OLDER,
            ExpressionAttributeValues={
                ":sequencer": item[Attribute.SEQUENCER],
                ":checked": item[Attribute.LAST_CHECKSUM_DATE],
            },
        )
    except ClientError as error:
        if not condition_failed(error):
            raise
        return False
    DynamoDbSchedule(environment.dynamodb, environment.schedule).put_if_absent(
        ScheduleRow(ref=record.ref, version_id=record.version_id, sequencer=record.sequencer, due=record.next_check)
    )
    return True


def _have_looked_at(
    environment: Environment, bucket: str, spoiled: Container[ObjectRef]
) -> tuple[int, Sequence[Malformed]]:
    """Ask for a look at every object whose record is not that of its current version.

    Return their number, and the records that cannot be read. Objects in `spoiled` are left alone: a look would record
    their digests of today as those of their deposit.
    """
    count, malformed = 0, list[Malformed]()
    records = DynamoDbRecordPages(environment.dynamodb, environment.records)
    with ThreadPoolExecutor(1) as pool:
        pairs = side_by_side(_current(environment, bucket), read_ahead(pool, records.page, bucket, None))
        for key, current, recorded in counted(f"comparing {bucket} with what S3 lists", pairs):
            ref = ObjectRef(bucket, key)
            if isinstance(recorded, Malformed):
                malformed.append(recorded)
            elif ref in spoiled:
                continue
            elif current is None or recorded is None or not recorded.is_of(current.version):
                _look(environment, ref, recorded.sequencer if recorded else _NO_EVENT)
                count += 1
    return count, malformed


def _current(environment: Environment, bucket: str) -> Iterator[_Current]:
    """Yield the current versions of a bucket's objects, in the order of keys."""
    for page in environment.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for entry in page.get("Versions", []):
            ref = ObjectRef(bucket, entry["Key"])
            if entry["IsLatest"] and not ref.is_folder_marker(entry["Size"]):
                etag, modified = entry["ETag"].strip('"'), entry["LastModified"]
                yield _Current(ref, Version(id=entry["VersionId"], etag=etag, size=entry["Size"], modified=modified))


def _look(environment: Environment, ref: ObjectRef, sequencer: str) -> None:
    """Send a deletion event: the service then asks S3 which version is current, and trusts nothing else.

    The event has the newer sequencer of record and schedule row, so that neither table refuses what the service writes.
    """
    answer = environment.dynamodb.get_item(TableName=environment.schedule, Key=key_of(ref), ConsistentRead=True)
    known = answer.get("Item", {}).get(Attribute.SEQUENCER, {}).get("S", _NO_EVENT)
    event = {
        "id": str(uuid.uuid4()),
        "time": timestamp(datetime.now(UTC), "seconds"),
        "detail": {"bucket": {"name": ref.bucket}, "object": {"key": ref.key, "sequencer": max(sequencer, known)}},
    }
    environment.sqs.send_message(QueueUrl=environment.events, MessageBody=json.dumps(event))
