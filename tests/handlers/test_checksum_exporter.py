from typing import Any

import pytest

from benchmarks.function_environment import any_settings
from runtime.export.start_and_follow import Exporting
from runtime.export.table_export import ExportStatus, TableExport
from runtime.handlers.checksum_exporter import handle
from runtime.settings import ExportSettings
from runtime.shared.errors import MalformedMessageError, RefusedError
from tests.support.announcing_fakes import FakeExports
from tests.support.builders import NOW
from tests.support.fakes import FakeClock
from tests.support.published import published
from tests.support.sweep_fakes import FakeDocuments

START = {"action": "start", "time": "2026-03-01T02:00:00Z"}
FOLLOW = {"action": "follow"}
SETTINGS = any_settings(ExportSettings, checksum_table_arn="arn:table")


def _deps(exports: FakeExports) -> Exporting:
    return Exporting(exports=exports, files=FakeDocuments(), clock=FakeClock(NOW), settings=SETTINGS)


@pytest.mark.parametrize(
    ("status", "metrics"),
    [
        (ExportStatus.COMPLETED, {"ExportsCompleted": 1, "ExportsFailed": 0}),
        (ExportStatus.FAILED, {"ExportsCompleted": 0, "ExportsFailed": 1}),
        (ExportStatus.IN_PROGRESS, {"ExportsCompleted": 0, "ExportsFailed": 0}),
    ],
)
def test_end_of_an_export_becomes_a_metric(
    status: ExportStatus, metrics: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed export can be alarmed on; one that goes on counts as neither."""
    exports = FakeExports()
    deps = _deps(exports)
    [export] = handle(START, deps)
    exports.end(export, status)
    capsys.readouterr()

    handle(FOLLOW, deps)

    assert [("checksum-exporter", metrics)] == published(capsys)


def test_refused_export_is_raised() -> None:
    """Without point-in-time recovery the function fails, so that the alarm on its errors speaks."""

    class Refusing(FakeExports):
        def start(self, prefix: str, token: str) -> TableExport:
            raise RefusedError(f"PointInTimeRecoveryUnavailableException for {prefix} {token}")

    with pytest.raises(RefusedError, match="PointInTimeRecoveryUnavailable"):
        handle(START, _deps(Refusing()))


@pytest.mark.parametrize(
    ("event", "got"),
    [
        ({}, "got the action None"),
        ({"action": "stop"}, "got the action 'stop'"),
        ({"action": "start"}, "got the time None"),
        ({"action": "start", "time": "yesterday"}, "got the time 'yesterday'"),
        ({"action": "start", "time": "2026-03-01T02:00:00"}, "without its zone"),
    ],
)
def test_other_events_are_refused_in_one_clear_line(event: dict[str, Any], got: str) -> None:
    """The error says what was got and what is allowed."""
    with pytest.raises(MalformedMessageError, match=f'{got}.*allowed: {{"action": "start"'):
        handle(event, _deps(FakeExports()))
