"""What is told of a fixed corpus of changes, to the byte.

The corpus holds changes of the checksum table as its stream hands them over: captured, written by the service,
restored, written by hand, and malformed in every attribute. Beside each stands what version 1.0.0 made of it. The audit
trail is evidence for decades: where a case differs, its format has changed.
"""

import functools
import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import attrs

from benchmarks.function_environment import any_settings
from runtime.alerts.announce import Alerting, announce
from runtime.audit.canonical_json import canonical
from runtime.audit.record_changes import events_of_changes
from runtime.bucket_runs.count_document import count_document
from runtime.bucket_runs.policy import SweepPolicy
from runtime.contract import Attribute, CheckAttribute
from runtime.counts import FixityCount
from runtime.events.table_stream import record_changes
from runtime.fixity.add_to_count import add_to_count
from runtime.fixity.record_codec import STATE_ATTRIBUTES, decode, decode_state, encode
from runtime.fixity.records import FixityRecord
from runtime.settings import AlertsSettings
from runtime.shared.errors import MalformedMessageError
from runtime.shared.pages import Malformed
from runtime.sweep.judge import ListedObject, has_vanished, judge, was_replaced
from tests.support.announcing_fakes import FakeNotifier
from tests.support.builders import NOW, REF

CORPUS: Final = Path(__file__).parent / "fixed_corpus.jsonl.gz"
LATER: Final = NOW + timedelta(days=120)
POLICY: Final = SweepPolicy(interval=timedelta(days=180), grace=timedelta(days=3))
LISTED: Final = ListedObject(
    ref=REF, size=5, etag="827ccb0eea8a706c4c34a16891f84e7b", modified=NOW - timedelta(hours=30)
)
SETTINGS: Final = any_settings(AlertsSettings, environment="test", runbook_url="https://example.org/runbook")
Case = Mapping[str, Any]


@functools.cache
def _cases() -> list[Case]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _different(name: str, now: Callable[[Case], object]) -> list[str]:
    """Return the cases of which something else is told now."""
    return [case["case"] for case in _cases() if case[name] != now(case)]


def _new_images(case: Case) -> Iterator[dict[str, Any]]:
    for record in case["records"]:
        image = record.get("dynamodb", {}).get("NewImage", {})
        if Attribute.BUCKET_NAME in image:
            yield image


def _emptied() -> list[str]:
    """Return the cases whose record is malformed since lesson L45: found good, and without digests."""
    return [
        case["case"]
        for case in _cases()
        if any(
            image.get(Attribute.DIGESTS) == {"M": {}} and Attribute.LAST_GOOD_DATE in image
            for image in _new_images(case)
        )
    ]


def test_the_corpus_is_large() -> None:
    """It holds more than a thousand cases, of every kind of event."""
    cases = _cases()
    kinds = {
        json.loads(event)["kind"] for case in cases if isinstance(case["events"], list) for event in case["events"]
    }

    assert len(cases) > 1_000
    assert {*["check", "deposit", "recovery", "repair", "deletion", "restoration", "alteration", "unknown"]} == kinds


def test_the_audit_events_are_the_same_bytes() -> None:
    """Whatever stands in a record, its change is told in the words in which it was always told."""

    def events(case: Case) -> object:
        try:
            found = events_of_changes(record_changes({"Records": case["records"]}))
            return [canonical(event.values).decode() for event in found]
        except MalformedMessageError as error:
            return f"refused: {error}"

    assert [] == _different("events", events)


def test_people_are_told_the_same() -> None:
    """Subject and text of every notice, and that there is none, are as they were."""

    def notice(case: Case) -> object:
        notifier = FakeNotifier()
        try:
            changes = record_changes({"Records": case["records"]})
        except MalformedMessageError as error:
            return f"refused: {error}"
        told = announce(Alerting(notifier=notifier, settings=SETTINGS), changes)
        return [list(attrs.astuple(told)), *map(list, notifier.messages)]

    assert [] == _different("notice", notice)


def test_the_sweep_judges_the_same() -> None:
    """What the sweep counts, asks for and writes, and which records it cannot read, is as it was."""
    assert _emptied() == _different("sweep", lambda case: [_swept(image) for image in _new_images(case)])


@functools.cache
def _counted() -> set[str]:
    """Return what was counted when the corpus was made; what is counted since is another test's."""
    return {name for case in _cases() for found in case["sweep"] if isinstance(found, dict) for name in found["totals"]}


def _swept(image: Mapping[str, Any]) -> object:
    state = decode_state(_projected(image))
    if isinstance(state, Malformed):
        return f"malformed: {state.problem}"
    verdict = judge(state, None, LATER, POLICY)
    totals = FixityCount()
    add_to_count(totals, state, covered=verdict.covered, overdue=verdict.overdue)
    totals.waiting += verdict.waiting
    totals.missing_rows += verdict.missing_row
    totals.checks_queued += verdict.check is not None
    row = verdict.row and {name: value for name, value in attrs.asdict(verdict.row).items() if name != "expiry"}
    return {
        "totals": {name: value for name, value in count_document(totals).items() if name in _counted()},
        "verdict": json.loads(json.dumps({**attrs.asdict(verdict), "row": row}, default=str)),
        "vanished": has_vanished(state, LATER, LATER),
        "replaced": was_replaced(state, LISTED, LATER, LATER, timedelta(hours=1)),
    }


def _projected(image: Mapping[str, Any]) -> dict[str, Any]:
    """Return what DynamoDB answers where only the attributes of the sweep are asked for."""
    found = {name: value for name, value in image.items() if name in STATE_ATTRIBUTES}
    status = image.get(Attribute.LAST_CHECK, {}).get("M", {}).get(CheckAttribute.REPLICATION_STATUS)
    return (
        found if status is None else {**found, Attribute.LAST_CHECK: {"M": {CheckAttribute.REPLICATION_STATUS: status}}}
    )


def _without_evidence(record: FixityRecord) -> FixityRecord:
    """Return a record as it was read when the corpus was made: without the evidence of its newest check."""
    return attrs.evolve(record, last_check=attrs.evolve(record.last_check, comparisons=()))


def test_records_are_read_and_written_the_same() -> None:
    """A record that could be read can be read, and is written as the same item; the others are malformed as before."""

    def items(case: Case) -> list[str]:
        found = [decode(image) for image in _new_images(case)]
        return [
            f"malformed: {record.problem}"
            if isinstance(record, Malformed)
            else hashlib.sha256(canonical(encode(_without_evidence(record)))).hexdigest()[:16]
            for record in found
        ]

    assert _emptied() == _different("record", items)
