"""Records as changes of the table show them."""

from typing import Any, Final

import attrs

from runtime.fixity.evidence import Comparison, Evidence
from runtime.fixity.records import MalformedRecord, RecordImage, ReportOf
from tests.support.builders import AGENT, REF

Image = RecordImage | MalformedRecord
_JUDGED: Final = ("outcome", "success", "message")
CHECK: Final = ReportOf[str, str](
    outcome="match",
    success=True,
    message="ok",
    started="2026-03-01T12:00:00.000Z",
    ended="2026-03-01T12:00:01.000Z",
    agent=AGENT,
)
_IMAGE: Final = RecordImage(
    ref=REF,
    version_id="v1",
    size=5,
    etag="bb",
    sequencer="0",
    checksum="",
    digests={},
    primary_algorithm="sha256",
    deposit_date="2026-03-01T12:00:01.000Z",
    last_good_date=None,
    next_check="",
    last_check=CHECK,
)


def image(**fields: Any) -> RecordImage:  # noqa: ANN401 (fields of the record and of its check)
    """Build a record. Fields as of `changed`."""
    return changed(_IMAGE, **fields)


def changed(
    record: RecordImage,
    *,
    check: ReportOf[str, str] | None = None,
    **fields: Any,  # noqa: ANN401 (fields of the record and of its check)
) -> RecordImage:
    """Return a record that says other things; `outcome`, `success` and `message` are those of its newest check."""
    judged = {name: fields.pop(name, getattr(record.last_check, name)) for name in _JUDGED}
    return attrs.evolve(record, **fields, last_check=attrs.evolve(check or record.last_check, **judged))


def malformed(record: RecordImage, problem: str) -> MalformedRecord:
    """Return a record of which not all was understood."""
    return MalformedRecord(ref=record.ref, problem=problem, kept=record)


def compared(
    source: str, algorithm: str, expected: str, computed: str, verdict: str, *, parts: int = 0, reason: str = ""
) -> Comparison:
    """Build a comparison as a record holds it."""
    evidence = Evidence(source=source, algorithm=algorithm, expected=expected, parts=parts, reason=reason)
    return Comparison(evidence=evidence, computed=computed, verdict=verdict)
