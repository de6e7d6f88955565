from collections.abc import Iterator
from datetime import date
from typing import Any

import attrs
import pytest
from botocore.stub import Stubber

from runtime.adapters.clients import client
from runtime.adapters.s3_report_files import S3ReportFiles
from runtime.report.errors import UploadGoneError
from runtime.report.notes import Upload
from runtime.report.ports import ReportFiles
from tests.contract.buckets import with_buckets
from tests.support.report_fakes import FakeReportFiles

BUCKET = "acme-test-managed"
KEY = "reports/LATEST/acme-test-letters.csv"
# S3 takes smaller parts only at the end.
LARGE = b"x" * 5 * 1024 * 1024


@attrs.frozen
class Files:
    """The port, and a way to read what it wrote."""

    port: ReportFiles
    fake: FakeReportFiles | None
    s3: Any

    def content(self, key: str) -> bytes:
        if self.fake:
            return self.fake.files[key]
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body


@pytest.fixture
def files(*, real: bool) -> Files:
    if not real:
        fake = FakeReportFiles()
        return Files(fake, fake, None)
    s3 = with_buckets(BUCKET)
    return Files(S3ReportFiles(s3, BUCKET), None, s3)


def test_a_list_is_its_parts_in_order(files: Files) -> None:
    """Nothing is there before the end, then everything."""
    upload = files.port.begin(KEY)
    for part in (LARGE, LARGE, b"end"):
        upload = files.port.send(upload, part)
    files.port.finish(upload)

    assert LARGE + LARGE + b"end" == files.content(KEY)


@pytest.mark.parametrize(("ending", "kind"), [("csv", "text/csv"), ("sha256", "text/plain")])
def test_f24_a_browser_is_told_what_a_list_is(files: Files, ending: str, kind: str) -> None:
    """A list opens as a table, and a file for sha256sum as a text."""
    key = f"reports/LATEST/acme-test-letters.{ending}"
    files.port.finish(files.port.send(files.port.begin(key), b"end"))

    assert b"end" == files.content(key)
    if files.s3:
        assert f"{kind}; charset=utf-8" == files.s3.head_object(Bucket=BUCKET, Key=key)["ContentType"]


def test_a_part_that_is_sent_again_replaces_the_first(files: Files) -> None:
    """A slice that is done again writes the same parts again."""
    begun = files.port.begin(KEY)
    files.port.send(begun, b"crashed")
    files.port.finish(files.port.send(begun, b"done"))

    assert b"done" == files.content(KEY)


def test_what_is_abandoned_leaves_nothing(files: Files) -> None:
    """To abandon an upload that is gone already is no error."""
    upload = files.port.send(files.port.begin(KEY), LARGE)
    files.port.abandon(upload)
    files.port.abandon(upload)

    if files.fake:
        assert {} == files.fake.uploads
    else:
        assert "Uploads" not in files.s3.list_multipart_uploads(Bucket=BUCKET)


def test_parts_of_others_are_not_made_into_a_list(files: Files) -> None:
    """A part that another wrote over has another tag."""
    begun = files.port.begin(KEY)
    mine = files.port.send(begun, b"mine")
    files.port.send(begun, b"theirs")

    with pytest.raises(UploadGoneError):
        files.port.finish(mine)


def test_a_page_is_html_in_utf_8(files: Files) -> None:
    """A browser that is given the address shows it as it was meant."""
    files.port.write_page("reports/LATEST/index.html", "<p>ä</p>")

    assert "<p>ä</p>".encode() == files.content("reports/LATEST/index.html")
    if files.s3:
        head = files.s3.head_object(Bucket=BUCKET, Key="reports/LATEST/index.html")
        assert "text/html; charset=utf-8" == head["ContentType"]


def test_f23_the_days_of_past_reports_are_their_folders(files: Files) -> None:
    """What else lies beside them, as the sweep's findings do, is no day."""
    for name in (
        "2026-03-01/index.html",
        "2026-03-01/a.csv",
        "2026-04-01/index.html",
        "LATEST/index.html",
        "index.html",
    ):
        files.port.write_page(f"reports/{name}", "")
    files.port.write_page("reports/coverage/2026-03-02.json", "")

    assert {date(2026, 3, 1), date(2026, 4, 1)} == files.port.days()


@pytest.mark.usefixtures("aws")
def test_parts_are_sent_without_checksums_that_the_upload_was_not_begun_with() -> None:
    """S3 refuses a part whose checksum is of another kind than the upload's, here none; the emulator does not."""
    s3 = with_buckets(BUCKET, request_checksums=False)
    files = S3ReportFiles(s3, BUCKET)
    sent: list[str] = []
    s3.meta.events.register("before-send.s3", lambda request, **_: sent.extend(map(str.lower, request.headers)))

    files.finish(files.send(files.begin(KEY), b"part"))

    assert "user-agent" in sent
    assert [] == [name for name in sent if "checksum" in name or name in {"x-amz-trailer", "content-md5"}]


@pytest.fixture
def without_upload(*, real: bool) -> Iterator[ReportFiles]:
    """A port where an upload is gone; moto fails there, so S3's answer is given."""
    if not real:
        yield FakeReportFiles()
        return
    s3 = client("s3", region="us-east-1")
    with Stubber(s3) as stubber:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
        for call in ("upload_part", "complete_multipart_upload"):
            stubber.add_client_error(call, "NoSuchUpload", http_status_code=404)
        yield S3ReportFiles(s3, BUCKET)


def test_an_upload_that_is_gone_is_told(without_upload: ReportFiles) -> None:
    """The service removes uploads that were not finished for some days: whoever goes on with one is told so."""
    upload = Upload(key=KEY, upload_id="unknown", etags=('"1"',))

    with pytest.raises(UploadGoneError):
        without_upload.send(upload, b"part")
    with pytest.raises(UploadGoneError):
        without_upload.finish(upload)
