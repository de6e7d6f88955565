"""In-memory stand-ins for the ports of the reports, and a small environment to be reported on."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

import attrs

from benchmarks.function_environment import any_settings
from runtime.adapters.jinja_page import JinjaPage
from runtime.bucket_runs.slices import advance, start
from runtime.fixity.records import FixityRecord
from runtime.report.errors import UploadGoneError
from runtime.report.inventory import Inventory, InventoryError, InventoryFile, StoredVersion
from runtime.report.notes import Upload
from runtime.report.slices import Report, ReportSlice
from runtime.report.write import Reporting, ReportProgress
from runtime.settings import ReportSettings
from runtime.shared.pages import Malformed
from tests.support.builders import NOW
from tests.support.fakes import FakeClock, FakeOwnQueue, FakePages, FakeQueue, FakeRecords
from tests.support.sweep_fakes import FakeBuckets, FakeDocuments

REPORT = Report(NOW)


class FakeReportFiles:
    """Files, and uploads under way; `before` is called with the name of each call and may raise."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.uploads: dict[str, tuple[str, list[tuple[str, bytes]]]] = {}
        self.before: Callable[[str], None] = lambda _: None
        self._numbers = itertools.count(1)

    def begin(self, key: str) -> Upload:
        self.before("begin")
        upload_id = f"upload-{next(self._numbers)}"
        self.uploads[upload_id] = (key, [])
        return Upload(key=key, upload_id=upload_id)

    def send(self, upload: Upload, part: bytes) -> Upload:
        self.before("send")
        parts = self._parts(upload)
        etag = f'"{next(self._numbers)}"'
        parts[len(upload.etags) :] = [(etag, part)]
        return upload.with_part(etag)

    def finish(self, upload: Upload) -> None:
        self.before("finish")
        parts = self._parts(upload)
        if [etag for etag, _ in parts] != list(upload.etags):
            raise UploadGoneError("the parts are others")
        self.files[upload.key] = b"".join(part for _, part in parts)
        del self.uploads[upload.upload_id]

    def abandon(self, upload: Upload) -> None:
        self.before("abandon")
        self.uploads.pop(upload.upload_id, None)

    def days(self) -> set[date]:
        folders = (key.removeprefix("reports/").split("/")[0] for key in self.files if key.startswith("reports/2"))
        return {date.fromisoformat(folder) for folder in folders}

    def write_page(self, key: str, text: str) -> None:
        self.before("write_page")
        self.files[key] = text.encode()

    def _parts(self, upload: Upload) -> list[tuple[str, bytes]]:
        if upload.upload_id not in self.uploads:
            raise UploadGoneError("the upload is gone")
        key, parts = self.uploads[upload.upload_id]
        assert key == upload.key
        return parts


class FakeInventories:
    """Inventories by bucket, and what their files list; a file that is not there is damaged."""

    def __init__(self) -> None:
        self.inventories: dict[str, Inventory] = {}
        self.listed: dict[str, list[StoredVersion]] = {}
        self.read_files: list[str] = []

    def newest(self, bucket: str) -> Inventory | None:
        return self.inventories.get(bucket)

    def read(self, manifest: str) -> Inventory:
        return next(one for one in self.inventories.values() if one.manifest == manifest)

    def versions(self, inventory: Inventory, file: InventoryFile) -> Iterator[Sequence[StoredVersion]]:
        assert file in inventory.files
        self.read_files.append(file.key)
        for version in self.listed.get(file.key, []):
            yield [version]
        if file.key not in self.listed:
            raise InventoryError(f"{file.key} is damaged")


@attrs.define
class FakeAlarms:
    """The alarms in ALARM; with an error CloudWatch does not say."""

    in_alarm: list[str] = attrs.field(factory=list)
    error: Exception | None = None

    def firing(self) -> Sequence[str]:
        if self.error:
            raise self.error
        return sorted(self.in_alarm)


@attrs.frozen
class Environment:
    """The fakes of one test and the reporting built on them."""

    buckets: FakeBuckets
    records: FakeRecords
    slices: FakeQueue[ReportSlice]
    files: FakeReportFiles
    documents: FakeDocuments
    inventories: FakeInventories
    clock: FakeClock
    alarms: FakeAlarms
    reporting: Reporting

    def add(self, *records: FixityRecord) -> None:
        self.records.items |= {one.ref: one for one in records}

    def work(self, part: ReportSlice, *, seconds: float = 60) -> ReportProgress:
        return advance(self.reporting, part, self.clock.now() + timedelta(seconds=seconds))

    def run(self, report: Report = REPORT, *, seconds: float = 60) -> list[ReportProgress]:
        """Make a whole report, and return what its slices did."""
        self.clock.moment = max(self.clock.moment, report.started)
        start(self.reporting, report)
        return self.work_on(seconds=seconds)

    def work_on(self, *, seconds: float = 60) -> list[ReportProgress]:
        """Work on all queued slices and those that they queue, and return what they did."""
        done: list[ReportProgress] = []
        while self.slices.sent:
            done.append(self.work(self.slices.sent.pop(0), seconds=seconds))
        return done


def environment(*buckets: str, page: int = 2) -> Environment:
    """Build an environment with buckets and so many rows of a page at most."""
    listed, records, slices, clock = FakeBuckets(list(buckets)), FakeRecords(), FakeQueue[ReportSlice](), FakeClock(NOW)
    files, documents, inventories = FakeReportFiles(), FakeDocuments(), FakeInventories()
    alarms = FakeAlarms()
    reporting = Reporting(
        buckets=listed,
        records=FakePages[FixityRecord | Malformed](page, records.items, records.malformed),
        slices=slices,
        queue=FakeOwnQueue(),
        files=files,
        documents=documents,
        inventories=inventories,
        page=JinjaPage(),
        alarms=alarms,
        clock=clock,
        settings=any_settings(
            ReportSettings,
            environment="test",
            check_interval_days=180,
            check_grace_days=3,
            report_period_days=3,
            max_receive_count=3,
        ),
    )
    return Environment(listed, records, slices, files, documents, inventories, clock, alarms, reporting)
