"""Writes what happens to objects into the audit trail: a handler of the checksum table's stream."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from runtime import bootstrap
from runtime.audit.events import BY_HAND, ComparedEvidence
from runtime.audit.record_changes import CheckFacts, ImageChange, RecordImage, events_of_changes
from runtime.audit.write import AuditTrail
from runtime.contract import Attribute, CheckAttribute, Metric
from runtime.fixity.records import Agent
from runtime.observability import logger, publish, with_request_id
from runtime.shared.errors import MalformedMessageError
from runtime.shared.object_ref import ObjectRef

Values = Mapping[str, Any]
# Of a value that was not understood so many characters are told.
_MOST_GOT: Final = 200


def handle(event: dict[str, Any], trail: AuditTrail) -> str:
    """Write the events of a batch of changed records as one segment.

    Args:
        event: the Lambda event with DynamoDB stream records.
        trail: the trail.

    Returns:
        The key of the segment, empty where nothing happened that is an event.

    Raises:
        MalformedMessageError: a record is not one of the checksum table's stream. Nothing was written; the stream hands
            out halves of the batch until the record stands alone.
        TransientError: S3 did not answer; the stream hands out the batch again.
        RefusedError: S3 refused.
    """
    events = list(events_of_changes([_change(record) for record in event["Records"]]))
    key = trail.write(events)
    logger.info("changes recorded", extra={"records": len(event["Records"]), "events": len(events), "segment": key})
    altered = [found for found in events if found.kind in BY_HAND]
    for found in altered:
        logger.warning(
            "a record was changed by no check",
            extra={"bucket": found.ref.bucket, "key": found.ref.key, "event": found.id, "detail": found.detail},
        )
    if altered:
        publish(trail.settings, {Metric.ALTERED_RECORDS: len(altered)})
    return key


@with_request_id
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    """Entry point of the function."""
    handle(event, bootstrap.audit_trail())


def _change(record: dict[str, Any]) -> ImageChange:
    try:
        change = record["dynamodb"]
        keys = change["Keys"]
        return ImageChange(
            event_id=record["eventID"],
            at=datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC),
            ref=ObjectRef(keys[Attribute.BUCKET_NAME]["S"], keys[Attribute.OBJECT_KEY]["S"]),
            before=_image(change.get("OldImage")),
            after=_image(change.get("NewImage")),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedMessageError(f"got a stream record that is not of the checksum table: {error!r}") from error


def _image(image: Values | None) -> RecordImage | None:
    if not image:
        return None
    found = _Attributes(image)
    return RecordImage(
        version_id=found.text(Attribute.VERSION_ID),
        size=found.number(Attribute.SIZE),
        etag=found.text(Attribute.ETAG),
        checksum=found.text(Attribute.CHECKSUM),
        checksum_algorithm=found.text(Attribute.CHECKSUM_ALGORITHM),
        digests=found.texts(Attribute.DIGESTS),
        success=found.content(Attribute.LAST_CHECKSUM_SUCCESS, "BOOL", None),
        outcome=found.text(Attribute.LAST_OUTCOME),
        message=found.text(Attribute.LAST_CHECKSUM_MESSAGE),
        deposit_date=found.text(Attribute.DEPOSIT_DATE),
        last_good_date=found.text(Attribute.LAST_GOOD_DATE),
        restored_date=found.text(Attribute.RESTORED_DATE),
        check=_check(found.map(Attribute.LAST_CHECK), found.text(Attribute.LAST_CHECKSUM_DATE)),
        not_understood="; ".join(found.problems),
    )


def _check(values: "_Attributes", ended: str) -> CheckFacts:
    agent = values.map(CheckAttribute.AGENT)
    return CheckFacts(
        computed=values.texts(CheckAttribute.COMPUTED),
        evidence=[_evidence(item) for item in values.maps(CheckAttribute.EVIDENCE)],
        bytes_read=values.number(CheckAttribute.BYTES_READ),
        reads=values.number(CheckAttribute.READS),
        storage_class=values.text(CheckAttribute.STORAGE_CLASS),
        started=values.text(CheckAttribute.STARTED),
        ended=values.text(CheckAttribute.ENDED) or ended,
        agent=Agent(
            software=agent.text(CheckAttribute.SOFTWARE),
            version=agent.text(CheckAttribute.VERSION),
            commit=agent.text(CheckAttribute.COMMIT),
            function=agent.text(CheckAttribute.FUNCTION),
            request_id=agent.text(CheckAttribute.REQUEST_ID),
        ),
    )


def _evidence(values: "_Attributes") -> ComparedEvidence:
    expected = values.text(CheckAttribute.EXPECTED)
    return ComparedEvidence(
        source=values.text(CheckAttribute.SOURCE),
        algorithm=values.text(CheckAttribute.ALGORITHM),
        expected=expected,
        computed=values.text(CheckAttribute.COMPUTED, expected),
        verdict=values.text(CheckAttribute.VERDICT),
        parts=values.number(CheckAttribute.PARTS),
        reason=values.text(CheckAttribute.REASON),
    )


class _Attributes:
    """Attributes of a record, or of a map in it. What is not of its type is noted, and counts as missing.

    An attribute that somebody wrote by hand must not keep back what happens to all other objects. Software before this
    wrote fewer attributes.
    """

    def __init__(self, values: Values, problems: list[str] | None = None) -> None:
        self._values = values
        self.problems: list[str] = [] if problems is None else problems

    def content(self, name: str, kind: str, missing: Any) -> Any:  # noqa: ANN401 (a record holds values of several types)
        value = self._values.get(name)
        if value is None:
            return missing
        if set(value) != {kind}:
            got = json.dumps(value, ensure_ascii=False)
            self.problems.append(f"{name}: got {got[:_MOST_GOT]}; allowed: the type {kind}")
            return missing
        return value[kind]

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
        items = self.content(name, "L", [])
        return [_Attributes({name: item}, self.problems).map(name) for item in items]

    def texts(self, name: str) -> dict[str, str]:
        found = self.content(name, "M", {})
        inner = _Attributes(found, self.problems)
        return {key: inner.text(key) for key in found}
