"""The drills as a command: all are there, and one that fails is told by table and exit status."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from duracloud.cli.main import main
from duracloud.local import drill
from duracloud.local.aws import LocalError
from duracloud.local.drills.stage import Drill, Stage
from duracloud.local.drills.truth import CurrentObject, differences
from runtime.shared.timestamps import timestamp
from tests.support.builders import INTERVAL

FAULTS = {
    "bit flip on disk",
    "lost schedule row",
    "lost stream batch",
    "lost events",
    "duplicate and reordered events",
    "throttled S3 and DynamoDB",
    "poison message to DLQ and redrive",
    "crash between the two writes",
    "half-done provisioning and re-drop",
    "object replaced during a check",
    "table restored from export",
    "function killed mid-batch",
    "topic publish failing",
}
TRUTH = {"letter.txt": CurrentObject(version_id="v1", body=b"letter")}


class FakeAws:
    """Stands in for the local AWS; notes what is asked of it."""

    def __init__(self, folder: Path, port: int) -> None:
        del port
        self.folder, self.calls = folder, []  # type: ignore[var-annotated]
        made.append(self)

    def forget(self) -> None:
        self.calls.append("forget")

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")


made: list[FakeAws] = []


def _good(_: Stage) -> str:
    return "all was well"


def _wrong(_: Stage) -> str:
    raise LocalError("the record says otherwise")


def _broken(_: Stage) -> str:
    raise KeyError("VersionId")


def one(fault: str, run: Any) -> Drill:  # noqa: ANN401 (any of the three above)
    """Return a drill."""
    return Drill(fault=fault, done="it was shown", run=run)


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 (a function)
    """Run the command with some drills in the place of the real ones; return its exit status."""
    made.clear()
    monkeypatch.setattr(drill, "LocalAws", FakeAws)
    monkeypatch.setattr(drill, "deploy", lambda _: True)
    monkeypatch.setattr(drill, "_stages", lambda _: lambda _: None)

    def run(*drills: Drill, options: tuple[str, ...] = ()) -> int:
        monkeypatch.setattr(drill, "DRILLS", drills)
        return main(["drill", *options])

    return run


def test_every_fault_of_the_list_has_a_drill() -> None:
    """No fault is missing, and none is shown twice."""
    assert sorted(FAULTS) == sorted(each.fault for each in drill.DRILLS)


def test_drills_that_pass_end_well(ordered: Any, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ANN401
    """The table says passed, the exit status is 0, and nothing is left."""
    assert 0 == ordered(one("a fault", _good))
    said = capsys.readouterr().out
    assert "all was well" in said
    assert "All drills passed" in said
    assert ["forget", "start", "stop", "forget"] == made[0].calls


@pytest.mark.parametrize(
    ("run", "observed"),
    [(_wrong, "the record says otherwise"), (_broken, "KeyError: 'VersionId'")],
    ids=["no", "broken"],
)
def test_a_drill_that_fails_makes_the_command_fail(
    ordered: Any,  # noqa: ANN401 (a function)
    capsys: pytest.CaptureFixture[str],
    run: Any,  # noqa: ANN401 (a function)
    observed: str,
) -> None:
    """The other drills run all the same; table, last line and exit status say what failed; the local AWS is stopped."""
    assert 1 == ordered(one("a first fault", run), one("a second one", _good))
    said = capsys.readouterr()
    assert observed in said.out
    assert "all was well" in said.out
    assert "FAILED" in said.out
    assert said.err.startswith("1 of 2 drills failed: a first fault. The logs are in ")
    assert "Traceback" not in said.out + said.err
    # Its folder with the logs stays.
    assert ["forget", "start", "stop"] == made[0].calls


def test_the_table_is_there_for_programs(ordered: Any, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ANN401
    """With `--json` nothing else is printed, and a failure is still the exit status."""
    assert 1 == ordered(one("a first fault", _good), one("a second one", _wrong), options=("--json",))
    found = json.loads(capsys.readouterr().out)
    assert [("a first fault", True), ("a second one", False)] == [(row["fault"], row["passed"]) for row in found]


def rows(due: datetime, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401 (DynamoDB's own form)
    """Return record and row that tell the truth, but for some attributes."""
    date = timestamp(due)
    digests = {name: {"S": hashlib.new(name, b"letter").hexdigest()} for name in ("sha256", "md5")}
    record = {
        "VersionId": {"S": "v1"},
        "Size": {"N": "6"},
        "Digests": {"M": {**digests, "crc64nvme": {"S": "0011"}}},
        "Checksum": digests["sha256"],
        "LastOutcome": {"S": "match"},
        "LastChecksumSuccess": {"BOOL": True},
        "NextChecksumDate": {"S": date},
        **changes,
    }
    row = {"VersionId": {"S": "v1"}, "NextChecksumDate": {"S": date}, "TTL": {"N": str(int(due.timestamp()))}}
    return {"letter.txt": record}, {"letter.txt": row}


def in_days(days: int) -> datetime:
    """Return a whole second some days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


def test_tables_that_tell_the_truth_differ_in_nothing() -> None:
    """Version, size, digests, outcome and due date are as they are."""
    assert [] == differences(TRUTH, *rows(in_days(179)), INTERVAL)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"VersionId": {"S": "v0"}}, "version in the record"),
        ({"Size": {"N": "7"}}, "size"),
        ({"Digests": {"M": {"md5": {"S": "00"}}}}, "digests"),
        ({"Checksum": {"S": "00"}}, "first digest"),
        ({"LastOutcome": {"S": "unreadable"}}, "outcome"),
        ({"LastChecksumSuccess": {"BOOL": False}}, "success"),
        ({"NextChecksumDate": {"S": "2099-01-01T00:00:00.000Z"}}, "date in the row"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_untruth_in_a_record_is_said(changes: dict[str, Any], said: str) -> None:
    """What a table says and what is true stand side by side."""
    found = differences(TRUTH, *rows(in_days(100), **changes), INTERVAL)
    assert any(line.startswith(f"letter.txt: {said} is ") for line in found), found


@pytest.mark.parametrize("days", [-1, 181])
def test_a_due_date_outside_the_interval_is_said(days: int) -> None:
    """An object is due after now, and not later than one interval from now."""
    assert ["letter.txt: due within the interval is False, should be True"] == differences(
        TRUTH, *rows(in_days(days)), INTERVAL
    )


def test_missing_and_left_over_rows_are_said() -> None:
    """Neither table may lack an object or know one that is not there."""
    record, row = rows(in_days(100))
    assert ["letter.txt: no record"] == differences(TRUTH, {}, row, INTERVAL)
    assert ["letter.txt: no row"] == differences(TRUTH, record, {}, INTERVAL)
    assert ["letter.txt: in the tables, not in S3"] == differences({}, record, {}, INTERVAL)
