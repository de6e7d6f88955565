"""The fixity record of an object and the report of a check, as values."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import attrs

from runtime.fixity.evidence import Comparison, contradictions
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.shared.wording import cut

# How moments and outcomes stand in a record: understood, or as the texts that are written.
Moment = TypeVar("Moment")
Word = TypeVar("Word", bound=str)

_OK: Final = "ok"
# How the message of a check begins that could not be made.
COULD_NOT_BE_READ: Final = "could not be read: "
_MESSAGE_LIMIT: Final = 2_000
# S3 replicates most objects within 15 minutes and large ones within hours:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
_REPLICATED_WITHIN: Final = timedelta(days=1)
# Members of an enumeration take long to look up, for what is asked of every object of a sweep.
_DEFERRED: Final = Outcome.DEFERRED
_PENDING: Final = Replication.PENDING
_NOTHING_LACKS: Final = frozenset({None, Replication.COMPLETED})


@attrs.frozen(kw_only=True)
class Agent:
    """Who made a check.

    Attributes:
        software: name of the software.
        version: its version.
        commit: the last commit that changed its code; empty where the check was made before commits were recorded.
        function: physical name of the function.
        request_id: the invocation's id.
    """

    software: str
    version: str
    commit: str
    function: str
    request_id: str


@attrs.frozen(kw_only=True)
class ResultOf(Generic[Moment, Word]):
    """How a check ended, as far as the sweep judges by it.

    Attributes:
        outcome: what it found.
        success: whether the object is as it should be; None where that could not be judged.
        replication: what S3 said of its replication; None where the object was not reached.
        ended: when it ended, UTC.
    """

    outcome: Word
    success: bool | None
    replication: Replication | None = None
    ended: Moment


@attrs.frozen(kw_only=True)
class ReportOf(ResultOf[Moment, Word]):
    """Every fact of one check.

    Attributes:
        message: what it found, for people, in one line.
        comparisons: all evidence and what became of it; of a table's record they are not read.
        computed: digests of the bytes read, by algorithm.
        bytes_read: bytes of the last read.
        reads: how often the object was read from the start to its end.
        storage_class: S3's storage class, empty where the object was not reached.
        started: when the check began, UTC.
        agent: who made it.
    """

    message: str
    comparisons: Sequence[Comparison] = ()
    computed: Mapping[str, str] = attrs.field(factory=dict)
    bytes_read: int = 0
    reads: int = 0
    storage_class: str = ""
    started: Moment
    agent: Agent


@attrs.frozen(kw_only=True)
class StateOf(Generic[Moment, Word]):
    """What the sweep judges of an object under care.

    Attributes:
        ref: the object.
        version_id: the version under care: every read is pinned to it (lesson L05).
        size: bytes.
        etag: S3's entity tag.
        sequencer: order of the newest event that the record reflects, normalised.
        deposit_date: when the version was taken under care, UTC.
        last_good_date: when it was last found as it should be, UTC; None if never.
        next_check: when it is due, UTC.
        last_check: the newest check.
    """

    ref: ObjectRef
    version_id: str
    size: int
    etag: str
    sequencer: str
    deposit_date: Moment
    last_good_date: Moment | None
    next_check: Moment
    last_check: ResultOf[Moment, Word]

    @property
    def last_sure(self) -> Moment:
        """When the object was last known to be good, or else was deposited."""
        return self.last_good_date or self.deposit_date

    @property
    def failing(self) -> bool:
        """Whether the newest check was judged a failure."""
        return self.last_check.success is False

    @property
    def deferred(self) -> bool:
        """Whether no function had the time to read the object since it was deposited."""
        return self.last_check.outcome == _DEFERRED

    @property
    def lacks_replica(self: "RecordState") -> bool:
        """Whether S3 has made no replica that should be there by now, as far as the newest check knows."""
        replication = self.last_check.replication
        if replication is _PENDING:
            return self.last_check.ended > self.deposit_date + _REPLICATED_WITHIN
        return replication not in _NOTHING_LACKS


@attrs.frozen(kw_only=True)
class RecordOf(StateOf[Moment, Word]):
    """What is known of an object under care.

    Attributes:
        digests: digests of the deposit, lower-case hexadecimal by algorithm; empty while the deposit is put aside.
        primary_algorithm: the algorithm shown as `Checksum`.
        last_check: the newest check.
        checksum: what is shown as `Checksum`. Images alone say it: else it is one of the digests.
        restored_date: when the record was last written back; empty if never. Images alone say it.
    """

    digests: Mapping[str, str]
    primary_algorithm: str
    last_check: ReportOf[Moment, Word]
    checksum: str = ""
    restored_date: str = ""

    @property
    def has_baseline(self) -> bool:
        """Whether the digests can be trusted: bytes that never agreed with all evidence are nobody's baseline."""
        return bool(self.digests) and self.last_good_date is not None


CheckReport = ReportOf[datetime, Outcome]
RecordState = StateOf[datetime, Outcome]
FixityRecord = RecordOf[datetime, Outcome]
# A record as a change of the table shows it. Moments and outcomes are the texts that are written there, whatever they
# say: the audit trail repeats them to the letter. What is missing is empty: older software wrote fewer attributes.
RecordImage = RecordOf[str, str]


@attrs.frozen(kw_only=True)
class MalformedRecord(Malformed):
    """A record of which something is not of its type.

    Attributes:
        kept: what could be read of it; the rest is empty.
    """

    kept: RecordImage


@attrs.frozen(kw_only=True)
class RecordChange:
    """One change of a record, as the table's stream tells it.

    Attributes:
        event_id: the stream's id of the change, the same in all its deliveries.
        at: when the table changed, UTC.
        ref: the object.
        before: the record before, None where there was none.
        after: the record after, None where it was removed.
    """

    event_id: str
    at: datetime
    ref: ObjectRef
    before: RecordImage | MalformedRecord | None
    after: RecordImage | MalformedRecord | None


def readable(image: RecordImage | MalformedRecord | None) -> RecordImage | None:
    """Return what could be read of a record, None where there is none."""
    return image.kept if isinstance(image, MalformedRecord) else image


def outcome_of(comparisons: Sequence[Comparison]) -> tuple[Outcome, str]:
    """Return what a complete read says: the outcome, and a line for people.

    Args:
        comparisons: all evidence and what became of it.
    """
    wrong = contradictions(comparisons)
    if not wrong:
        return Outcome.MATCH, _OK
    text = "; ".join(comparison.text for comparison in wrong)
    return Outcome.MISMATCH, cut(text, _MESSAGE_LIMIT)
