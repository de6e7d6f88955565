from datetime import UTC, datetime, timedelta, timezone

import attrs

from benchmarks.function_environment import any_settings
from runtime.export.start_and_follow import Exporting, follow, start
from runtime.export.table_export import ExportStatus
from runtime.settings import ExportSettings
from tests.support.announcing_fakes import FakeExports
from tests.support.fakes import FakeClock
from tests.support.sweep_fakes import FakeDocuments

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
DAY = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
STATUS = "exports/checksum-table/2026-03-01/export.json"


def _exporting() -> tuple[Exporting, FakeExports, FakeDocuments]:
    exports, files = FakeExports(), FakeDocuments()
    exporting = Exporting(exports=exports, files=files, clock=FakeClock(NOW), settings=any_settings(ExportSettings))
    return exporting, exports, files


def test_retry_of_the_start_exports_once() -> None:
    """Lambda's repetition of the monthly event finds the export that is under way."""
    exporting, exports, _ = _exporting()

    first, second = start(exporting, DAY), start(exporting, DAY + timedelta(hours=20))

    assert first == second
    assert 1 == len(exports.by_token)


def test_day_is_taken_in_utc() -> None:
    """An event of another time zone goes to the folder of its day in UTC."""
    exporting, _, _ = _exporting()

    export = start(exporting, datetime(2026, 3, 1, 23, 0, tzinfo=timezone(timedelta(hours=-5))))

    assert "exports/checksum-table/2026-03-02" == export.prefix


def test_failed_export_can_be_repeated_on_the_same_day() -> None:
    """An operator's start after a failure begins a new export with a token of its own."""
    exporting, exports, files = _exporting()
    failed = start(exporting, DAY)
    exports.end(failed, ExportStatus.FAILED, "S3NoSuchBucket")
    follow(exporting)

    again = start(exporting, DAY)
    exports.end(again, ExportStatus.COMPLETED)

    assert failed.arn != again.arn
    assert [again.arn] == [export.arn for export in follow(exporting)]
    assert "COMPLETED" == (files.read(STATUS) or {})["status"]


def test_end_of_an_export_is_noted_once() -> None:
    """The status file is written when the export has ended, and its end is news one time only."""
    exporting, exports, files = _exporting()
    export = start(exporting, DAY)

    assert [] == follow(exporting)
    exports.end(export, ExportStatus.COMPLETED)

    assert [export.arn] == [ended.arn for ended in follow(exporting)]
    assert [] == follow(attrs.evolve(exporting, clock=FakeClock(NOW + timedelta(hours=1))))
    assert {
        "export_arn": export.arn,
        "status": "COMPLETED",
        "failure": "",
        "started_at": "2026-03-01T02:00:01Z",
        "ended_at": "2026-03-01T02:20:00Z",
        "noted_at": "2026-03-01T02:30:00Z",
        "records": 3,
        "bytes": 0,
        "manifest": "",
    } == files.read(STATUS)
