"""The fixity record of an object and the report of a check."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import attrs

from runtime.fixity.evidence import Comparison, Source, contradictions
from runtime.fixity.objects import NULL_VERSION, Replication, Version
from runtime.fixity.outcome import Outcome
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.shared.wording import cut

# Moments and outcomes of a record: parsed, or as the texts in the table.
Moment = TypeVar("Moment")
Word = TypeVar("Word", bound=str)

_OK: Final = "ok"
# Beginning of the message of a check that could not be made.
COULD_NOT_BE_READ: Final = "could not be read: "
# Beginning of the message about a mismatch that no second read confirmed.
READ_ONCE: Final = "read once, the last attempt had no time for a second read: "
_DIVIDER: Final = "; "
_OF_DEPOSITOR: Final = f"{Source.DEPOSITOR}, "
_MESSAGE_LIMIT: Final = 2_000
# S3 replicates most objects within 15 minutes and large ones within hours:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
_REPLICATED_WITHIN: Final = timedelta(days=1)
# Looking up members of an enumeration takes long in what runs for every object of a sweep.
_DEFERRED: Final = Outcome.DEFERRED
_PENDING: Final = Replication.PENDING
_NOTHING_LACKS: Final = frozenset({None, Replication.COMPLETED})


@attrs.frozen(kw_only=True)
class Agent:
    """Who made a check."""

    software: str
    version: str
    commit: str  # the last commit that changed the code; empty in records from before commits were recorded
    function: str  # physical name
    request_id: str  # of the invocation


@attrs.frozen(kw_only=True)
class ResultOf(Generic[Moment, Word]):
    """Result of a check, as far as the sweep needs it."""

    outcome: Word
    success: bool | None  # None if it could not be judged
    message: str  # what it found, for people, in one line
    replication: Replication | None = None  # S3's status; None if the object was not reached
    ended: Moment  # UTC

    @property
    def disputed(self) -> bool:
        """Whether it failed because of nothing but the digest that the depositor sent.

        The bytes agree with all else: the file or the digest was wrong before the upload ended (lesson L57).
        """
        return self.success is False and _only_depositor_contradicts(self.message)


@attrs.frozen(kw_only=True)
class ReportOf(ResultOf[Moment, Word]):
    """Every fact of one check."""

    # with all evidence; of the table only contradictions and what was compared of the replica
    comparisons: Sequence[Comparison] = ()
    computed: Mapping[str, str] = attrs.field(factory=dict)  # digests of the bytes read, by algorithm
    bytes_read: int = 0  # by the last read
    reads: int = 0  # number of complete reads
    storage_class: str = ""  # empty if the object was not reached
    started: Moment  # UTC
    agent: Agent


@attrs.frozen(kw_only=True)
class StateOf(Generic[Moment, Word]):
    """What the sweep judges of a managed object."""

    ref: ObjectRef
    version_id: str  # every read is pinned to it (lesson L05)
    size: int  # bytes
    etag: str
    sequencer: str  # of the newest event that the record reflects, normalised
    deposit_date: Moment  # UTC
    last_good_date: Moment | None  # UTC; None if never found good
    next_check: Moment  # UTC
    last_check: ResultOf[Moment, Word]

    @property
    def identity(self) -> tuple[str, str, int]:
        """What a record says of its version: the id and, if that says nothing, ETag and size (lesson L39)."""
        return (self.version_id, self.etag, self.size) if self.version_id == NULL_VERSION else (self.version_id, "", 0)

    def is_of(self: "RecordState", version: Version) -> bool:
        """Tell whether this is the record of a version; one of the id `null` that is younger is another one."""
        if self.version_id != version.id or version.id != NULL_VERSION:
            return self.version_id == version.id
        return (self.etag, self.size) == (version.etag, version.size) and version.modified <= self.deposit_date

    @property
    def last_sure(self) -> Moment:
        """When the object was last known to be good, or else was deposited."""
        return self.last_good_date or self.deposit_date

    @property
    def failing(self) -> bool:
        """Whether the newest check failed."""
        return self.last_check.success is False

    @property
    def disputed(self) -> bool:
        """Whether the newest check failed because of nothing but the digest that the depositor sent."""
        return self.last_check.disputed

    @property
    def harmed(self) -> bool:
        """Whether the newest check failed for another reason: what coverage and alarms count as failing."""
        return self.failing and not self.disputed

    @property
    def deferred(self) -> bool:
        """Whether the object has been too large for the time left since it was deposited."""
        return self.last_check.outcome == _DEFERRED

    @property
    def lacks_replica(self: "RecordState") -> bool:
        """Whether S3 should have made the replica by now and has not, as far as the newest check knows."""
        replication = self.last_check.replication
        if replication is _PENDING:
            return self.last_check.ended > self.deposit_date + _REPLICATED_WITHIN
        return replication not in _NOTHING_LACKS


@attrs.frozen(kw_only=True)
class RecordOf(StateOf[Moment, Word]):
    """What is known about a managed object."""

    # of the deposit, lower-case hexadecimal by algorithm; empty while the deposit is deferred
    digests: Mapping[str, str]
    primary_algorithm: str  # of the digest shown as `Checksum`
    last_check: ReportOf[Moment, Word]
    checksum: str = ""  # attribute `Checksum`; only in images, else it is one of the digests
    restored_date: str = ""  # when the record was last restored; only in images, empty if never

    @property
    def has_baseline(self) -> bool:
        """Whether the digests can be trusted: bytes that never agreed with all evidence are no baseline."""
        return bool(self.digests) and self.last_good_date is not None


CheckReport = ReportOf[datetime, Outcome]
RecordState = StateOf[datetime, Outcome]
FixityRecord = RecordOf[datetime, Outcome]
# A record in a change of the table. Moments and outcomes are the texts of the table, because the audit trail repeats
# them to the letter. A missing attribute is empty: older software wrote fewer.
RecordImage = RecordOf[str, str]


@attrs.frozen(kw_only=True)
class MalformedRecord(Malformed):
    """A record with attributes of the wrong type."""

    kept: RecordImage  # what could be read; the rest is empty


@attrs.frozen(kw_only=True)
class RecordChange:
    """One change of a record, from the table's stream."""

    event_id: str  # of the stream, the same in all deliveries
    at: datetime  # UTC
    ref: ObjectRef
    before: RecordImage | MalformedRecord | None  # None if there was none
    after: RecordImage | MalformedRecord | None  # None if it was removed


def readable(image: RecordImage | MalformedRecord | None) -> RecordImage | None:
    """Return what could be read of a record, None if there is none."""
    return image.kept if isinstance(image, MalformedRecord) else image


def outcome_of(comparisons: Sequence[Comparison]) -> tuple[Outcome, str]:
    """Return the outcome of a complete read, and a line for people."""
    wrong = contradictions(comparisons)
    if not wrong:
        return Outcome.MATCH, _OK
    text = _DIVIDER.join(comparison.text for comparison in wrong)
    return Outcome.MISMATCH, cut(text, _MESSAGE_LIMIT)


def _only_depositor_contradicts(message: str) -> bool:
    found = message.removeprefix(READ_ONCE).split(_DIVIDER)
    return all(contradiction.startswith(_OF_DEPOSITOR) for contradiction in found)
