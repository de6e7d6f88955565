"""What all use cases of fixity work with: ports, settings, the attempt, and the finding that they return."""

from datetime import datetime, timedelta
from typing import Self

import attrs

from runtime.fixity.errors import UnreadableError
from runtime.fixity.failures import fails_as_before
from runtime.fixity.objects import Version
from runtime.fixity.outcome import Outcome
from runtime.fixity.ports import FixityRecords, ObjectStore, VerificationSchedule
from runtime.fixity.read_object import Reader
from runtime.fixity.records import Agent, FixityRecord
from runtime.settings import FixitySettings
from runtime.shared.errors import RefusedError, ThrottledError, TransientError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.ports import Clock, OwnQueue


@attrs.frozen(kw_only=True)
class Care:
    """Ports and settings of managed objects."""

    store: ObjectStore
    records: FixityRecords
    schedule: VerificationSchedule
    queue: OwnQueue  # throttled messages are sent to it anew
    clock: Clock
    settings: FixitySettings

    @property
    def interval(self) -> timedelta:
        """Time between two checks."""
        return timedelta(days=self.settings.check_interval_days)

    def reader(self, attempt: "Attempt") -> Reader:
        """Return a reader that ends in the time of the attempt."""
        return Reader(
            store=self.store,
            clock=self.clock,
            deadline=attempt.deadline,
            rate=self.settings.assumed_read_rate,
            last=attempt.last_receive,
        )

    def current_version(self, ref: ObjectRef) -> Version:
        """Return which version is current.

        Raises:
            ObjectAbsentError: no version is current.
            ThrottledError: S3 wants fewer calls.
            UnreadableError: S3 did not answer, or refused.
        """
        try:
            return self.store.current_version(ref)
        except ThrottledError:
            raise
        except (RefusedError, TransientError) as error:
            raise UnreadableError(str(error)) from error


@attrs.frozen(kw_only=True)
class Attempt:
    """One attempt at a message."""

    agent: Agent
    deadline: datetime  # reading must end by then, UTC
    receives: int = 1  # receive count, this attempt included
    last_receive: bool = False  # if this attempt fails, the message goes to the dead-letter queue
    asked: datetime | None = None  # when the message was sent, UTC; None if not known


@attrs.frozen(kw_only=True)
class Finding:
    """What was found and done for one object, for the log and the metrics."""

    ref: ObjectRef
    action: str  # in a few words
    version_id: str = ""  # empty if none
    outcome: Outcome | None = None  # None if nothing was checked
    success: bool | None = None  # None if not judged
    message: str = ""  # in one line
    bytes_read: int = 0  # by all reads
    back_to_queue: bool = False  # the message must be received again
    known: bool = False  # the record showed the same failure before
    disputed: bool = False  # it failed because of nothing but the digest that the depositor sent

    @classmethod
    def of_check(cls, record: FixityRecord, action: str, *, before: FixityRecord | None) -> Self:
        """Return the finding of a record's newest check; `before` is the record that it changed."""
        check = record.last_check
        return cls(
            ref=record.ref,
            action=action,
            version_id=record.version_id,
            outcome=check.outcome,
            success=check.success,
            message=check.message,
            bytes_read=check.bytes_read * check.reads,
            known=fails_as_before(before, record),
            disputed=check.disputed,
        )
