"""In-memory stand-ins for the ports of provisioning; `before` is called ahead of each call and may raise."""

import copy
import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs

from benchmarks.function_environment import any_settings
from runtime.audit.write import AuditTrail
from runtime.provisioning.bucket_configuration import Step
from runtime.provisioning.claims import Claim, Collection, FoundBucket, Owner
from runtime.provisioning.context import Provisioning
from runtime.provisioning.errors import NameTakenError, PublicAccessBlockedError
from runtime.provisioning.ports import CurrentFile
from runtime.provisioning.request_result import BucketRequest, NameResult, NameVerdict
from runtime.settings import ProvisioningSettings
from runtime.shared.errors import ObjectAbsentError, RefusedError
from tests.support.audit_fakes import FakeAuditFiles, chains
from tests.support.builders import NOW
from tests.support.fakes import FakeClock, FakeOwnQueue

SETTINGS = any_settings(
    ProvisioningSettings,
    environment="dev",
    commit="0123abc",
    bucket_prefix="acme-dev",
    replica_region="us-east-1",
    evidence_retention_days=3650,
    function_timeout_seconds=300,
    max_receive_count=3,
    max_buckets_per_request=5,
    account_id="111111111111",
    managed_bucket="acme-dev-managed",
    logs_bucket="acme-dev-logs",
    replication_role_arn="arn:aws:iam::111111111111:role/replication",
    replication_queue_arn="arn:aws:sqs:eu-west-1:111111111111:replication-events",
    encryption_key_arn=None,
    replica_key_arn=None,
    abort_multipart_days=3,
    noncurrent_expiry_days=30,
    main_transition_days=0,
    main_storage_class="INTELLIGENT_TIERING",
    replica_transition_days=7,
    replica_storage_class="DEEP_ARCHIVE",
    replication_storage_class="STANDARD",
    replication_time_control=True,
)
REQUESTS = "acme-dev-bucket-requested"


@attrs.define
class FakeBucket:
    """A bucket: where it is, its tags, the calls that configured it, and what the newest of each call set."""

    region: str
    tags: dict[str, str] = attrs.field(factory=dict)
    applied: list[Step] = attrs.field(factory=list)
    objects: int = 0
    # By call, as S3 answers when it is asked for it.
    standing: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    access_by_tags: bool = False

    @property
    def calls(self) -> list[str]:
        return [step.call for step in self.applied]


def _answer(step: Step) -> dict[str, Any]:
    """Return what S3's call that reads a setting answers after a call that wrote it."""
    told = {name: value for name, value in step.arguments.items() if name not in {"Id", "SkipDestinationValidation"}}
    name = next(iter(told))
    if name in {
        "LifecycleConfiguration",
        "NotificationConfiguration",
        "VersioningConfiguration",
        "BucketLoggingStatus",
    }:
        return {**told.pop(name), **told}
    return copy.deepcopy(told)


class FakeBuckets:
    """Buckets of one account, and names that belong to others."""

    def __init__(self) -> None:
        self.buckets: dict[str, FakeBucket] = {}
        self.foreign: set[str] = set()
        self.public_blocked = False  # S3 Block Public Access of the account
        self.before: Callable[[str, str], None] = lambda _call, _bucket: None

    def find(self, bucket: str, region: str) -> FoundBucket:
        self.before("find", bucket)
        assert region
        if bucket in self.foreign:
            return FoundBucket(Owner.SOMEBODY_ELSE)
        if bucket not in self.buckets:
            return FoundBucket(Owner.NOBODY)
        return FoundBucket(Owner.THIS_ACCOUNT, dict(self.buckets[bucket].tags))

    def create(self, bucket: str, region: str) -> None:
        self.before("create", bucket)
        if bucket in self.foreign:
            raise NameTakenError(f"the bucket {bucket} belongs to another AWS account")
        # As in us-east-1, making one's own bucket again succeeds (lesson L15).
        self.buckets.setdefault(bucket, FakeBucket(region))

    def read(self, bucket: str, region: str, call: str) -> dict[str, Any]:
        self.before(f"read {call}", bucket)
        found = self.buckets[bucket]
        assert region == found.region
        if call == "put_bucket_tagging":
            return {"TagSet": [{"Key": key, "Value": value} for key, value in found.tags.items()]} if found.tags else {}
        return copy.deepcopy(found.standing.get(call, {}))

    def apply(self, bucket: str, region: str, step: Step, seconds: float) -> None:
        assert seconds > 0
        self.before(step.call, bucket)
        found = self.buckets[bucket]
        assert region == found.region
        block = found.standing.get("put_public_access_block", {}).get("PublicAccessBlockConfiguration", {})
        blocked = self.public_blocked or block.get("BlockPublicPolicy")
        if blocked and "EveryoneMayRead" in step.arguments.get("Policy", ""):
            raise PublicAccessBlockedError("prevented by the BlockPublicPolicy setting")
        found.applied.append(step)
        if step.call == "put_bucket_tagging":
            tags = {tag["Key"]: tag["Value"] for tag in step.arguments["Tagging"]["TagSet"]}
            found.tags = {**found.tags, **tags} if found.access_by_tags else tags
        else:
            found.standing[step.call] = _answer(step)

    def delete(self, bucket: str, region: str) -> None:
        self.before("delete", bucket)
        assert region
        if bucket in self.buckets and self.buckets[bucket].objects:
            raise RefusedError("BucketNotEmpty")
        self.buckets.pop(bucket, None)


class FakeRequests:
    """Request files, results and claims."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        # The current version; that of the event if it is not here, None if the file was deleted.
        self.newer: dict[str, CurrentFile | None] = {}
        self.written: dict[str, str] = {}
        self.claims: dict[str, Claim] = {}
        self.collections: dict[str, Collection] = {}
        self.before: Callable[[str, str], None] = lambda _call, _name: None

    def read(self, bucket: str, key: str, version_id: str, most: int) -> bytes:
        self.before("read", key)
        assert (bucket, version_id) == (REQUESTS, "v1")
        if key not in self.files:
            raise ObjectAbsentError("there is no such file")
        return self.files[key][:most]

    def current(self, bucket: str, key: str, most: int) -> CurrentFile | None:
        self.before("current", key)
        assert bucket == REQUESTS
        return self.newer.get(key, CurrentFile("v1", self.files[key][:most]) if key in self.files else None)

    def write(self, key: str, text: str) -> None:
        self.before("write", key)
        self.written[key] = text

    def claim(self, bucket: str, claim: Claim) -> Claim:
        self.before("claim", bucket)
        return self.claims.setdefault(bucket, claim)

    def standing_claim(self, bucket: str) -> Claim | None:
        self.before("standing_claim", bucket)
        return self.claims.get(bucket)

    def replace_claim(self, bucket: str, claim: Claim) -> None:
        self.before("replace_claim", bucket)
        self.claims[bucket] = claim

    def release(self, bucket: str) -> None:
        self.before("release", bucket)
        self.claims.pop(bucket, None)

    def collection(self, bucket: str) -> Collection | None:
        self.before("collection", bucket)
        return self.collections.get(bucket)

    def write_collection(self, collection: Collection) -> None:
        self.before("write_collection", collection.bucket)
        self.collections[collection.bucket] = collection


@attrs.frozen
class Office:
    """The fakes of one test and the provisioning built on them."""

    buckets: FakeBuckets
    requests: FakeRequests
    audit: FakeAuditFiles
    queue: FakeOwnQueue
    clock: FakeClock
    care: Provisioning

    def fail(self, call: str, error: Exception, name: str | None = None, times: int = 1) -> None:
        """Have a call fail, for one name or any, a number of times."""
        left = [error] * times

        def before(now: str, at: str) -> None:
            if now == call and (name is None or at == name) and left:
                raise left.pop()

        self.buckets.before = self.requests.before = before


def office(*, public_allowed: bool = True, settling: timedelta = timedelta()) -> Office:
    """Build an empty office."""
    buckets, requests, audit, clock = FakeBuckets(), FakeRequests(), FakeAuditFiles(), FakeClock(NOW)
    queue = FakeOwnQueue()
    care = Provisioning(
        buckets=buckets,
        files=requests,
        records=requests,
        queue=queue,
        clock=clock,
        region="eu-west-1",
        trail=AuditTrail(files=audit, clock=clock, settings=SETTINGS, new_chain=chains()),
        settings=attrs.evolve(
            SETTINGS, public_buckets_allowed=public_allowed, settling_minutes=settling // timedelta(minutes=1)
        ),
    )
    return Office(buckets, requests, audit, queue, clock, care)


def request(event_id: str = "e1", key: str = "names.txt") -> BucketRequest:
    """Build a request."""
    return BucketRequest(
        bucket=REQUESTS, key=key, version_id="v1", requester="111111111111", received_at=NOW, event_id=event_id
    )


def name_result(name: str, verdict: NameVerdict = NameVerdict.CREATED, **more: Any) -> NameResult:  # noqa: ANN401 (fields of the result)
    """Build what became of a name of a request."""
    usual = {"line": 1, "bucket": f"acme-dev-{name}", "replica": f"acme-dev-{name}-repl"}
    return NameResult(name=name, verdict=verdict, **{**usual, **more})


def recorded_details(o: Office) -> list[str]:
    """Return the details of the events that were written into the audit trail."""
    lines = [line for body in o.audit.files.values() for line in gzip.decompress(body).splitlines()[1:]]
    return [json.loads(line)["event"]["detail"] for line in lines]
