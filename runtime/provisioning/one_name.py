"""The work on one name of a bucket request: make its two buckets, or repair those that exist."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import attrs

from runtime.provisioning.bucket_configuration import (
    BucketType,
    Step,
    connecting_steps,
    main_steps,
    main_target,
    opening_step,
    replica_steps,
)
from runtime.provisioning.bucket_names import BucketPair, problem_with
from runtime.provisioning.claims import Claim, Collection, FoundBucket, Owner
from runtime.provisioning.context import Provisioning
from runtime.provisioning.differences import never_opened
from runtime.provisioning.errors import NameTakenError, PublicAccessBlockedError, SettlingError
from runtime.provisioning.ownership import connected, recorded, type_of, why_not_ours
from runtime.provisioning.repair import repair
from runtime.provisioning.request_file import RequestedName
from runtime.provisioning.request_result import BucketRequest, NameResult, NameVerdict
from runtime.shared.errors import DuraCloudError, RefusedError, TransientError


class _RejectedError(Exception):
    """A name is rejected; the text says why."""


class _BusyError(Exception):
    """Another request works on the name."""


@attrs.define
class Work:
    """The work on one name."""

    care: Provisioning
    request: BucketRequest
    name: RequestedName
    pair: BucketPair
    until: datetime  # when the invocation has to end its work, UTC
    last_receive: bool
    public_blocked: str = ""  # why this account can have no public bucket; empty if that is not known
    claim: Claim | None = None
    resuming: bool = False
    made: list[tuple[str, str]] = attrs.field(factory=list)  # (bucket, region) of what must not stay if the work fails
    left: list[str] = attrs.field(factory=list)  # differences that a repair left as they are

    def run(self) -> NameResult:
        """Return the result of the name; if the work failed, everything that this request made is removed."""
        problem = problem_with(
            self.care.settings.bucket_prefix, self.name.name, public_allowed=self.care.settings.public_buckets_allowed
        )
        if problem:
            return self._result(NameVerdict.REJECTED, problem)
        try:
            return self._provision()
        except PublicAccessBlockedError as error:
            self.public_blocked = f"S3 Block Public Access of the AWS account or its organization refuses it ({error})"
            return self._undone(NameVerdict.REJECTED, self._no_public_bucket())
        except (_RejectedError, NameTakenError) as error:
            return self._undone(NameVerdict.REJECTED, str(error))
        except _BusyError as error:
            if not self.last_receive:
                # Often the same file under another name: after the other request the name is there.
                raise TransientError(f"another request is working on {self.pair.main} now") from error
            return self._result(
                NameVerdict.FAILED, "another request is working on this name now; drop the file again later"
            )
        except (TransientError, RefusedError) as error:
            waits = isinstance(error, SettlingError)
            if waits or (isinstance(error, TransientError) and not self.last_receive):
                raise
            return self._undone(NameVerdict.FAILED, str(error))

    def release(self) -> None:
        """End the claim, once the result is written."""
        if self.claim is not None:
            self.care.records.release(self.pair.main)

    def _provision(self) -> NameResult:
        care, pair = self.care, self.pair
        main = care.buckets.find(pair.main, care.region)
        replica = care.buckets.find(pair.replica, care.settings.replica_region)
        collection = care.records.collection(pair.main)
        creating = self._stake_claim(main, replica, collection)
        if creating:
            self._make_both(main, replica)
        else:
            self._repair_both(replica)
        if not recorded(collection, pair, care.settings.environment):
            care.records.write_collection(
                Collection(
                    bucket=pair.main,
                    replica=pair.replica,
                    environment=care.settings.environment,
                    type=type_of(pair).value,
                    recorded_at=care.clock.now(),
                    event_id=self.request.event_id if creating else "",
                )
            )
        made = creating or self._made_before(main, collection)
        return self._result(NameVerdict.CREATED if made else NameVerdict.ALREADY_PROVISIONED)

    def _made_before(self, main: FoundBucket, collection: Collection | None) -> bool:
        """Tell whether an earlier attempt at this request opened the bucket, so that it is in use."""
        stands = main.owner is Owner.THIS_ACCOUNT and recorded(collection, self.pair, self.care.settings.environment)
        return stands and collection is not None and collection.event_id == self.request.event_id

    def _make_both(self, main: FoundBucket, replica: FoundBucket) -> None:
        care, pair, settings = self.care, self.pair, self.care.settings
        if pair.public and self.public_blocked:
            raise _RejectedError(self._no_public_bucket())
        configured = self.claim is not None and self.claim.configured is not None
        self._make(main, pair.main, care.region)
        if not (configured and main.owner is replica.owner is Owner.THIS_ACCOUNT):
            self._configure(pair.main, care.region, main_steps(pair, settings))
            self._make(replica, pair.replica, settings.replica_region)
            self._configure(pair.replica, settings.replica_region, replica_steps(pair, settings))
            self._configure(pair.main, care.region, connecting_steps(pair, settings))
        else:
            self._make(replica, pair.replica, settings.replica_region)
        self._let_settle()
        self._configure(pair.main, care.region, [opening_step(pair, settings)])

    def _repair_both(self, replica: FoundBucket) -> None:
        care, pair, settings = self.care, self.pair, self.care.settings
        if replica.owner is Owner.NOBODY:
            self._make(replica, pair.replica, settings.replica_region)
            self._configure(pair.replica, settings.replica_region, replica_steps(pair, settings))
            self._note(f"{pair.replica}: made the missing replica")
        else:
            self._repair(pair.replica, settings.replica_region, replica_steps(pair, settings), in_use=True)
        *steps, public_access, policy = main_target(pair, settings)
        closed = never_opened(care.buckets.read(pair.main, care.region, policy.call))
        self._repair(pair.main, care.region, steps, in_use=not closed)
        if closed:
            self._let_settle()
        self._repair(pair.main, care.region, [public_access, policy], in_use=not closed)

    def _repair(self, bucket: str, region: str, steps: Sequence[Step], *, in_use: bool) -> None:
        read = partial(self.care.buckets.read, bucket, region)
        for finding in repair(steps, read, partial(self._apply, bucket, region), in_use=in_use):
            text = f"{bucket}: {finding.text}"
            if finding.corrected:
                self._note(text)
            else:
                self.left.append(text)

    def _note(self, corrected: str) -> None:
        """Remember what was corrected: a later attempt at the request would not see the difference."""
        if self.claim is not None and corrected not in self.claim.corrected:
            self.claim = attrs.evolve(self.claim, corrected=(*self.claim.corrected, corrected))
            self.care.records.replace_claim(self.pair.main, self.claim)

    def _let_settle(self) -> None:
        """Leave a new bucket closed until S3 shows, announces and replicates every object.

        Events take about five minutes after they were switched on, versions up to fifteen:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html and
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
        """
        claim, now = self.claim, self.care.clock.now()
        if claim is None:
            return
        configured = claim.configured or now
        if claim.configured is None:
            self.claim = attrs.evolve(claim, configured=configured)
            self.care.records.replace_claim(self.pair.main, self.claim)
        until = configured + self.care.settling
        if now < until:
            raise SettlingError(f"the new bucket {self.pair.main} stays closed until {until}", until)

    def _make(self, found: FoundBucket, bucket: str, region: str) -> None:
        """Make a bucket if there is none, and remember it for a rollback."""
        if found.owner is Owner.NOBODY or self.resuming:
            # Remember it first: a lost answer must not leave an unknown bucket behind (lesson L18).
            self.made.append((bucket, region))
        if found.owner is Owner.NOBODY:
            self.care.buckets.create(bucket, region)

    def _stake_claim(self, main: FoundBucket, replica: FoundBucket, collection: Collection | None) -> bool:
        """Claim the name, or reject it if a bucket is not ours. Return whether this request makes the bucket."""
        care, now = self.care, self.care.clock.now()
        for found, bucket in ((main, self.pair.main), (replica, self.pair.replica)):
            if found.owner is Owner.SOMEBODY_ELSE:
                raise _RejectedError(f"the bucket {bucket} belongs to another AWS account; choose another name")
        standing = care.records.standing_claim(self.pair.main)
        in_time = standing is not None and not standing.is_abandoned(now, care.longest_work + care.settling)
        if standing is not None and standing.event_id != self.request.event_id and in_time:
            raise _BusyError
        # If a request fails midway, its buckets may lack our tags; its claim says that they are ours (lesson L15).
        begun = standing is not None and standing.creating
        ours = self._proven(main, replica, collection, begun=begun)
        resumed = standing is not None and standing.event_id == self.request.event_id
        creating = (not ours or (begun and resumed)) and not self._made_before(main, collection)
        self.resuming = begun and creating
        mine = Claim(self.request.event_id, now, creating)
        if resumed and standing is not None:
            mine = attrs.evolve(standing, since=now, creating=creating)
        if standing is None:
            if care.records.claim(self.pair.main, mine) != mine:
                raise _BusyError
        else:
            care.records.replace_claim(self.pair.main, mine)
        self.claim = mine
        return creating

    def _proven(self, main: FoundBucket, replica: FoundBucket, collection: Collection | None, *, begun: bool) -> bool:
        """Return whether the main bucket is ours, and reject the name if one of the buckets is not (lesson L37)."""
        care, pair, environment = self.care, self.pair, self.care.settings.environment
        kinds = ((main, pair.main, type_of(pair)), (replica, pair.replica, BucketType.REPLICA))
        unproven = [
            one for one in kinds if one[0].owner is Owner.THIS_ACCOUNT and not one[0].is_ours(environment, one[2])
        ]
        if unproven and not begun and not recorded(collection, pair, environment):
            stands = main.owner is Owner.THIS_ACCOUNT
            if not (stands and connected(care.buckets, pair, care.region, care.settings)):
                raise _RejectedError(why_not_ours(*unproven[0], care.settings))
            return True
        proven = recorded(collection, pair, environment) and not begun
        return main.owner is Owner.THIS_ACCOUNT and (proven or main.is_ours(environment, type_of(pair)))

    def _no_public_bucket(self) -> str:
        return (
            f"no public bucket can be made: {self.public_blocked}; ask your operator, or choose a name that does not"
            " end in -public"
        )

    def _apply(self, bucket: str, region: str, step: Step) -> None:
        left = (self.until - self.care.clock.now()).total_seconds()
        if left <= 0:
            raise TransientError(f"the time was up before the service could {step.what} ({bucket})")
        try:
            self.care.buckets.apply(bucket, region, step, left)
        except (TransientError, RefusedError) as error:
            raise type(error)(f"could not {step.what} ({bucket}): {error}") from error

    def _configure(self, bucket: str, region: str, steps: Sequence[Step]) -> None:
        for step in steps:
            self._apply(bucket, region, step)

    def _undone(self, verdict: NameVerdict, reason: str) -> NameResult:
        reasons, left = [reason], []
        # The replica first: nobody would look for a replica without its main bucket.
        for bucket, region in reversed(self.made):
            try:
                self.care.buckets.delete(bucket, region)
            except DuraCloudError as error:
                left.append(bucket)
                reasons.append(f"could not remove {bucket} again: {error}")
        corrected = self.claim.corrected if self.claim is not None else ()
        if left and self.claim is not None:
            # If the file is dropped again, the new request takes over the claim and what is left.
            self.care.records.replace_claim(self.pair.main, self.claim.given_up())
            self.claim = None
        return self._result(verdict, "; ".join(reasons), left, corrected)

    def _result(
        self, verdict: NameVerdict, reason: str = "", left: Sequence[str] = (), corrected: Sequence[str] = ()
    ) -> NameResult:
        return NameResult(
            line=self.name.line,
            name=self.name.name,
            bucket=self.pair.main,
            replica=self.pair.replica,
            verdict=verdict,
            reason=reason,
            left_behind=tuple(left),
            corrected=tuple(self.claim.corrected if self.claim is not None else corrected),
            differs=tuple(self.left),
        )
