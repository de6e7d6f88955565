"""Fixity records in changes of the checksum table, read as they are, even if somebody wrote them by hand."""

import json
from typing import TypeVar

from runtime.contract import Attribute, CheckAttribute
from runtime.fixity.evidence import Comparison, Evidence
from runtime.fixity.records import Agent, MalformedRecord, RecordImage, RecordOf, ReportOf
from runtime.fixity.table_items import MOST_CHARACTERS, Item
from runtime.shared.object_ref import ObjectRef

T = TypeVar("T")


def decode_image(item: Item, ref: ObjectRef) -> RecordImage | MalformedRecord:
    """Return the record in a change of the table; it may be written by hand."""
    found = _Attributes(item)
    image = _image(found, ref)
    return MalformedRecord(ref=ref, problem="; ".join(found.problems), kept=image) if found.problems else image


class _Attributes:
    """Attributes of an image, or of a map in it. One of another type is noted as a problem, and counts as missing.

    An attribute that somebody wrote by hand must not hold up the events of all other objects.
    """

    def __init__(self, values: Item, problems: list[str] | None = None) -> None:
        self._values = values
        self.problems: list[str] = [] if problems is None else problems

    @property
    def quiet(self) -> "_Attributes":
        """The same attributes; their problems are not noted."""
        return _Attributes(self._values)

    def content(self, name: str, kind: str, missing: T) -> T:
        value = self._values.get(name)
        if value is None:
            return missing
        if len(value) != 1 or kind not in value:
            got = json.dumps(value, ensure_ascii=False)
            self.problems.append(f"{name}: got {got[:MOST_CHARACTERS]}; allowed: the type {kind}")
            return missing
        content: T = value[kind]
        return content

    def text(self, name: str, missing: str = "") -> str:
        return str(self.content(name, "S", missing))

    def number(self, name: str) -> int:
        text = self.content(name, "N", "0")
        try:
            return int(text)
        except ValueError:
            self.problems.append(f"{name}: got {text}; allowed: a whole number")
            return 0

    def map(self, name: str) -> "_Attributes":
        return _Attributes(self.content(name, "M", {}), self.problems)

    def maps(self, name: str) -> "list[_Attributes]":
        found: list[Item] = self.content(name, "L", [])
        return [_Attributes({name: item}, self.problems).map(name) for item in found]

    def texts(self, name: str) -> dict[str, str]:
        found: Item = self.content(name, "M", {})
        inner = _Attributes(found, self.problems)
        return {key: inner.text(key) for key in found}


def _image(found: _Attributes, ref: ObjectRef) -> RecordImage:
    # In the order in which problems are listed.
    version_id, size, etag = found.text(Attribute.VERSION_ID), found.number(Attribute.SIZE), found.text(Attribute.ETAG)
    checksum, algorithm = found.text(Attribute.CHECKSUM), found.text(Attribute.CHECKSUM_ALGORITHM)
    digests = found.texts(Attribute.DIGESTS)
    success: bool | None = found.content(Attribute.LAST_CHECKSUM_SUCCESS, "BOOL", None)
    outcome, message = found.text(Attribute.LAST_OUTCOME), found.text(Attribute.LAST_CHECKSUM_MESSAGE)
    deposit_date, last_good_date = found.text(Attribute.DEPOSIT_DATE), found.text(Attribute.LAST_GOOD_DATE)
    restored_date = found.text(Attribute.RESTORED_DATE)
    check, ended = found.map(Attribute.LAST_CHECK), found.text(Attribute.LAST_CHECKSUM_DATE)
    agent = check.map(CheckAttribute.AGENT)
    return RecordOf(
        ref=ref,
        version_id=version_id,
        size=size,
        etag=etag,
        sequencer=found.quiet.text(Attribute.SEQUENCER),
        checksum=checksum,
        digests=digests,
        primary_algorithm=algorithm,
        deposit_date=deposit_date,
        last_good_date=last_good_date or None,
        next_check=found.quiet.text(Attribute.NEXT_CHECKSUM_DATE),
        restored_date=restored_date,
        last_check=ReportOf(
            outcome=outcome,
            success=success,
            message=message,
            computed=check.texts(CheckAttribute.COMPUTED),
            comparisons=[_comparison(item) for item in check.maps(CheckAttribute.EVIDENCE)],
            bytes_read=check.number(CheckAttribute.BYTES_READ),
            reads=check.number(CheckAttribute.READS),
            storage_class=check.text(CheckAttribute.STORAGE_CLASS),
            started=check.text(CheckAttribute.STARTED),
            ended=check.text(CheckAttribute.ENDED) or ended,
            agent=Agent(
                software=agent.text(CheckAttribute.SOFTWARE),
                version=agent.text(CheckAttribute.VERSION),
                commit=agent.text(CheckAttribute.COMMIT),
                function=agent.text(CheckAttribute.FUNCTION),
                request_id=agent.text(CheckAttribute.REQUEST_ID),
            ),
        ),
    )


def _comparison(found: _Attributes) -> Comparison:
    expected = found.text(CheckAttribute.EXPECTED)
    source, algorithm = found.text(CheckAttribute.SOURCE), found.text(CheckAttribute.ALGORITHM)
    computed, verdict = found.text(CheckAttribute.COMPUTED, expected), found.text(CheckAttribute.VERDICT)
    parts, reason = found.number(CheckAttribute.PARTS), found.text(CheckAttribute.REASON)
    evidence = Evidence(source=source, algorithm=algorithm, expected=expected, parts=parts, reason=reason)
    return Comparison(evidence=evidence, computed=computed, verdict=verdict)
