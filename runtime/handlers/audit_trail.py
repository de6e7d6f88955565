"""Writes what happens to objects into the audit trail: a handler of the checksum table's stream."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

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


def handle(event: dict[str, Any], deps: tuple[AuditSettings, AuditTrail]) -> str:
    """Write the events of a batch of changed records as one segment.

    Args:
        event: the Lambda event with DynamoDB stream records.
        deps: the function's settings, and the trail.

    Returns:
        The key of the segment, empty where nothing happened that is an event.

    Raises:
        MalformedMessageError: a record does not have the form of the checksum table's. Nothing was written; the stream
            hands out halves of the batch until the record stands alone.
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
    values = {name: _plain(value) for name, value in image.items()}
    return RecordImage(
        version_id=values.get(Attribute.VERSION_ID, ""),
        size=values.get(Attribute.SIZE, 0),
        digests=values.get(Attribute.DIGESTS, {}),
        success=values.get(Attribute.LAST_CHECKSUM_SUCCESS),
        outcome=values.get(Attribute.LAST_OUTCOME, ""),
        message=values.get(Attribute.LAST_CHECKSUM_MESSAGE, ""),
        last_good_date=values.get(Attribute.LAST_GOOD_DATE, ""),
        check=_check(values.get(Attribute.LAST_CHECK, {}), values.get(Attribute.LAST_CHECKSUM_DATE, "")),
    )


def _check(values: Values, ended: str) -> CheckFacts:
    agent = values.get(CheckAttribute.AGENT, {})
    return CheckFacts(
        computed=values.get(CheckAttribute.COMPUTED, {}),
        evidence=[_evidence(item) for item in values.get(CheckAttribute.EVIDENCE, [])],
        bytes_read=values.get(CheckAttribute.BYTES_READ, 0),
        reads=values.get(CheckAttribute.READS, 0),
        storage_class=values.get(CheckAttribute.STORAGE_CLASS, ""),
        started=values.get(CheckAttribute.STARTED, ""),
        ended=values.get(CheckAttribute.ENDED, ended),
        agent=Agent(
            software=agent.get(CheckAttribute.SOFTWARE, ""),
            version=agent.get(CheckAttribute.VERSION, ""),
            commit=agent.get(CheckAttribute.COMMIT, ""),
            function=agent.get(CheckAttribute.FUNCTION, ""),
            request_id=agent.get(CheckAttribute.REQUEST_ID, ""),
        ),
    )


def _evidence(values: Values) -> ComparedEvidence:
    return ComparedEvidence(
        source=values[CheckAttribute.SOURCE],
        algorithm=values[CheckAttribute.ALGORITHM],
        expected=values[CheckAttribute.EXPECTED],
        computed=values.get(CheckAttribute.COMPUTED, values[CheckAttribute.EXPECTED]),
        verdict=values[CheckAttribute.VERDICT],
        parts=values.get(CheckAttribute.PARTS, 0),
        reason=values.get(CheckAttribute.REASON, ""),
    )


def _plain(value: Values) -> Any:  # noqa: ANN401 (a record holds values of several types)
    """Return a value without DynamoDB's names of types, of which records use these."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content)
        case "M":
            return {name: _plain(inner) for name, inner in content.items()}
        case "L":
            return [_plain(inner) for inner in content]
        case _:
            raise ValueError(f"a value of the type {kind}")
