"""Work on a bucket request: make a main bucket and its replica for every name, or say why not."""

from collections.abc import Sequence
from datetime import timedelta

import attrs

from runtime.audit.write import AuditTrail
from runtime.fixity.records import Agent
from runtime.provisioning.audit_events import events_of_result
from runtime.provisioning.bucket_configuration import BucketType, Step, main_steps, opening_steps, replica_steps
from runtime.provisioning.bucket_names import BucketPair, pair_of, problem_with
from runtime.provisioning.claims import Claim, FoundBucket, Owner
from runtime.provisioning.errors import NameTakenError, SettlingError
from runtime.provisioning.ports import BucketAdmin, RequestFiles, RequestRecords
from runtime.provisioning.request_file import LARGEST_FILE, RequestedName, RequestRejectedError, read_names
from runtime.provisioning.request_result import BucketRequest, NameResult, NameVerdict, RequestResult, as_json, as_text
from runtime.settings import ProvisioningSettings
from runtime.shared.errors import DuraCloudError, ObjectAbsentError, RefusedError, TransientError
from runtime.shared.ports import Clock


@attrs.frozen(kw_only=True)
class Provisioning:
    """Ports and settings of bucket requests."""

    buckets: BucketAdmin
    files: RequestFiles
    records: RequestRecords
    clock: Clock
    region: str  # of main buckets
    trail: AuditTrail
    settings: ProvisioningSettings

    @property
    def settling(self) -> timedelta:
        """How long a new bucket stays closed after it was configured."""
        return timedelta(minutes=self.settings.settling_minutes)

    @property
    def longest_work(self) -> timedelta:
        """The longest time that one attempt at a request can take."""
        return timedelta(seconds=self.settings.function_timeout_seconds)


def provision(care: Provisioning, request: BucketRequest, agent: Agent, *, last_receive: bool) -> RequestResult:
    """Work on a request, write its result, then write its events into the audit trail. Return the result.

    A repetition of the same event ends as the first attempt would have.

    On the last attempt (`last_receive`) the message goes to the dead-letter queue if the work fails. So failures that
    would be retried are then rolled back and written into the result.

    Raises:
        TransientError: a service did not answer, or new buckets are settling; the next attempt continues the work.
        RefusedError: the result or its events could not be written, or the request file could not be read.
    """
    try:
        names = read_names(
            care.files.read(request.bucket, request.key, request.version_id, LARGEST_FILE + 1),
            care.settings.max_buckets_per_request,
            care.settings.bucket_prefix,
        )
    except RequestRejectedError as error:
        return _written(care, request, str(error), [])
    except ObjectAbsentError:
        return _written(care, request, "the file was deleted before it could be read", [])
    except (TransientError, RefusedError) as error:
        if not last_receive:
            raise
        return _written(care, request, f"the file could not be read: {error}", [])
    works = [
        _Work(care, request, name, pair_of(care.settings.bucket_prefix, name.name), last_receive) for name in names
    ]
    results, settling = _worked_on(works)
    if settling is not None:
        raise settling
    result = _written(care, request, "", results)
    care.trail.write(events_of_result(result, agent))
    for work in works:
        work.release()
    return result


def _worked_on(works: Sequence["_Work"]) -> tuple[list[NameResult], SettlingError | None]:
    """Return the results of the names, and the reason for another attempt, if one is needed."""
    results: list[NameResult] = []
    settling = None
    for work in works:
        try:
            results.append(work.run())
        except SettlingError as error:
            # All names settle at the same time.
            settling = error
    return results, settling


def _written(care: Provisioning, request: BucketRequest, reason: str, names: Sequence[NameResult]) -> RequestResult:
    result = RequestResult(request=request, reason=reason, names=names, finished_at=care.clock.now())
    care.records.write(f"{result.key}.json", as_json(result))
    care.records.write(f"{result.key}.txt", as_text(result))
    return result


class _RejectedError(Exception):
    """A name is rejected; the text says why."""


class _BusyError(Exception):
    """Another request works on the name."""


@attrs.define
class _Work:
    """The work on one name."""

    care: Provisioning
    request: BucketRequest
    name: RequestedName
    pair: BucketPair
    last_receive: bool
    claim: Claim | None = None
    resuming: bool = False
    made: list[tuple[str, str]] = attrs.field(factory=list)  # (bucket, region) of what must not stay if the work fails

    def run(self) -> NameResult:
        """Return the result of the name; if the work failed, everything that this request made is removed."""
        problem = problem_with(
            self.care.settings.bucket_prefix, self.name.name, public_allowed=self.care.settings.public_buckets_allowed
        )
        if problem:
            return self._result(NameVerdict.REJECTED, problem)
        try:
            return self._provision()
        except (_RejectedError, NameTakenError) as error:
            return self._undone(NameVerdict.REJECTED, str(error))
        except _BusyError as error:
            if not self.last_receive:
                # Often the same file under another name: after the other request the name is there.
                raise TransientError(f"another request is working on {self.pair.main} now") from error
            return self._result(
                NameVerdict.FAILED, "another request is working on this name now; drop the file again later"
            )
        except TransientError as error:
            if not self.last_receive:
                raise
            return self._undone(NameVerdict.FAILED, str(error))
        except RefusedError as error:
            return self._undone(NameVerdict.FAILED, str(error))

    def release(self) -> None:
        """End the claim, once the result is written."""
        if self.claim is not None:
            self.care.records.release(self.pair.main)

    def _provision(self) -> NameResult:
        care, pair, settings = self.care, self.pair, self.care.settings
        main = care.buckets.find(pair.main, care.region)
        replica = care.buckets.find(pair.replica, settings.replica_region)
        creating = self._stake_claim(main, replica)
        if creating:
            self._make(main, pair.main, care.region)
        self._configure(pair.main, care.region, main_steps(pair, settings), new=creating)
        self._make(replica, pair.replica, settings.replica_region)
        self._configure(pair.replica, settings.replica_region, replica_steps(pair, settings), new=creating)
        if creating:
            self._let_settle()
        self._configure(pair.main, care.region, opening_steps(pair, settings), new=creating)
        return self._result(NameVerdict.CREATED if creating else NameVerdict.ALREADY_PROVISIONED)

    def _let_settle(self) -> None:
        """Leave a new bucket closed until S3 shows and announces every object.

        Events take about five minutes after they were switched on, versions up to fifteen:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html and
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
        """
        claim, now = self.claim, self.care.clock.now()
        if claim is None or self.last_receive:
            return
        configured = claim.configured or now
        if now - configured < self.care.settling:
            self.claim = attrs.evolve(claim, configured=configured)
            self.care.records.replace_claim(self.pair.main, self.claim)
            raise SettlingError(f"the new bucket {self.pair.main} stays closed until {configured + self.care.settling}")

    def _make(self, found: FoundBucket, bucket: str, region: str) -> None:
        """Make a bucket if there is none, and remember it for a rollback."""
        if found.owner is Owner.NOBODY or self.resuming:
            # Remember it first: a lost answer must not leave an unknown bucket behind (lesson L18).
            self.made.append((bucket, region))
        if found.owner is Owner.NOBODY:
            self.care.buckets.create(bucket, region)

    def _stake_claim(self, main: FoundBucket, replica: FoundBucket) -> bool:
        """Claim the name, or reject it if a bucket is not ours. Return whether this request makes the bucket."""
        care, now = self.care, self.care.clock.now()
        for found, bucket in ((main, self.pair.main), (replica, self.pair.replica)):
            if found.owner is Owner.SOMEBODY_ELSE:
                raise _RejectedError(f"the bucket {bucket} belongs to another AWS account; choose another name")
        standing = care.records.standing_claim(self.pair.main)
        in_time = standing is not None and not standing.is_abandoned(now, care.longest_work + care.settling)
        if standing is not None and standing.event_id != self.request.event_id and in_time:
            raise _BusyError
        kind = BucketType.PUBLIC if self.pair.public else BucketType.MAIN
        ours = main.is_ours(care.settings.environment, kind)
        # If a request fails midway, its buckets may lack our tags; its claim says that they are ours (lesson L15).
        begun = standing is not None and standing.creating
        for found, bucket, known in (
            (main, self.pair.main, ours),
            (replica, self.pair.replica, replica.is_ours(care.settings.environment, BucketType.REPLICA)),
        ):
            if found.owner is Owner.THIS_ACCOUNT and not known and not begun:
                raise _RejectedError(f"a bucket {bucket} exists that this service did not make; choose another name")
        resumed = begun and standing is not None and standing.event_id == self.request.event_id
        creating = not ours or resumed
        self.resuming = begun and creating
        mine = Claim(self.request.event_id, now, creating, standing.configured if resumed and standing else None)
        if standing is None:
            if care.records.claim(self.pair.main, mine) != mine:
                raise _BusyError
        else:
            care.records.replace_claim(self.pair.main, mine)
        self.claim = mine
        return creating

    def _configure(self, bucket: str, region: str, steps: Sequence[Step], *, new: bool) -> None:
        for step in steps:
            if step.only_new and not new:
                continue
            try:
                self.care.buckets.apply(bucket, region, step)
            except (TransientError, RefusedError) as error:
                raise type(error)(f"could not {step.what} ({bucket}): {error}") from error

    def _undone(self, verdict: NameVerdict, reason: str) -> NameResult:
        reasons, left = [reason], []
        # The replica first: nobody would look for a replica without its main bucket.
        for bucket, region in reversed(self.made):
            try:
                self.care.buckets.delete(bucket, region)
            except DuraCloudError as error:
                left.append(bucket)
                reasons.append(f"could not remove {bucket} again: {error}")
        if left and self.claim is not None:
            # If the file is dropped again, the new request takes over the claim and what is left.
            self.care.records.replace_claim(self.pair.main, self.claim.given_up())
            self.claim = None
        return self._result(verdict, "; ".join(reasons), left)

    def _result(self, verdict: NameVerdict, reason: str = "", left: Sequence[str] = ()) -> NameResult:
        return NameResult(
            line=self.name.line,
            name=self.name.name,
            bucket=self.pair.main,
            replica=self.pair.replica,
            verdict=verdict,
            reason=reason,
            left_behind=tuple(left),
        )
