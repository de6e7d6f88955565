from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from runtime.adapters.dynamodb_records import DynamoDbRecords
from runtime.adapters.dynamodb_schedule import DynamoDbSchedule
from runtime.fixity.evidence import Comparison, Evidence, Source, Verdict
from runtime.fixity.outcome import Outcome
from runtime.fixity.ports import FixityRecords, VerificationSchedule
from runtime.fixity.record_codec import decode, encode
from runtime.fixity.records import CheckReport, FixityRecord
from runtime.fixity.schedule import ScheduleRow
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from tests.contract.tables import with_tables
from tests.support.builders import NOW, REF, check_report, fixity_record
from tests.support.fakes import FakeRecords, FakeSchedule

Schedule = tuple[VerificationSchedule, Callable[[], str | None]]
OLD, SAME, NEW = "0" * 31 + "1", "0" * 31 + "2", "0" * 31 + "3"


def _report(outcome: Outcome = Outcome.MATCH, *, success: bool | None = True) -> CheckReport:
    evidence = Evidence(source=Source.ETAG, algorithm="md5", expected="00")
    return check_report(
        outcome,
        success=success,
        comparisons=(Comparison(evidence=evidence, computed="00", verdict=Verdict.MATCH),),
        computed={"sha256": "aa"},
        bytes_read=5,
        reads=1,
        storage_class="STANDARD",
    )


def _record(**changes: Any) -> FixityRecord:  # noqa: ANN401 (fields of the record)
    digests, due = {"sha256": "aa", "md5": "bb"}, NOW + timedelta(days=10)
    usual = fixity_record(version_id="v2", sequencer=SAME, digests=digests, next_check=due, last_check=_report())
    return attrs.evolve(usual, **changes)


def _comparable(record: FixityRecord | None) -> FixityRecord | None:
    # Of the evidence only what people read about is read back.
    return record and attrs.evolve(record, last_check=attrs.evolve(record.last_check, comparisons=()))


@pytest.fixture
def records(*, real: bool) -> FixityRecords:
    return DynamoDbRecords(with_tables("checksums"), "checksums") if real else FakeRecords()


@pytest.fixture
def schedule(*, real: bool) -> Schedule:
    """The port, and a way to see the version of the row."""
    if not real:
        fake = FakeSchedule()
        return fake, lambda: fake.rows[REF].version_id if REF in fake.rows else None
    dynamodb = with_tables("schedule")

    def version() -> str | None:
        items = dynamodb.scan(TableName="schedule")["Items"]
        return items[0]["VersionId"]["S"] if items else None

    return DynamoDbSchedule(dynamodb, "schedule"), version


def test_a_record_comes_back_as_it_was_written(records: FixityRecords) -> None:
    """What a deposit writes is what a consistent read returns."""
    assert records.deposit(_record())

    assert _comparable(_record()) == _comparable(records.get(REF))


def test_a_record_without_digests_comes_back(records: FixityRecords) -> None:
    """A deposit that was put aside has no digests, no success and no good date."""
    deferred = _record(digests={}, last_good_date=None, last_check=_report(Outcome.DEFERRED, success=None))
    assert records.deposit(deferred)

    assert _comparable(deferred) == _comparable(records.get(REF))


def test_an_unknown_object_has_no_record(records: FixityRecords) -> None:
    """Reading what is not there gives nothing."""
    assert records.get(ObjectRef("b", "nowhere")) is None


@pytest.mark.parametrize(
    ("version", "sequencer", "good", "again", "written"),
    [
        ("v3", NEW, True, False, True),
        ("v3", SAME, True, False, True),
        ("v1", OLD, True, False, False),
        ("v2", NEW, True, False, False),
        ("v2", SAME, True, False, False),
        ("v2", SAME, False, False, False),
        ("v2", SAME, False, True, True),
        ("v2", SAME, True, True, False),
        ("v3", SAME, True, True, True),
        ("v3", OLD, False, True, False),
    ],
)
def test_l06_a_deposit_replaces_only_what_it_may(
    records: FixityRecords, version: str, sequencer: str, *, good: bool, again: bool, written: bool
) -> None:
    """A deposit replaces an older record of another version; made again, also one that was never good."""
    records.deposit(_record(last_good_date=NOW if good else None))
    new = _record(version_id=version, sequencer=sequencer, size=6)

    assert written == records.deposit(new, again=again)
    standing = records.get(REF)
    assert standing is not None
    assert (6 if written else 5) == standing.size


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize(
    ("changes", "modified", "written"),
    [
        ({}, timedelta(minutes=-1), False),
        ({}, timedelta(minutes=1), True),
        ({"etag": "f"}, timedelta(minutes=-1), True),
        ({"size": 6}, timedelta(minutes=-1), True),
        ({"etag": "f", "sequencer": OLD}, timedelta(minutes=1), False),
    ],
    ids=["the same", "younger", "another ETag", "another size", "an older event"],
)
def test_l39_a_deposit_over_a_version_null_is_told_by_etag_size_and_date(
    records: FixityRecords, changes: dict[str, Any], modified: timedelta, *, again: bool, written: bool
) -> None:
    """The id `null` does not say that the content is the same."""
    records.deposit(_record(version_id="null"))
    new = _record(version_id="null", deposit_date=NOW + timedelta(days=1), **changes)

    assert written == records.deposit(new, modified=NOW + modified, again=again)
    standing = records.get(REF)
    assert standing is not None
    assert written == (standing.deposit_date > NOW)


def test_l39_a_check_of_overwritten_content_is_not_written(records: FixityRecords) -> None:
    """Neither result nor due date of a check lands on the record of other content of the same id."""
    records.deposit(_record(version_id="null"))
    overwritten = _record(version_id="null", etag="f", next_check=NOW)

    assert not records.record_check(overwritten)
    assert not records.postpone(overwritten, NOW)
    assert _comparable(_record(version_id="null")) == _comparable(records.get(REF))


def test_l06_a_deposit_made_again_does_not_resurrect_a_record(records: FixityRecords) -> None:
    """Where the record is gone, a deposit in its place writes nothing."""
    assert not records.deposit(_record(), again=True)
    assert records.get(REF) is None


def test_advance_raises_the_sequencer_of_the_same_version_only(records: FixityRecords) -> None:
    """The order moves on, never back, and not for another version."""
    records.deposit(_record())
    sequencers = []
    for version, sequencer in (("v1", NEW), ("v2", OLD), ("v2", NEW)):
        records.advance(REF, version, sequencer)
        standing = records.get(REF)
        assert standing is not None
        sequencers.append(standing.sequencer)

    assert [SAME, SAME, NEW] == sequencers


def test_a_check_changes_only_what_a_check_changes(records: FixityRecords) -> None:
    """The baseline, the deposit date and the good date of a record outlive a failed check."""
    records.deposit(_record())
    failed = _report(Outcome.MISMATCH, success=False)
    check = _record(size=99, digests={"sha256": "zz"}, sequencer=NEW, last_check=failed, next_check=NOW)

    assert records.record_check(check)
    assert _comparable(_record(last_check=failed, next_check=NOW)) == _comparable(records.get(REF))


def test_l06_a_check_of_another_version_or_of_nothing_is_not_written(records: FixityRecords) -> None:
    """A check never resurrects a record and never touches another version's."""
    assert not records.record_check(_record())
    records.deposit(_record())
    assert not records.record_check(_record(version_id="v1"))
    assert _comparable(_record()) == _comparable(records.get(REF))


def test_postponing_writes_the_due_date_only(records: FixityRecords) -> None:
    """A postponed check changes nothing but the date, and nothing at all for another version."""
    records.deposit(_record())

    assert not records.postpone(_record(version_id="v1"), NOW)
    assert records.postpone(_record(), NOW)
    assert _comparable(_record(next_check=NOW)) == _comparable(records.get(REF))


@pytest.mark.parametrize(("sequencer", "removed"), [(OLD, False), (SAME, True), (NEW, True)])
def test_l06_a_removal_spares_what_a_newer_event_wrote(
    records: FixityRecords, sequencer: str, *, removed: bool
) -> None:
    """A record is removed by events that are at least as new as it is, and no others."""
    records.deposit(_record())

    assert removed == records.remove(REF, sequencer)
    assert removed == (records.get(REF) is None)


def test_removing_what_is_not_there_succeeds(records: FixityRecords) -> None:
    """Removing twice is no error."""
    assert records.remove(REF, OLD)


def _row(version: str, sequencer: str) -> ScheduleRow:
    return ScheduleRow(ref=REF, version_id=version, sequencer=sequencer, due=NOW)


def test_l06_rows_follow_the_order_of_events(schedule: Schedule) -> None:
    """A row gives way to rows of the same or a newer event only."""
    table, version = schedule
    seen = []
    for row in (_row("v2", SAME), _row("v1", OLD), _row("v2b", SAME), _row("v3", NEW)):
        table.put(row)
        seen.append(version())

    assert ["v2", "v2", "v2b", "v3"] == seen


def test_a_row_is_added_only_where_there_is_none(schedule: Schedule) -> None:
    """`put_if_absent` leaves a standing row alone."""
    table, version = schedule
    table.put_if_absent(_row("v1", OLD))
    table.put_if_absent(_row("v3", NEW))

    assert "v1" == version()


def test_l06_a_row_of_a_newer_event_outlives_an_older_removal(schedule: Schedule) -> None:
    """A row is removed by events that are at least as new as it is; removing nothing is no error."""
    table, version = schedule
    table.remove(REF, NEW)
    table.put(_row("v2", SAME))
    table.remove(REF, OLD)
    kept = version()
    table.remove(REF, SAME)

    assert ("v2", None) == (kept, version())


@pytest.mark.usefixtures("aws")
def test_item_has_the_documented_attributes() -> None:
    """Outsiders find every documented attribute of a record and of a row, dates in ISO 8601 with Z."""
    dynamodb = with_tables("checksums", "schedule")
    DynamoDbRecords(dynamodb, "checksums").deposit(_record())
    DynamoDbSchedule(dynamodb, "schedule").put(_row("v2", SAME))

    item = dynamodb.scan(TableName="checksums")["Items"][0]
    assert {
        "BucketName": {"S": REF.bucket},
        "ObjectKey": {"S": REF.key},
        "Checksum": {"S": "aa"},
        "ChecksumAlgorithm": {"S": "sha256"},
        "Digests": {"M": {"sha256": {"S": "aa"}, "md5": {"S": "bb"}}},
        "VersionId": {"S": "v2"},
        "Size": {"N": "5"},
        "ETag": {"S": "e"},
        "Sequencer": {"S": SAME},
        "DepositDate": {"S": "2026-03-01T12:00:00.000Z"},
        "LastChecksumDate": {"S": "2026-03-01T12:00:00.000Z"},
        "LastChecksumMessage": {"S": "ok"},
        "LastChecksumSuccess": {"BOOL": True},
        "LastOutcome": {"S": "match"},
        "LastGoodDate": {"S": "2026-03-01T12:00:00.000Z"},
        "NextChecksumDate": {"S": "2026-03-11T12:00:00.000Z"},
    } == {name: value for name, value in item.items() if name != "LastCheck"}
    assert {
        "Outcome",
        "Computed",
        "Evidence",
        "BytesRead",
        "Reads",
        "StorageClass",
        "Started",
        "Ended",
        "Agent",
    } == set(item["LastCheck"]["M"])
    assert {"BucketName", "ObjectKey", "TTL", "NextChecksumDate", "VersionId", "Sequencer"} == set(
        dynamodb.scan(TableName="schedule")["Items"][0]
    )


def test_f23_what_people_read_about_is_read_back() -> None:
    """Contradictions and what was compared of the replica; the rest of the evidence is for the trail."""
    wrong, replica = (
        Comparison(
            evidence=Evidence(source=source, algorithm="sha256", expected="aa", parts=parts),
            computed=computed,
            verdict=verdict,
        )
        for source, parts, computed, verdict in (
            (Source.BASELINE, 2, "bb", Verdict.MISMATCH),
            (Source.REPLICA, 0, "aa", Verdict.MATCH),
        )
    )
    open_ = Comparison(
        evidence=Evidence(source=Source.REPLICA_READ, algorithm="bytes", expected="", reason="it lies in GLACIER"),
        computed="",
        verdict=Verdict.NOT_COMPARED,
    )
    check = attrs.evolve(_report(), comparisons=(*_report().comparisons, wrong, replica, open_))
    found = decode(encode(_record(last_check=check)))

    assert not isinstance(found, Malformed)
    assert (wrong, replica) == tuple(found.last_check.comparisons)


@pytest.mark.parametrize("evidence", [None, {"S": "x"}, {"L": [{"M": {}}]}, {"L": [{"S": "x"}]}])
def test_f23_a_record_without_legible_evidence_is_still_a_record(evidence: dict[str, Any] | None) -> None:
    """Nothing is judged by it: the object is checked all the same."""
    item = encode(_record())
    last_check = item["LastCheck"]["M"]
    if evidence is None:
        del last_check["Evidence"]
    else:
        last_check["Evidence"] = evidence
    found = decode(item)

    assert not isinstance(found, Malformed)
    assert () == found.last_check.comparisons
