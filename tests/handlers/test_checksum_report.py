import json
from typing import Any

import pytest

from runtime.handlers.checksum_report import handle
from runtime.report.inventory import Inventory, InventoryFile, InventoryFormat
from runtime.shared.errors import RefusedError
from tests.support.builders import NOW, FakeContext, sqs_event
from tests.support.fakes import raising_once
from tests.support.report_fakes import REPORT, Environment, environment
from tests.support.sweep_fakes import BUCKET, record

START = {"action": "start", "time": "2026-03-01T12:00:00Z"}
GOOD: dict[str, list[Any]] = {"batchItemFailures": []}


def _handle(env: Environment, *bodies: str) -> dict[str, Any]:
    return handle(sqs_event(*bodies), FakeContext(), env.reporting)


def _run(env: Environment) -> None:
    assert GOOD == _handle(env, json.dumps(START))
    while env.slices.sent:
        assert GOOD == _handle(env, json.dumps(env.slices.sent.pop(0).message))


def test_a_report_on_request_ends_in_files_and_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    """One message makes a whole report, which is counted once."""
    env = environment(BUCKET, "acme-test-maps")
    env.records.items |= {(one := record("a")).ref: one}
    _run(env)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [metrics] = [line for line in lines if "_aws" in line]
    assert ("test", "checksum-report") == (metrics["environment"], metrics["function"])
    assert [1.0] == metrics["ReportsCompleted"]
    lists = {
        key for bucket in (BUCKET, "acme-test-maps") for key in (*REPORT.list_keys(bucket), *REPORT.sums_keys(bucket))
    }
    assert {*REPORT.page_keys, "reports/index.html", *lists} == set(env.files.files)


def test_what_could_not_be_read_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """A damaged inventory is a warning that names it."""
    env = environment(BUCKET)
    env.inventories.inventories[BUCKET] = Inventory(
        manifest="m",
        made=NOW,
        format=InventoryFormat.CSV,
        columns=(),
        files=(InventoryFile(key="lost.csv.gz", md5=""),),
    )
    _run(env)

    [line] = [one for one in caplog.records if one.levelname == "WARNING"]
    assert "lost.csv.gz is damaged" == line.__dict__["inventory_problem"]


def test_a_message_worked_on_before_is_no_error() -> None:
    """SQS may hand a message out twice."""
    env = environment(BUCKET)
    _handle(env, json.dumps(START))
    [part] = env.slices.sent
    _handle(env, json.dumps(part.message))

    assert GOOD == _handle(env, json.dumps(part.message))


def test_a_bucket_that_fails_for_good_does_not_silence_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """On the last receive the message still goes back, to be set aside, and the report names the bucket."""
    env = environment(BUCKET)
    _handle(env, json.dumps(START))

    event = sqs_event(json.dumps(env.slices.sent[0].message), receives=3)
    env.files.before = raising_once(RefusedError("AccessDenied"))
    answer = handle(event, FakeContext(), env.reporting)

    assert {"batchItemFailures": [{"itemIdentifier": "m0"}]} == answer
    [error] = [vars(line) for line in caplog.records if line.levelname == "ERROR"]
    assert (BUCKET, "RefusedError: AccessDenied") == (error["bucket"], error["reason"])
    summary = env.documents.documents[REPORT.summary_keys[1]]
    assert "RefusedError: AccessDenied" == summary["buckets"][BUCKET]["unfinished"]


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        "[]",
        json.dumps({"action": "start"}),
        json.dumps({"action": "start", "time": "2026-03-01T12:00:00"}),
        json.dumps({**START, "action": "stop"}),
        json.dumps({**START, "action": "slice"}),
        json.dumps({**START, "action": "slice", "bucket": "", "number": 0}),
        json.dumps({**START, "action": "slice", "bucket": "b", "number": -1}),
        json.dumps({**START, "action": "slice", "bucket": "b", "number": True}),
    ],
)
def test_a_malformed_message_goes_back_to_be_set_aside(body: str) -> None:
    """It is no work of ours; the other messages of the batch are worked on."""
    answer = _handle(environment(BUCKET), body, json.dumps(START))

    assert [{"itemIdentifier": "m0"}] == answer["batchItemFailures"]
