"""Writes what happens to objects into the audit trail: a handler of the checksum table's stream."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from runtime import bootstrap
from runtime.contract import Attribute, CheckAttribute
from runtime.domain.audit_events import CheckFacts, ComparedEvidence, ImageChange, RecordImage, events_of_changes
from runtime.domain.errors import MalformedMessageError
from runtime.domain.objects import ObjectRef
from runtime.domain.records import Agent
from runtime.observability import logger
from runtime.settings import AuditSettings
from runtime.usecases.write_audit_trail import AuditTrail

Values = Mapping[str, Any]
# Of a value that was not understood so many characters are told.
_MOST_GOT: Final = 200


def handle(event: dict[str, Any], deps: tuple[AuditSettings, AuditTrail]) -> str:
    """Write the events of a batch of changed records as one segment.

    Args:
        event: the Lambda event with DynamoDB stream records.
        deps: the function's settings, and the trail.

    Returns:
        The key of the segment, empty where nothing happened that is an event.

    Raises:
        MalformedMessageError: a record is not one of the checksum table's stream. Nothing was written; the stream hands
            out halves of the batch until the record stands alone.
        TransientError: S3 did not answer; the stream hands out the batch again.
        RefusedError: S3 refused.
    """
    events = list(events_of_changes([_change(record) for record in event["Records"]]))
    key = deps[1].write(events)
    logger.info("changes recorded", extra={"records": len(event["Records"]), "events": len(events), "segment": key})
    return key


def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    """Entry point of the function."""
    handle(event, bootstrap.audit_trail())


def _change(record: dict[str, Any]) -> ImageChange:
    try:
        change = record["dynamodb"]
        keys = change["Keys"]
        known = ImageChange(
            event_id=record["eventID"],
            at=datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC),
            ref=ObjectRef(keys[Attribute.BUCKET_NAME]["S"], keys[Attribute.OBJECT_KEY]["S"]),
            before=None,
            after=None,
        )
        old, new = change.get("OldImage"), change.get("NewImage")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedMessageError(f"got a stream record that is not of the checksum table: {error!r}") from error
    try:
        return attrs.evolve(known, before=_image(old), after=_image(new))
    except _NotUnderstoodError as error:
        # An attribute that somebody wrote by hand must not keep back what happens to all other objects.
        happened = "removed" if not new else "changed" if old else "written"
        logger.warning("change not understood", extra={"event_id": known.event_id, "reason": str(error)})
        return attrs.evolve(known, not_understood=f"the record was {happened}; {error}")


class _NotUnderstoodError(Exception):
    """An attribute is not of the type that it has in records."""


def _image(image: Values | None) -> RecordImage | None:
    if not image:
        return None
    return RecordImage(
        version_id=_text(image, Attribute.VERSION_ID),
        size=_number(image, Attribute.SIZE),
        digests=_texts(image, Attribute.DIGESTS),
        success=_content(image, Attribute.LAST_CHECKSUM_SUCCESS, "BOOL", None),
        outcome=_text(image, Attribute.LAST_OUTCOME),
        message=_text(image, Attribute.LAST_CHECKSUM_MESSAGE),
        deposit_date=_text(image, Attribute.DEPOSIT_DATE),
        last_good_date=_text(image, Attribute.LAST_GOOD_DATE),
        restored_date=_text(image, Attribute.RESTORED_DATE),
        check=_check(_map(image, Attribute.LAST_CHECK), _text(image, Attribute.LAST_CHECKSUM_DATE)),
    )


def _check(values: Values, ended: str) -> CheckFacts:
    agent = _map(values, CheckAttribute.AGENT)
    evidence = _content(values, CheckAttribute.EVIDENCE, "L", [])
    return CheckFacts(
        computed=_texts(values, CheckAttribute.COMPUTED),
        evidence=[_evidence(_map({CheckAttribute.EVIDENCE: item}, CheckAttribute.EVIDENCE)) for item in evidence],
        bytes_read=_number(values, CheckAttribute.BYTES_READ),
        reads=_number(values, CheckAttribute.READS),
        storage_class=_text(values, CheckAttribute.STORAGE_CLASS),
        started=_text(values, CheckAttribute.STARTED),
        ended=_text(values, CheckAttribute.ENDED) or ended,
        agent=Agent(
            software=_text(agent, CheckAttribute.SOFTWARE),
            version=_text(agent, CheckAttribute.VERSION),
            commit=_text(agent, CheckAttribute.COMMIT),
            function=_text(agent, CheckAttribute.FUNCTION),
            request_id=_text(agent, CheckAttribute.REQUEST_ID),
        ),
    )


def _evidence(values: Values) -> ComparedEvidence:
    expected = _text(values, CheckAttribute.EXPECTED)
    return ComparedEvidence(
        source=_text(values, CheckAttribute.SOURCE),
        algorithm=_text(values, CheckAttribute.ALGORITHM),
        expected=expected,
        computed=_text(values, CheckAttribute.COMPUTED) if CheckAttribute.COMPUTED in values else expected,
        verdict=_text(values, CheckAttribute.VERDICT),
        parts=_number(values, CheckAttribute.PARTS),
        reason=_text(values, CheckAttribute.REASON),
    )


def _text(values: Values, name: str) -> str:
    return str(_content(values, name, "S", ""))


def _texts(values: Values, name: str) -> dict[str, str]:
    found = _map(values, name)
    return {inner: _text(found, inner) for inner in found}


def _map(values: Values, name: str) -> Values:
    found: Values = _content(values, name, "M", {})
    return found


def _number(values: Values, name: str) -> int:
    text = _content(values, name, "N", "0")
    try:
        return int(text)
    except ValueError as error:
        raise _NotUnderstoodError(f"{name}: got {text}; allowed: a whole number") from error


def _content(values: Values, name: str, kind: str, missing: Any) -> Any:  # noqa: ANN401 (a record holds values of several types)
    """Return what an attribute holds that has to be of one of DynamoDB's types; software before this may lack it."""
    value = values.get(name, {kind: missing})
    if set(value) != {kind}:
        got = json.dumps(value, ensure_ascii=False)
        raise _NotUnderstoodError(f"{name}: got {got[:_MOST_GOT]}; allowed: the type {kind}")
    return value[kind]
