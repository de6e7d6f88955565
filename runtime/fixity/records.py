"""The fixity record of an object and the report of a check, as values."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from runtime.fixity.evidence import Comparison, contradictions
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.shared.object_ref import ObjectRef
from runtime.shared.wording import cut

_OK: Final = "ok"
# How the message of a check begins that could not be made.
COULD_NOT_BE_READ: Final = "could not be read: "
_MESSAGE_LIMIT: Final = 2_000
# S3 replicates most objects within 15 minutes and large ones within hours:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
_REPLICATED_WITHIN: Final = timedelta(days=1)


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
class CheckReport:
    """Every fact of one check.

    Attributes:
        outcome: what it found.
        success: whether the object is as it should be; None where that could not be judged.
        message: the same for people, in one line.
        comparisons: all evidence and what became of it.
        computed: digests of the bytes read, by algorithm.
        bytes_read: bytes of the last read.
        reads: how often the object was read from the start to its end.
        storage_class: S3's storage class, empty where the object was not reached.
        replication: what S3 said of its replication; None where the object was not reached.
        started: when the check began, UTC.
        ended: when it ended, UTC.
        agent: who made it.
    """

    outcome: Outcome
    success: bool | None
    message: str
    comparisons: Sequence[Comparison] = ()
    computed: Mapping[str, str] = attrs.field(factory=dict)
    bytes_read: int = 0
    reads: int = 0
    storage_class: str = ""
    replication: Replication | None = None
    started: datetime
    ended: datetime
    agent: Agent


@attrs.frozen(kw_only=True)
class FixityRecord:
    """What is known of an object under care.

    Attributes:
        ref: the object.
        version_id: the version under care: every read is pinned to it (lesson L05).
        size: bytes.
        etag: S3's entity tag.
        sequencer: order of the newest event that the record reflects, normalised.
        digests: digests of the deposit, lower-case hexadecimal by algorithm; empty while the deposit is put aside.
        primary_algorithm: the algorithm shown as `Checksum`.
        deposit_date: when the version was taken under care, UTC.
        last_good_date: when it was last found as it should be; None if never.
        next_check: when it is due, UTC.
        last_check: the newest check.
    """

    ref: ObjectRef
    version_id: str
    size: int
    etag: str
    sequencer: str
    digests: Mapping[str, str]
    primary_algorithm: str
    deposit_date: datetime
    last_good_date: datetime | None
    next_check: datetime
    last_check: CheckReport

    @property
    def last_sure(self) -> datetime:
        """When the object was last known to be good, or else was deposited."""
        return self.last_good_date or self.deposit_date

    @property
    def failing(self) -> bool:
        """Whether the newest check was judged a failure."""
        return self.last_check.success is False

    @property
    def lacks_replica(self) -> bool:
        """Whether S3 has made no replica, as far as the newest check knows."""
        return lacks_replica(self.last_check.replication, self.deposit_date, self.last_check.ended)

    @property
    def has_baseline(self) -> bool:
        """Whether the digests can be trusted: bytes that never agreed with all evidence are nobody's baseline."""
        return bool(self.digests) and self.last_good_date is not None


def lacks_replica(replication: Replication | None, deposited: datetime, checked: datetime) -> bool:
    """Tell whether S3 has made no replica of an object that should have one by now.

    Args:
        replication: what S3 said when the object was checked; None where it was not asked.
        deposited: when the object was taken under care, UTC.
        checked: when it was checked, UTC.
    """
    if replication is Replication.PENDING:
        return checked > deposited + _REPLICATED_WITHIN
    return replication not in {None, Replication.COMPLETED}


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
