from collections.abc import Callable
from datetime import timedelta

import pytest

from runtime.adapters.s3_requests import S3Requests
from runtime.provisioning.claims import Claim, Collection
from runtime.provisioning.ports import CurrentFile, RequestRecords
from runtime.shared.errors import ObjectAbsentError
from tests.contract.buckets import with_buckets
from tests.support.builders import NOW
from tests.support.provisioning_fakes import FakeRequests

MANAGED, REQUESTS = "acme-dev-managed", "acme-dev-bucket-requested"
FIRST, SECOND = Claim("e1", NOW, creating=True), Claim("e2", NOW + timedelta(seconds=1), creating=False)


@pytest.fixture
def records(*, real: bool) -> tuple[RequestRecords, Callable[[str], str]]:
    """The port, and a way to read what was written."""
    if not real:
        fake = FakeRequests()
        return fake, lambda key: fake.written[key]
    s3 = with_buckets(MANAGED, REQUESTS, versioned=True)
    return S3Requests(s3, MANAGED), lambda key: s3.get_object(Bucket=MANAGED, Key=key)["Body"].read().decode()


def test_result_is_written_over_an_earlier_one(records: tuple[RequestRecords, Callable[[str], str]]) -> None:
    """A retry of the same event overwrites its own result."""
    port, read = records
    port.write("requests/2026-03-01/ä b.txt.e1.json", "{}")
    port.write("requests/2026-03-01/ä b.txt.e1.json", '{"again": "ä"}')

    assert '{"again": "ä"}' == read("requests/2026-03-01/ä b.txt.e1.json")


def test_l19_a_name_is_claimed_once(records: tuple[RequestRecords, Callable[[str], str]]) -> None:
    """Of two claims the first stands until it is released or replaced."""
    port, _ = records
    assert port.standing_claim("b") is None
    assert FIRST == port.claim("b", FIRST)
    assert FIRST == port.claim("b", SECOND)
    port.replace_claim("b", SECOND)
    assert SECOND == port.standing_claim("b")
    port.release("b")
    port.release("b")
    assert port.standing_claim("b") is None
    assert FIRST == port.claim("b", FIRST)


def test_l36_claim_keeps_what_a_repair_did(records: tuple[RequestRecords, Callable[[str], str]]) -> None:
    """What earlier attempts corrected, and when the bucket was configured, comes back with the claim."""
    port, _ = records
    claim = Claim("e1", NOW, creating=False, configured=NOW, corrected=("b: added the tag ä=1", "b: more"))
    port.replace_claim("b", claim)

    assert claim == port.standing_claim("b")


def test_l37_record_of_a_bucket_comes_back(records: tuple[RequestRecords, Callable[[str], str]]) -> None:
    """Our own record of a bucket is read as it was written; where none is, there is none."""
    port, _ = records
    collection = Collection(
        bucket="acme-dev-b",
        replica="acme-dev-b-repl",
        environment="dev",
        type="main",
        recorded_at=NOW.replace(microsecond=0),
        event_id="e1",
    )
    assert port.collection("acme-dev-b") is None
    port.write_collection(collection)
    assert collection == port.collection("acme-dev-b")


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"bucket": "acme-dev-b"}', b"\xff"])
def test_l37_record_that_somebody_changed_proves_nothing(content: bytes) -> None:
    """A record that cannot be read is no record, and no error."""
    s3 = with_buckets(MANAGED)
    s3.put_object(Bucket=MANAGED, Key="collections/acme-dev-b.json", Body=content)

    assert S3Requests(s3, MANAGED).collection("acme-dev-b") is None


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("key", ["a b", "a+b", "100%", "%41", "ä/ö", 'it\'s "quoted"', "日本"])
def test_l20_request_file_is_read_by_its_very_key_and_version(key: str) -> None:
    """The version of the event is read, whatever came later, and never more than asked for."""
    s3 = with_buckets(REQUESTS, versioned=True)
    version = s3.put_object(Bucket=REQUESTS, Key=key, Body=b"letters")["VersionId"]
    s3.put_object(Bucket=REQUESTS, Key=key, Body=b"later")

    assert b"let" == S3Requests(s3, MANAGED).read(REQUESTS, key, version, 3)


@pytest.mark.usefixtures("aws")
def test_missing_request_file_is_absent() -> None:
    """A file that is not there any more is told from one that cannot be read."""
    with pytest.raises(ObjectAbsentError):
        S3Requests(with_buckets(REQUESTS), MANAGED).read(REQUESTS, "k", "", 10)


@pytest.mark.usefixtures("aws")
def test_f12_the_current_version_of_a_request_file_is_told() -> None:
    """A newer version is, a file behind a delete marker is not, and no more bytes come than were asked for."""
    s3 = with_buckets(REQUESTS, versioned=True)
    port = S3Requests(s3, MANAGED)
    s3.put_object(Bucket=REQUESTS, Key="a b", Body=b"")
    version = s3.put_object(Bucket=REQUESTS, Key="a b", Body=b"letters")["VersionId"]

    assert CurrentFile(version, b"let") == port.current(REQUESTS, "a b", 3)
    s3.delete_object(Bucket=REQUESTS, Key="a b")
    assert port.current(REQUESTS, "a b", 3) is None
    assert port.current(REQUESTS, "none", 3) is None
