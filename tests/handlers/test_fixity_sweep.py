import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runtime.counts import COUNTS
from runtime.events.bucket_runs import parse
from runtime.fixity.objects import Replication
from runtime.fixity.outcome import Outcome
from runtime.handlers.fixity_sweep import handle
from runtime.shared.errors import RefusedError
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.sweep.slices import Sweep, SweepSlice
from tests.support.builders import NOW, FakeContext, sqs_event
from tests.support.fakes import raising
from tests.support.sweep_fakes import (
    BUCKET,
    SWEEP,
    Environment,
    environment,
    listed,
    record,
    row,
    with_outcome,
    with_replication,
)

START = {"action": "start", "time": "2026-03-01T12:00:00Z"}


@pytest.fixture
def env() -> Environment:
    return environment(BUCKET)


def _handle(env: Environment, *messages: object) -> dict[str, Any]:
    return handle(sqs_event(*map(json.dumps, messages)), FakeContext(), env.sweeping)


def _logged(caplog: pytest.LogCaptureFixture, text: str, *names: str) -> list[tuple[object, ...]]:
    return [(line.levelname, *(vars(line)[name] for name in names)) for line in caplog.records if line.message == text]


def _run(env: Environment) -> None:
    assert {"batchItemFailures": []} == _handle(env, START)
    while env.slices.sent:
        assert {"batchItemFailures": []} == _handle(env, env.slices.sent.pop(0).message)


def test_a_sweep_ends_in_metrics_for_the_whole_environment(capsys: pytest.CaptureFixture[str]) -> None:
    """Every figure is published once, with the function's dimensions and the right units, when all has been seen."""
    env = environment(BUCKET, "acme-test-maps", most=1)
    env.records.items |= {
        one.ref: one
        for one in (
            record("a", size=7),
            record("b", due=timedelta(days=-10), good=timedelta(days=-200)),
            record("c", good=None, deposited=timedelta(days=-1)),
            with_outcome(record("f"), Outcome.MISMATCH, success=False),
            with_replication(record("r"), Replication.NONE),
            with_outcome(record("l", good=None), Outcome.DEFERRED, success=None),
        )
    }
    orphan = row("d")
    env.schedule.rows[orphan.ref] = orphan
    for one in (listed("e"), listed("a", size=8)):
        env.objects.items[one.ref] = one
    _run(env)

    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert ("test", "fixity-sweep") == (line["environment"], line["function"])
    metrics = {
        one["Name"]: (line[one["Name"]][0], one["Unit"]) for one in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }
    assert {
        **{counted.metric: (0, "Count") for counted in COUNTS.values() if counted.metric},
        "ObjectsUnderCare": (6, "Count"),
        "BytesUnderCare": (32, "Bytes"),
        "OldestUnverifiedAge": (200 * 86_400, "Seconds"),
        "OverdueObjects": (1, "Count"),
        "NeverVerified": (2, "Count"),
        "CoverageWithinInterval": (pytest.approx(50), "Percent"),
        "OverdueShare": (0, "Percent"),
        "MissingScheduleRows": (6, "Count"),
        "OrphanScheduleRows": (1, "Count"),
        # One without a record, and one of which S3 lists another version.
        "UnrecordedObjects": (2, "Count"),
        "FailingObjects": (1, "Count"),
        "DeferredObjects": (1, "Count"),
        "UnreplicatedObjects": (1, "Count"),
    } == metrics


def test_orphans_and_repairs_are_in_the_log(env: Environment, caplog: pytest.LogCaptureFixture) -> None:
    """Each removed row, each object without a record is a line with bucket and key; what was repaired is named."""
    orphan, late, lost = row("orphan"), record("late", due=timedelta(days=-9)), record("lost")
    env.schedule.rows[orphan.ref] = orphan
    env.records.items |= {late.ref: late, lost.ref: lost}
    lacking = listed("lacking")
    env.objects.items[lacking.ref] = lacking
    _run(env)

    removed = _logged(caplog, "schedule row without a record: removed", "bucket", "key")
    assert [("WARNING", BUCKET, "orphan")] == removed
    assert [("WARNING", BUCKET, "lacking")] == _logged(caplog, "object without a record: asked for", "bucket", "key")
    assert [("WARNING", ["late"], ["lost"])] == _logged(caplog, "slice swept", "checks_asked_for", "rows_restored")


def test_what_cannot_be_read_is_in_the_log(env: Environment, caplog: pytest.LogCaptureFixture) -> None:
    """Each spoiled record and row is a line with bucket, key and what is wrong."""
    for key, malformed in (("a", env.records.malformed), ("b", env.schedule.malformed)):
        ref = ObjectRef(BUCKET, key)
        malformed[ref] = Malformed(ref=ref, problem="the attribute Sequencer is missing")
    _run(env)

    assert {
        "record cannot be read": (BUCKET, "a", "the attribute Sequencer is missing"),
        "schedule row cannot be read": (BUCKET, "b", "the attribute Sequencer is missing"),
    } == {
        line.message: tuple(vars(line)[name] for name in ("bucket", "key", "problem"))
        for line in caplog.records
        if line.levelname == "WARNING"
    }


def test_a_late_end_of_an_old_sweep_publishes_nothing(env: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures of the past do not overwrite those of the present."""
    env.clock.advance(days=1)
    _handle(env, START | {"time": "2026-03-02T12:00:00Z"})
    _handle(env, env.slices.sent.pop().message)
    capsys.readouterr()
    _run(env)

    assert "_aws" not in capsys.readouterr().out


def test_l27_a_failing_slice_goes_back_to_the_queue(env: Environment) -> None:
    """The answer names the message, so that it is handed out again."""
    _handle(env, START)
    env.schedule.before = raising(OSError("broken"))
    lost = record("lost")
    env.records.items[lost.ref] = lost

    assert {"batchItemFailures": [{"itemIdentifier": "m0"}]} == _handle(env, env.slices.sent[0].message)


def test_a_bucket_that_fails_for_good_does_not_silence_the_others(
    env: Environment, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """On the last receive the message still goes back, to be set aside; log and metrics tell of the end."""
    _handle(env, START)
    env.schedule.before = raising(RefusedError("listing the objects:\nAccessDenied"))
    lost = record("lost")
    env.records.items[lost.ref] = lost
    body = json.dumps(env.slices.sent[0].message)
    back = {"batchItemFailures": [{"itemIdentifier": "m0"}]}

    assert back == handle(sqs_event(body, receives=2), FakeContext(), env.sweeping)
    assert "_aws" not in capsys.readouterr().out
    assert back == handle(sqs_event(body, receives=3), FakeContext(), env.sweeping)
    assert "ObjectsUnderCare" in capsys.readouterr().out
    [error] = [vars(line) for line in caplog.records if line.levelname == "ERROR"]
    assert (BUCKET, "RefusedError: listing the objects: AccessDenied") == (error["bucket"], error["reason"])
    report = env.files.documents["reports/coverage/latest.json"]
    assert error["reason"] == report["buckets"][BUCKET]["unfinished"]


def test_a_queued_slice_is_read_as_it_was() -> None:
    """What the function queues it understands, whatever the key."""
    part = SweepSlice(run=SWEEP, bucket=BUCKET, after="ä +%20\n😀\x01")

    assert part == parse(json.dumps(part.message), environment().sweeping)


def test_the_time_of_the_schedule_is_taken_in_any_zone() -> None:
    """EventBridge writes its time with a Z; a person may write another zone."""
    assert Sweep(NOW) == parse(json.dumps(START), environment().sweeping)
    assert "scratch/sweeps/20260301T110000.000000Z/plan.json" == _zoned("2026-03-01T12:00:00+01:00").plan_key
    assert "reports/coverage/2026-02-28.json" == _zoned("2026-03-01T00:30:00+01:00").report_key


def _zoned(time: str) -> Sweep:
    sweep = parse(json.dumps({"action": "start", "time": time}), environment().sweeping)
    assert isinstance(sweep, Sweep)
    assert sweep == Sweep(datetime.fromisoformat(time).astimezone(UTC))
    return sweep


@pytest.mark.parametrize(
    "message",
    [
        [],
        {},
        {"action": "stop", "time": START["time"]},
        {"action": "start"},
        {"action": "start", "time": "2026-03-01T12:00:00"},
        {"action": "slice", "time": START["time"], "bucket": "", "after": None, "totals": {}},
        {"action": "slice", "time": START["time"], "bucket": BUCKET, "after": 5, "totals": {}},
        {"action": "slice", "time": START["time"], "bucket": BUCKET, "after": None, "totals": {"objects": 1}},
        {"action": "slice", "time": START["time"], "bucket": BUCKET},
    ],
)
def test_other_messages_are_set_aside(message: object, caplog: pytest.LogCaptureFixture) -> None:
    """A message of another form goes back, and in the end to where people look; the log says what is allowed."""
    assert {"batchItemFailures": [{"itemIdentifier": "m0"}]} == _handle(environment(BUCKET), message)
    assert "allowed:" in vars(caplog.records[-1])["reason"]


def test_text_that_is_not_json_is_set_aside() -> None:
    """Whatever a person sends to the queue, the function goes on."""
    event = sqs_event("sweep please")

    answer = handle(event, FakeContext(), environment(BUCKET).sweeping)

    assert {"batchItemFailures": [{"itemIdentifier": "m0"}]} == answer
