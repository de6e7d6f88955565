"""What every use case of fixity works with: the ports, the policy, the attempt, and the finding it returns."""

from datetime import datetime, timedelta

import attrs

from runtime.fixity.errors import UnreadableError
from runtime.fixity.outcome import Outcome
from runtime.fixity.ports import FixityRecords, ObjectStore, VerificationSchedule
from runtime.fixity.read_object import Reader
from runtime.fixity.records import Agent
from runtime.settings import FixitySettings
from runtime.shared.errors import RefusedError, TransientError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.ports import Clock


@attrs.frozen(kw_only=True)
class Care:
    """The ports and the policy of objects under care.

    Attributes:
        store: where the objects are.
        records: their fixity records.
        schedule: their due dates.
        clock: tells the time.
        settings: the function's settings.
    """

    store: ObjectStore
    records: FixityRecords
    schedule: VerificationSchedule
    clock: Clock
    settings: FixitySettings

    @property
    def interval(self) -> timedelta:
        """Time between two checks."""
        return timedelta(days=self.settings.check_interval_days)

    def reader(self, attempt: "Attempt") -> Reader:
        """Return what reads objects within the time that the attempt has."""
        return Reader(
            store=self.store,
            clock=self.clock,
            deadline=attempt.deadline,
            rate=self.settings.assumed_read_rate,
            last=attempt.last_receive,
        )

    def current_version(self, ref: ObjectRef) -> str:
        """Return the id of the version that is current.

        Raises:
            ObjectAbsentError: nothing is current.
            UnreadableError: S3 did not answer, or refused.
        """
        try:
            return self.store.current_version(ref)
        except (RefusedError, TransientError) as error:
            raise UnreadableError(str(error)) from error


@attrs.frozen(kw_only=True)
class Attempt:
    """One invocation's share in the work.

    Attributes:
        agent: who works.
        deadline: the moment by which reading must have ended, UTC.
        receives: how often the message was handed out, this time included.
        last_receive: whether the queue sets the message aside when this attempt fails.
        asked: when the message was put into its queue, UTC; None where that is not known.
    """

    agent: Agent
    deadline: datetime
    receives: int = 1
    last_receive: bool = False
    asked: datetime | None = None


@attrs.frozen(kw_only=True)
class Finding:
    """What was found and done for one object, for the log and the metrics.

    Attributes:
        ref: the object.
        action: what was done, in a few words.
        version_id: the version concerned, empty where none.
        outcome: the outcome of a check or deposit, None where nothing was checked.
        success: whether the object is as it should be; None where that was not judged.
        message: the finding in one line.
        bytes_read: bytes read in all.
        back_to_queue: whether the message must be handed out again.
        known: whether the record showed the same failure before.
    """

    ref: ObjectRef
    action: str
    version_id: str = ""
    outcome: Outcome | None = None
    success: bool | None = None
    message: str = ""
    bytes_read: int = 0
    back_to_queue: bool = False
    known: bool = False
