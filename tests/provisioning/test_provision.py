import gzip
import json
from datetime import timedelta
from typing import Any

import attrs
import pytest

from runtime.provisioning.bucket_configuration import (
    BucketType,
    connecting_steps,
    main_steps,
    opening_step,
    replica_steps,
    tags_of,
)
from runtime.provisioning.bucket_names import pair_of
from runtime.provisioning.claims import Claim
from runtime.provisioning.errors import SettlingError
from runtime.provisioning.provision import provision
from runtime.provisioning.request_result import NameVerdict, RequestResult, RequestStatus
from runtime.shared.errors import RefusedError, TransientError
from tests.support.builders import AGENT, NOW
from tests.support.fakes import raising_once
from tests.support.provisioning_fakes import SETTINGS, FakeBucket, Office, office, request

MAIN, REPLICA = "acme-dev-letters", "acme-dev-letters-repl"
CALLS = [
    *(("create", MAIN), ("create", REPLICA)),
    *((step.call, MAIN) for step in main_steps(pair_of("acme-dev", "letters"), SETTINGS)),
    *((step.call, REPLICA) for step in replica_steps(pair_of("acme-dev", "letters"), SETTINGS)),
    *((step.call, MAIN) for step in connecting_steps(pair_of("acme-dev", "letters"), SETTINGS)),
]


@pytest.fixture
def o() -> Office:
    return office()


def _drop(o: Office, text: str, event_id: str = "e1", *, last: bool = False) -> RequestResult:
    o.requests.files["names.txt"] = text.encode()
    return provision(o.care, request(event_id), AGENT, until=o.clock.now() + timedelta(minutes=2), last_receive=last)


def _verdicts(result: RequestResult) -> list[NameVerdict]:
    return [name.verdict for name in result.names]


def _assert_complete(o: Office) -> None:
    pair = pair_of("acme-dev", "letters")
    main, replica = o.buckets.buckets[MAIN], o.buckets.buckets[REPLICA]
    assert "put_bucket_policy" == main.calls[-1]
    assert opening_step(pair, SETTINGS) == main.applied[-1]
    assert {step.call for step in main_steps(pair, SETTINGS)} <= set(main.calls)
    assert {step.call for step in replica_steps(pair, SETTINGS)} <= set(replica.calls)
    assert ("eu-west-1", "us-east-1") == (main.region, replica.region)
    assert {} == o.requests.claims


def _settled(o: Office, result: RequestResult) -> None:
    """Say that what the result tells is what there is."""
    left = {bucket for name in result.names for bucket in name.left_behind}
    made = {
        bucket for name in result.names if name.verdict is NameVerdict.CREATED for bucket in (name.bucket, name.replica)
    }
    assert left | made == set(o.buckets.buckets)


def test_good_names_get_both_buckets_and_bad_ones_a_reason(o: Office) -> None:
    """One bad name does not stop the others, and each line has its verdict."""
    result = _drop(o, "managed\nletters\nbad_name\n")

    assert [NameVerdict.REJECTED, NameVerdict.CREATED, NameVerdict.REJECTED] == _verdicts(result)
    assert RequestStatus.PARTIAL is result.status
    assert {MAIN, REPLICA} == set(o.buckets.buckets)
    _assert_complete(o)


def test_l17_uploads_open_only_after_replication(o: Office) -> None:
    """The main bucket denies uploads before it is configured; its last call is the policy without that denial."""
    _drop(o, "letters")
    main = o.buckets.buckets[MAIN]
    policies = [step.arguments["Policy"] for step in main.applied if step.call == "put_bucket_policy"]

    assert [True, False] == ["NoUploadsYet" in policy for policy in policies]
    assert main.calls.index("put_bucket_replication") == len(main.calls) - 2


def test_result_is_written_for_programs_and_people(o: Office) -> None:
    """Both forms of the result lie under the event's day and id."""
    result = _drop(o, "letters")

    assert {f"{result.key}.json", f"{result.key}.txt"} == set(o.requests.written)
    assert "completed" == json.loads(o.requests.written[f"{result.key}.json"])["status"]


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "no names"), (b"\xff", "not UTF-8"), (b"a\n" * 40_000, "64 KiB")]
)
def test_request_that_cannot_be_read_as_text_has_a_result(o: Office, content: bytes, reason: str) -> None:
    """A rejected file makes no bucket and leaves a result with the reason."""
    o.requests.files["names.txt"] = content
    result = provision(o.care, request(), AGENT, until=NOW + timedelta(minutes=2), last_receive=False)

    assert (RequestStatus.REJECTED, {}) == (result.status, o.buckets.buckets)
    assert reason in result.reason
    assert 2 == len(o.requests.written)


def test_request_file_that_is_gone_has_a_result(o: Office) -> None:
    """A file that was deleted before it was read is said so."""
    assert (
        "deleted before"
        in provision(o.care, request(), AGENT, until=NOW + timedelta(minutes=2), last_receive=False).reason
    )


def test_request_file_that_cannot_be_read_is_tried_again_and_then_said(o: Office) -> None:
    """A refused read goes back to the queue; on the last receive the depositor finds a result."""
    o.fail("read", RefusedError("AccessDenied"), times=2)
    with pytest.raises(RefusedError):
        _drop(o, "letters")

    assert "AccessDenied" in _drop(o, "letters", last=True).reason


def test_dropping_the_file_again_repairs_and_reports(o: Office) -> None:
    """Buckets of ours that lost something get it back; what is as it should be is not written again."""
    _drop(o, "letters")
    for bucket in o.buckets.buckets.values():
        bucket.applied.clear()
    del o.buckets.buckets[MAIN].standing["put_bucket_versioning"]

    result = _drop(o, "letters", "e2")

    assert [NameVerdict.ALREADY_PROVISIONED] == _verdicts(result)
    assert RequestStatus.COMPLETED is result.status
    assert ["put_bucket_versioning"] == o.buckets.buckets[MAIN].calls
    assert [] == o.buckets.buckets[REPLICA].calls


def test_missing_replica_is_made_again(o: Office) -> None:
    """When somebody removed the replica, the next request for the name brings it back."""
    _drop(o, "letters")
    del o.buckets.buckets[REPLICA]

    assert [NameVerdict.ALREADY_PROVISIONED] == _verdicts(_drop(o, "letters", "e2"))
    _assert_complete(o)


@pytest.mark.parametrize("foreign", [MAIN, REPLICA])
def test_bucket_of_another_account_is_refused_and_nothing_is_made(o: Office, foreign: str) -> None:
    """A name that belongs to another account, as main or as replica, is rejected before anything is made."""
    o.buckets.foreign.add(foreign)

    result = _drop(o, "letters")

    assert [NameVerdict.REJECTED] == _verdicts(result)
    assert "another AWS account" in result.names[0].reason
    assert {} == o.buckets.buckets


@pytest.mark.parametrize("name", [MAIN, REPLICA])
@pytest.mark.parametrize("tags", [{}, tags_of(BucketType.MAIN, "prod"), {"Application": "Other"}])
def test_l15_own_bucket_that_the_service_did_not_make_is_refused(o: Office, name: str, tags: dict[str, str]) -> None:
    """A bucket of this account without our tags is rejected and not touched, although making it would succeed."""
    o.buckets.buckets[name] = FakeBucket("eu-west-1", tags)

    result = _drop(o, "letters")

    assert [NameVerdict.REJECTED] == _verdicts(result)
    assert "nothing shows that this service made it" in result.names[0].reason
    assert [] == o.buckets.buckets[name].applied
    assert {name} == set(o.buckets.buckets)


@pytest.mark.parametrize(("call", "bucket"), CALLS)
def test_l18_refused_step_is_rolled_back_and_named(o: Office, call: str, bucket: str) -> None:
    """Whatever call fails for good, what this request made is removed, the step is named, and a new drop succeeds."""
    o.fail(call, RefusedError("AccessDenied"), bucket)

    result = _drop(o, "letters")

    assert [NameVerdict.FAILED] == _verdicts(result)
    assert "AccessDenied" in result.names[0].reason
    assert {} == o.buckets.buckets
    assert [NameVerdict.CREATED] == _verdicts(_drop(o, "letters", "e2"))
    _assert_complete(o)


@pytest.mark.parametrize(("call", "bucket"), CALLS)
def test_l19_interrupted_request_ends_as_the_first_try_would_have(o: Office, call: str, bucket: str) -> None:
    """A call that does not answer sends the message back; its next delivery completes and reports `created`."""
    o.fail(call, TransientError("SlowDown"), bucket)
    with pytest.raises(TransientError):
        _drop(o, "letters")

    result = _drop(o, "letters")

    assert [NameVerdict.CREATED] == _verdicts(result)
    _assert_complete(o)
    _settled(o, result)


@pytest.mark.parametrize(("call", "bucket"), CALLS)
def test_l18_last_receive_rolls_back_what_earlier_ones_made(o: Office, call: str, bucket: str) -> None:
    """When the last attempt fails too, nothing of the request stays, and the result says why."""
    o.fail(call, TransientError("SlowDown"), bucket, times=2)
    with pytest.raises(TransientError):
        _drop(o, "letters")

    result = _drop(o, "letters", last=True)

    assert [NameVerdict.FAILED] == _verdicts(result)
    assert {} == o.buckets.buckets
    _settled(o, result)


@pytest.mark.parametrize("call", ["write", "release"])
def test_l19_result_that_could_not_be_written_is_written_by_the_next_delivery(o: Office, call: str) -> None:
    """A crash after the work, before or after the result, ends in the same result."""
    o.fail(call, TransientError("SlowDown"))
    with pytest.raises(TransientError):
        _drop(o, "letters")

    assert [NameVerdict.CREATED] == _verdicts(_drop(o, "letters"))
    _assert_complete(o)


def test_l18_what_cannot_be_removed_is_named_and_finished_by_a_new_drop(o: Office) -> None:
    """When the roll-back fails, the result names what is left, and dropping the file again finishes it."""

    def before(call: str, bucket: str) -> None:
        if call == "delete" or (call == "put_bucket_versioning" and bucket == REPLICA):
            raise RefusedError("AccessDenied")

    o.buckets.before = before
    result = _drop(o, "letters")

    assert [NameVerdict.FAILED] == _verdicts(result)
    assert {MAIN, REPLICA} == set(result.names[0].left_behind)
    assert "could not keep versions" in result.names[0].reason
    assert f"could not remove {MAIN} again" in result.names[0].reason
    o.buckets.before = lambda _call, _bucket: None
    assert RequestStatus.COMPLETED is _drop(o, "letters", "e2").status
    _assert_complete(o)


def test_l18_untagged_leftover_is_finished_by_a_new_drop(o: Office) -> None:
    """A bucket that was made but could be neither tagged nor removed is not taken for somebody else's."""

    def before(call: str, _bucket: str) -> None:
        if call in {"delete", "put_bucket_tagging"}:
            raise RefusedError("AccessDenied")

    o.buckets.before = before
    assert (MAIN,) == tuple(_drop(o, "letters").names[0].left_behind)
    o.buckets.before = lambda _call, _bucket: None

    assert [NameVerdict.CREATED] == _verdicts(_drop(o, "letters", "e2"))
    _assert_complete(o)


def test_buckets_with_objects_are_never_removed(o: Office) -> None:
    """A roll-back removes empty buckets only."""

    def before(call: str, bucket: str) -> None:
        if call == "put_bucket_replication":
            o.buckets.buckets[REPLICA].objects = 1
            raise RefusedError(bucket)

    o.buckets.before = before
    result = _drop(o, "letters")

    assert (REPLICA,) == tuple(result.names[0].left_behind)
    assert {REPLICA} == set(o.buckets.buckets)


@pytest.mark.parametrize("call", ["put_bucket_versioning", "put_bucket_replication"])
def test_failed_repair_removes_nothing(o: Office, call: str) -> None:
    """A repair that fails leaves the buckets that it found."""
    _drop(o, "letters")
    del o.buckets.buckets[MAIN].standing[call]
    o.fail(call, RefusedError("AccessDenied"))

    result = _drop(o, "letters", "e2", last=True)

    assert [NameVerdict.FAILED] == _verdicts(result)
    assert {MAIN, REPLICA} == set(o.buckets.buckets)


def test_repair_that_is_tried_again_removes_nothing_either(o: Office) -> None:
    """Also on its second delivery a repair is not taken for a creation."""
    _drop(o, "letters")
    del o.buckets.buckets[MAIN].standing["put_bucket_versioning"]
    o.fail("put_bucket_versioning", TransientError("SlowDown"), times=2)
    with pytest.raises(TransientError):
        _drop(o, "letters", "e2")

    result = _drop(o, "letters", "e2", last=True)

    assert [NameVerdict.FAILED] == _verdicts(result)
    assert {MAIN, REPLICA} == set(o.buckets.buckets)


def test_two_requests_for_one_name_do_not_meet(o: Office) -> None:
    """While one request works on a name, another waits, is told at last to come back, and touches nothing."""
    seen: list[Any] = []

    def before(call: str, _bucket: str) -> None:
        if call == "put_bucket_versioning" and not seen:
            seen.append(None)
            with pytest.raises(TransientError, match="another request is working"):
                _drop(o, "letters", "e2")
            seen.append(_drop(o, "letters", "e2", last=True))

    o.buckets.before = before
    first = _drop(o, "letters")

    assert [NameVerdict.CREATED] == _verdicts(first)
    assert [NameVerdict.FAILED] == _verdicts(seen[1])
    assert "drop the file again later" in seen[1].names[0].reason
    _assert_complete(o)


def test_two_requests_that_see_no_claim_do_not_both_get_one(o: Office) -> None:
    """Of two requests that find a name unclaimed at the same moment one gets the claim, the other is told."""

    def before(call: str, bucket: str) -> None:
        if call == "claim":
            o.requests.claims[bucket] = Claim("e0", NOW, creating=True)

    o.requests.before = before

    assert [NameVerdict.FAILED] == _verdicts(_drop(o, "letters", last=True))
    assert {} == o.buckets.buckets


def test_abandoned_claim_is_taken_over(o: Office) -> None:
    """A request that broke off for good holds nobody up once it cannot be running any more."""
    o.buckets.buckets[MAIN] = FakeBucket("eu-west-1")
    o.requests.claims[MAIN] = Claim("e0", NOW, creating=True)
    o.clock.advance(minutes=6)

    assert [NameVerdict.CREATED] == _verdicts(_drop(o, "letters"))
    _assert_complete(o)


def test_public_bucket_needs_consent_and_a_main_one_is_not_taken_for_it() -> None:
    """A public name is rejected where public buckets are not allowed, and made where they are."""
    assert [NameVerdict.REJECTED] == _verdicts(_drop(office(public_allowed=False), "maps-public"))
    o = office()
    assert [NameVerdict.CREATED] == _verdicts(_drop(o, "maps-public"))
    assert "public" == o.buckets.buckets["acme-dev-maps-public"].tags["BucketType"]


def test_l16_each_copy_is_made_in_its_region(o: Office) -> None:
    """Main buckets and replicas are made in the regions of the settings."""
    care = attrs.evolve(o.care, region="us-east-1", settings=attrs.evolve(o.care.settings, replica_region="us-west-2"))
    o.requests.files["names.txt"] = b"letters"
    provision(care, request(), AGENT, until=NOW + timedelta(minutes=2), last_receive=False)

    assert ["us-east-1", "us-west-2"] == [o.buckets.buckets[name].region for name in (MAIN, REPLICA)]


def _recorded(o: Office) -> list[tuple[str, str]]:
    lines = [line for body in o.audit.files.values() for line in gzip.decompress(body).splitlines()[1:]]
    events = [json.loads(line)["event"] for line in lines]
    return [(event["object"]["bucket"], event["outcome"]) for event in events]


def test_every_name_of_a_request_is_an_event_of_the_audit_trail(o: Office) -> None:
    """Names that were made, were there, or were refused are recorded in one segment, by who worked on them."""
    _drop(o, "letters\nmanaged")
    _drop(o, "letters", "e2")

    assert [(MAIN, "created"), ("acme-dev-managed", "rejected"), (MAIN, "already provisioned")] == _recorded(o)
    assert 2 == len(o.audit.files)


def test_a_request_without_names_is_no_event(o: Office) -> None:
    """A file that names nothing leaves its result, and nothing happened to a bucket."""
    _drop(o, "")

    assert {} == o.audit.files


def test_l19_events_that_could_not_be_written_are_written_by_the_next_delivery(o: Office) -> None:
    """The claim stands until the events are written, so that the next attempt ends as the first would have."""
    o.audit.before = raising_once(TransientError("SlowDown"))
    with pytest.raises(TransientError):
        _drop(o, "letters")
    assert {MAIN} == set(o.requests.claims)

    assert [NameVerdict.CREATED] == _verdicts(_drop(o, "letters"))
    assert [(MAIN, "created")] == _recorded(o)
    assert {} == o.requests.claims


def test_new_buckets_stay_closed_until_they_have_settled() -> None:
    """All new buckets of a request settle together, closed and without a result; the next attempt opens them."""
    o = office(settling=timedelta(minutes=15))
    with pytest.raises(SettlingError):
        _drop(o, "letters\nmaps")
    for name in ("acme-dev-letters", "acme-dev-maps"):
        main = o.buckets.buckets[name]
        assert "put_bucket_notification_configuration" in main.calls
        assert "put_bucket_replication" in main.calls
        assert "NoUploadsYet" in main.standing["put_bucket_policy"]["Policy"]
        assert f"{name}-repl" in o.buckets.buckets
    assert [] == [key for key in o.requests.written if key.startswith("requests/")]

    o.clock.advance(minutes=14)
    with pytest.raises(SettlingError):
        _drop(o, "letters\nmaps")
    o.clock.advance(minutes=2)
    result = _drop(o, "letters\nmaps")

    assert [NameVerdict.CREATED, NameVerdict.CREATED] == _verdicts(result)
    _assert_complete(o)


def test_l49_the_settling_time_begins_once_replication_is_configured() -> None:
    """Only the opening is left for the time after the settling."""
    o = office(settling=timedelta(minutes=15))
    with pytest.raises(SettlingError) as settling:
        _drop(o, "letters")
    before = len(o.buckets.buckets[MAIN].applied)
    o.clock.advance(minutes=15)
    _drop(o, "letters")

    assert NOW + timedelta(minutes=15) == settling.value.until
    assert [opening_step(pair_of("acme-dev", "letters"), SETTINGS)] == o.buckets.buckets[MAIN].applied[before:]


def test_f07_settling_is_no_failure_on_the_last_receive_either() -> None:
    """Waiting spends no attempt, so the last one waits like the others and rolls nothing back."""
    o = office(settling=timedelta(minutes=15))
    with pytest.raises(SettlingError):
        _drop(o, "letters", last=True)

    assert {MAIN, REPLICA} == set(o.buckets.buckets)
    o.clock.advance(minutes=15)
    assert [NameVerdict.CREATED] == _verdicts(_drop(o, "letters", last=True))


def test_repair_does_not_wait() -> None:
    """A bucket that is in use has settled long ago."""
    o = office(settling=timedelta(minutes=15))
    with pytest.raises(SettlingError):
        _drop(o, "letters")
    o.clock.advance(minutes=15)
    _drop(o, "letters")

    assert [NameVerdict.ALREADY_PROVISIONED] == _verdicts(_drop(o, "letters", "e2"))


def test_name_that_settles_is_taken_by_no_other_request() -> None:
    """Until a bucket is open its request is at work on it, however long ago it was last seen."""
    o = office(settling=timedelta(minutes=15))
    with pytest.raises(SettlingError):
        _drop(o, "letters")
    o.clock.advance(minutes=16)

    with pytest.raises(TransientError, match="another request is working"):
        _drop(o, "letters", "e2")
    assert [NameVerdict.FAILED] == _verdicts(_drop(o, "letters", "e2", last=True))
    assert [NameVerdict.CREATED] == _verdicts(_drop(o, "letters"))


def test_l18_bucket_whose_making_was_not_answered_is_removed(o: Office) -> None:
    """A bucket that was made although the answer was lost is rolled back with the rest."""

    def made_and_then(call: str, name: str) -> None:
        if (call, name) == ("create", REPLICA):
            o.buckets.buckets[REPLICA] = FakeBucket(region="us-east-1")
            raise RefusedError("the answer was lost")

    o.buckets.before = made_and_then
    result = _drop(o, "letters")

    assert [NameVerdict.FAILED] == _verdicts(result)
    assert {} == o.buckets.buckets
