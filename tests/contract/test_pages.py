import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from botocore.stub import Stubber

from runtime.adapters.clients import client
from runtime.adapters.dynamodb_pages import DynamoDbRecordPages, DynamoDbSchedulePages
from runtime.adapters.dynamodb_record_states import DynamoDbRecordStates
from runtime.adapters.dynamodb_records import DynamoDbRecords
from runtime.adapters.dynamodb_schedule import DynamoDbSchedule
from runtime.adapters.s3_bucket_list import S3MainBuckets
from runtime.adapters.s3_object_list import S3ObjectList
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.fixity.ports import FixityRecords, RecordPages, SchedulePages, VerificationSchedule
from runtime.fixity.records import FixityRecord
from runtime.fixity.schedule import ScheduleRow
from runtime.fixity.table_items import key_of
from runtime.shared.errors import RefusedError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed, Page
from runtime.sweep.judge import ListedObject
from runtime.sweep.ports import ObjectList, RecordStates
from tests.contract.buckets import with_buckets
from tests.contract.tables import with_tables
from tests.support.builders import NOW, fixity_record
from tests.support.fakes import FakePages, FakeRecords, FakeSchedule
from tests.support.sweep_fakes import FakeObjectList, FakeRecordStates, state, with_outcome, with_replication

BUCKET = "acme-test-letters"
OBJECT_KEYS = ["B", "a", "a/b", "z", "ä", "日", "😀"]


@attrs.frozen
class Tables:
    """Both tables, to be written and to be read in order, two rows a page."""

    records: FixityRecords
    schedule: VerificationSchedule
    record_pages: RecordPages
    states: RecordStates
    schedule_pages: SchedulePages
    # Takes an attribute away from the record and the schedule row of an object.
    spoil: Callable[[ObjectRef, str], None]


@pytest.fixture
def tables(*, real: bool) -> Tables:
    if not real:
        records, schedule = FakeRecords(), FakeSchedule()

        def spoil_fake(ref: ObjectRef, attribute: str) -> None:
            malformed = Malformed(ref=ref, problem=f"the attribute {attribute} is missing")
            records.malformed[ref] = schedule.malformed[ref] = malformed

        return Tables(
            records,
            schedule,
            FakePages(2, records.items, records.malformed),
            FakeRecordStates(records, 2),
            FakePages(2, schedule.rows, schedule.malformed),
            spoil_fake,
        )
    dynamodb = with_tables("checksums", "schedule")

    def spoil(ref: ObjectRef, attribute: str) -> None:
        for name in ("checksums", "schedule"):
            dynamodb.update_item(TableName=name, Key=key_of(ref), UpdateExpression=f"REMOVE {attribute}")

    return Tables(
        DynamoDbRecords(dynamodb, "checksums"),
        DynamoDbSchedule(dynamodb, "schedule"),
        DynamoDbRecordPages(dynamodb, "checksums", 2),
        DynamoDbRecordStates(dynamodb, "checksums", 2),
        DynamoDbSchedulePages(dynamodb, "schedule", 2),
        spoil,
    )


def _record(ref: ObjectRef) -> FixityRecord:
    return fixity_record(ref, version_id="v", sequencer="0", next_check=NOW)


def _row(ref: ObjectRef) -> ScheduleRow:
    return ScheduleRow(ref=ref, version_id="v", sequencer="0", due=NOW + timedelta(days=3))


def _all(page: Callable[[str, str | None], Page[Any]]) -> list[Any]:
    found: list[Any] = []
    after: str | None = None
    for _ in range(len(LISTED_KEYS) + 1):
        answer = page(BUCKET, after)
        assert len(answer.rows) <= 2
        found += answer.rows
        if (after := answer.next_after) is None:
            return found
    raise AssertionError("the pages do not end")


def test_records_come_whole_and_in_the_order_of_their_keys(tables: Tables) -> None:
    """All pages together give every record of the bucket once, by the bytes of the keys, and none of another's."""
    for key in reversed(OBJECT_KEYS):
        tables.records.deposit(_record(ObjectRef(BUCKET, key)))
    tables.records.deposit(_record(ObjectRef(f"{BUCKET}-2", "a")))

    assert [_record(ObjectRef(BUCKET, key)) for key in OBJECT_KEYS] == _all(tables.record_pages.page)


def test_rows_come_whole_and_in_the_order_of_their_keys(tables: Tables) -> None:
    """All pages together give every row of the bucket once, by the bytes of the keys, and none of another's."""
    for key in reversed(OBJECT_KEYS):
        tables.schedule.put(_row(ObjectRef(BUCKET, key)))
    tables.schedule.put(_row(ObjectRef(f"{BUCKET}-2", "a")))

    assert [_row(ObjectRef(BUCKET, key)) for key in OBJECT_KEYS] == _all(tables.schedule_pages.page)


def test_states_come_in_the_order_of_their_keys(tables: Tables) -> None:
    """All pages together give what the sweep needs of every record once, a record never found good among them."""
    records = [_record(ObjectRef(BUCKET, key)) for key in OBJECT_KEYS]
    records[2] = attrs.evolve(records[2], last_good_date=None)
    for one in records:
        tables.records.deposit(one)

    assert [state(one) for one in records] == _all(tables.states.page)


def test_what_cannot_be_read_comes_as_such(tables: Tables) -> None:
    """One spoiled item stops no page: it is named in its place, with what is wrong, and counts as being there."""
    refs = [ObjectRef(BUCKET, key) for key in "abc"]
    for ref in refs:
        tables.records.deposit(_record(ref))
        tables.schedule.put(_row(ref))
    tables.spoil(refs[1], "Sequencer")
    malformed = Malformed(ref=refs[1], problem="the attribute Sequencer is missing")

    assert [_record(refs[0]), malformed, _record(refs[2])] == _all(tables.record_pages.page)
    assert [state(_record(refs[0])), malformed, state(_record(refs[2]))] == _all(tables.states.page)
    assert [_row(refs[0]), malformed, _row(refs[2])] == _all(tables.schedule_pages.page)
    assert tables.states.exists(refs[1])
    with pytest.raises(RefusedError, match=f"the fixity record of 'b' in {BUCKET} cannot be read: the attribute"):
        tables.records.get(refs[1])


def test_a_row_that_cannot_be_read_can_be_written_over(tables: Tables) -> None:
    """The sweep puts it right; what is written only where there is none leaves it alone."""
    ref = ObjectRef(BUCKET, "a")
    tables.schedule.put(_row(ref))
    tables.spoil(ref, "Sequencer")

    tables.schedule.put_if_absent(_row(ref))
    assert [ref] == [one.ref for one in _all(tables.schedule_pages.page) if isinstance(one, Malformed)]
    tables.schedule.put(_row(ref))
    assert [_row(ref)] == _all(tables.schedule_pages.page)


@pytest.mark.parametrize(
    ("attribute", "value", "problem"),
    [
        ("Size", {"S": "5"}, "an attribute is not of type N"),
        ("NextChecksumDate", {"S": "soon"}, "an attribute has a value that it cannot have: Invalid isoformat string"),
        ("NextChecksumDate", {"S": "2026-03-01T12:00:00"}, "an attribute has a value that it cannot have: '2026-03-01"),
        ("LastCheck", {"M": {}}, "the attribute Computed is missing"),
        ("LastOutcome", {"S": "\n" * 999}, "an attribute has a value that it cannot have: "),
    ],
)
@pytest.mark.usefixtures("aws")
def test_what_is_wrong_with_a_record_is_one_short_line(attribute: str, value: dict[str, Any], problem: str) -> None:
    """Whatever was put into an attribute by hand, the page goes on and says what is wrong."""
    dynamodb, ref = with_tables("checksums"), ObjectRef(BUCKET, "a")
    DynamoDbRecords(dynamodb, "checksums").deposit(_record(ref))
    dynamodb.update_item(
        TableName="checksums",
        Key=key_of(ref),
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": attribute},
        ExpressionAttributeValues={":value": value},
    )

    [found] = DynamoDbRecordPages(dynamodb, "checksums").page(BUCKET).rows

    assert isinstance(found, Malformed)
    assert ref == found.ref
    assert found.problem.startswith(problem)
    assert len(found.problem) <= 200
    assert found.problem.isprintable()


@pytest.mark.parametrize(
    ("outcome", "success", "replication"),
    [
        (Outcome.MATCH, True, Replication.COMPLETED),
        (Outcome.MISMATCH, False, Replication.NONE),
        (Outcome.DEFERRED, None, Replication.PENDING),
        (Outcome.ABSENT, False, None),
    ],
)
def test_states_say_how_the_newest_check_ended(
    tables: Tables, *, outcome: Outcome, success: bool | None, replication: Replication | None
) -> None:
    """Whether it failed or was put aside, and what S3 said of the replica, come with the state and the record."""
    one = with_replication(with_outcome(_record(ObjectRef(BUCKET, "a")), outcome, success=success), replication)
    tables.records.deposit(one)

    assert [state(one)] == _all(tables.states.page)
    assert [one] == _all(tables.record_pages.page)


def test_a_record_is_looked_up_by_itself(tables: Tables) -> None:
    """A record that a page may not show yet is found by its key."""
    tables.records.deposit(_record(ObjectRef(BUCKET, "ä")))

    assert [True, False] == [tables.states.exists(ObjectRef(BUCKET, key)) for key in ("ä", "a")]


def test_a_bucket_without_rows_is_one_empty_page(tables: Tables) -> None:
    """Where there is nothing the first page says so and is the last."""
    assert [] == _all(tables.record_pages.page)
    assert [] == _all(tables.states.page)
    assert [] == _all(tables.schedule_pages.page)


@attrs.frozen
class Objects:
    """A bucket, to be filled and to be listed, two objects a page."""

    put: Callable[[ObjectRef, bytes], object]
    listing: ObjectList


@pytest.fixture
def objects(*, real: bool) -> Objects:
    if not real:
        fake = FakeObjectList(2)

        def put(ref: ObjectRef, body: bytes) -> None:
            etag = hashlib.md5(body).hexdigest()  # noqa: S324 (S3's ETag)
            fake.items[ref] = ListedObject(ref=ref, size=len(body), etag=etag, modified=datetime.now(UTC))

        return Objects(put, fake)
    s3 = with_buckets(BUCKET, f"{BUCKET}-2")
    return Objects(lambda ref, body: s3.put_object(Bucket=ref.bucket, Key=ref.key, Body=body), S3ObjectList(s3, 2))


# Keys that a list in XML cannot hold as they are, and keys that look encoded, among them.
LISTED_KEYS = ["\x01", " +%20", *OBJECT_KEYS]


def test_objects_come_whole_and_in_the_order_of_their_keys(objects: Objects) -> None:
    """All pages together give every object of the bucket once, by the bytes of the keys, and none of another's."""
    began = datetime.now(UTC).replace(microsecond=0)
    for size, key in enumerate(reversed(LISTED_KEYS)):
        objects.put(ObjectRef(BUCKET, key), b"." * size)
    objects.put(ObjectRef(f"{BUCKET}-2", "a"), b"")

    found = _all(objects.listing.page)

    assert [ObjectRef(BUCKET, key) for key in LISTED_KEYS] == [one.ref for one in found]
    assert list(reversed(range(len(LISTED_KEYS)))) == [one.size for one in found]
    assert [hashlib.md5(b"." * one.size).hexdigest() for one in found] == [one.etag for one in found]  # noqa: S324 (S3's ETag)
    assert all(began <= one.modified <= datetime.now(UTC) for one in found)


def test_a_list_begins_behind_a_key_that_is_gone(objects: Objects) -> None:
    """A slice goes on where the one before it ended, though that object was deleted meanwhile."""
    for key in "ac":
        objects.put(ObjectRef(BUCKET, key), b"")

    assert [ObjectRef(BUCKET, "c")] == [one.ref for one in objects.listing.page(BUCKET, "b").rows]


def test_a_bucket_that_is_empty_or_gone_has_no_objects(objects: Objects) -> None:
    """A sweep also looks at the records of a bucket that is not there any more."""
    assert [Page([], None)] * 2 == [objects.listing.page(bucket) for bucket in (BUCKET, "acme-test-gone")]


@pytest.mark.usefixtures("aws")
def test_a_list_that_is_refused_is_no_empty_list() -> None:
    """Only a bucket that is not there has no objects; of any other trouble the sweep is told."""
    with pytest.raises(RefusedError, match="listing the objects: "):
        S3ObjectList(client("s3")).page("no bucket name")


@pytest.mark.usefixtures("aws")
def test_l21_only_main_buckets_of_the_environment_are_listed() -> None:
    """Fixed buckets, replicas, and buckets of an environment with a longer prefix are not among the main buckets."""
    main = ["acme-dev-letters", "acme-dev-maps-public"]
    others = ["acme-dev-managed", "acme-dev-logs", "acme-dev-bucket-requested", "acme-dev-letters-repl", "acme-dev2-x"]

    assert main == S3MainBuckets(with_buckets(*others, *main), "acme-dev").names()


@pytest.mark.usefixtures("aws")
def test_l55_buckets_are_listed_to_their_end_and_always_by_pages() -> None:
    """S3 refuses a list without a page size where the quota of buckets is high; all pages together are the list.

    moto cuts a page and does not say how to go on, so S3's answers stand here.
    """
    main = [f"acme-dev-{number}" for number in range(7)]
    s3 = client("s3")
    with Stubber(s3) as answers:
        for first in range(0, len(main), 3):
            asked = {"Prefix": "acme-dev-", "MaxBuckets": 3} | ({"ContinuationToken": str(first)} if first else {})
            more = {"ContinuationToken": str(first + 3)} if first + 3 < len(main) else {}
            page = [{"Name": name} for name in main[first : first + 3]]
            answers.add_response("list_buckets", {"Buckets": page, **more}, asked)
        assert main == S3MainBuckets(s3, "acme-dev", 3).names()
        answers.assert_no_pending_responses()
    with Stubber(s3) as answers:
        answers.add_response("list_buckets", {"Buckets": []}, {"Prefix": "acme-dev-", "MaxBuckets": 1000})
        assert [] == S3MainBuckets(s3, "acme-dev").names()


@pytest.mark.usefixtures("aws")
def test_l45_emptied_digests_are_a_malformed_record_to_everybody() -> None:
    """Check, sweep and report see that somebody emptied them; where no good date was they belong there."""
    dynamodb, ref = with_tables("checksums"), ObjectRef(BUCKET, "a")
    records, states = DynamoDbRecords(dynamodb, "checksums"), DynamoDbRecordStates(dynamodb, "checksums")
    records.deposit(attrs.evolve(_record(ref), digests={}))
    problem = "Digests is empty, and LastGoodDate says that the object was good"

    [page, part] = [DynamoDbRecordPages(dynamodb, "checksums").page(BUCKET).rows[0], states.page(BUCKET).rows[0]]
    for found in (page, part):
        assert isinstance(found, Malformed)
        assert problem in found.problem
    with pytest.raises(RefusedError, match=problem):
        records.get(ref)

    never_good = ObjectRef(BUCKET, "b")
    records.deposit(attrs.evolve(_record(never_good), digests={}, last_good_date=None))
    assert [ref, never_good] == [one.ref for one in states.page(BUCKET).rows]
    assert not isinstance(states.page(BUCKET).rows[1], Malformed)


@pytest.mark.usefixtures("aws")
def test_l45_a_digest_in_upper_case_is_that_digest() -> None:
    """What somebody wrote by hand is read as the service writes it."""
    dynamodb, ref = with_tables("checksums"), ObjectRef(BUCKET, "a")
    records = DynamoDbRecords(dynamodb, "checksums")
    records.deposit(attrs.evolve(_record(ref), digests={"sha256": "AB" * 32}))

    found = records.get(ref)
    assert found is not None
    assert {"sha256": "ab" * 32} == found.digests


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"N": "1"}, 1.0),
        ({"N": "4102444800000"}, 4102444800000.0),
        ({"S": "1772366400"}, "an attribute is not of type N"),
        (None, "the attribute TTL is missing"),
    ],
)
@pytest.mark.usefixtures("aws")
def test_l44_a_row_tells_when_dynamodb_will_remove_it(value: dict[str, str] | None, expected: object) -> None:
    """A row whose time to live is not its due date says so, and one that has none, or no number, cannot be read."""
    dynamodb, ref = with_tables("schedule"), ObjectRef(BUCKET, "a")
    DynamoDbSchedule(dynamodb, "schedule").put(_row(ref))
    update: dict[str, Any] = {"UpdateExpression": "REMOVE #ttl"}
    if value:
        update = {"UpdateExpression": "SET #ttl = :ttl", "ExpressionAttributeValues": {":ttl": value}}
    dynamodb.update_item(TableName="schedule", Key=key_of(ref), ExpressionAttributeNames={"#ttl": "TTL"}, **update)

    [found] = DynamoDbSchedulePages(dynamodb, "schedule").page(BUCKET).rows

    assert expected == (found.problem if isinstance(found, Malformed) else found.expiry)
