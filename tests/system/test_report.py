import csv
import io
import json
import re
from typing import Any

import pytest

from duracloud.local.service import Service
from duracloud.local.watching import eventually
from runtime.shared.timestamps import timestamp
from tests.support.inventory_files import ROWS, as_parquet, md5_of
from tests.support.report_samples import unmarked

pytestmark = pytest.mark.system
KEYS = ("007", "=1+1;=2+2", "box 1/ä \"quoted\" 'name', +%20.txt", "<b>日本</b>/資料.txt", "2026-03-01")
DAMAGED = "<b>日本</b>/資料.txt"


def _summary(service: Service) -> dict[str, Any]:
    """Return what the latest report says to programs, nothing before the first."""
    found = service.managed_files("reports/LATEST/report.json").values()
    return next((dict(json.loads(body)) for body in found), {"buckets": {}})


def test_a_report_on_request_tells_of_a_failing_object(service: Service) -> None:
    """Every key comes back from the list as it was; the page names what fails; dated and latest files are the same."""
    [bucket] = service.new_buckets("reported")
    service.put(bucket, *KEYS)
    eventually(lambda: set(service.records(bucket)), lambda found: set(KEYS) <= found)
    service.file_on_disk(bucket, DAMAGED).write_bytes(f"the Content of {DAMAGED}".encode())
    service.make_due(bucket, DAMAGED)
    eventually(lambda: service.records(bucket)[DAMAGED]["LastOutcome"]["S"], lambda outcome: outcome == "mismatch")

    moment = service.start("reports")
    summary = eventually(lambda: _summary(service), lambda found: found.get("started") == timestamp(moment, "auto"))
    service.drained("reports")

    assert (5, 1, {"match": 4, "mismatch": 1}) == tuple(
        summary["buckets"][bucket][name] for name in ("objects", "failing", "outcomes")
    )
    latest = service.managed_files("reports/LATEST/")
    dated = service.managed_files(f"reports/{moment:%Y-%m-%d}/")
    for name in (f"{bucket}.csv", "index.html", "report.json"):
        assert latest[f"reports/LATEST/{name}"] == dated[f"reports/{moment:%Y-%m-%d}/{name}"]

    rows = list(csv.DictReader(io.StringIO(latest[f"reports/LATEST/{bucket}.csv"].decode("utf-8-sig"), newline="")))
    assert sorted(KEYS) == [unmarked(row["key"]) for row in rows]
    [failing] = [row for row in rows if row["success"] == "false"]
    assert (DAMAGED, "mismatch") == (unmarked(failing["key"]), failing["outcome"])

    page = latest["reports/LATEST/index.html"].decode()
    assert "&lt;b&gt;日本&lt;/b&gt;/資料.txt" in page
    assert "<b>日本</b>" not in page
    assert re.search(r"There is no inventory yet of .*reported", page)
    head = service.s3.head_object(Bucket=service.parameters["storage/managed-bucket"], Key="reports/LATEST/index.html")
    assert "text/html; charset=utf-8" == head["ContentType"]


def test_storage_on_the_page_is_what_the_inventory_says(service: Service) -> None:
    """S3 Inventory in Parquet, as the local AWS does not write it, is added up by the deployed function."""
    [bucket], managed = service.new_buckets("counted"), service.parameters["storage/managed-bucket"]
    folder, body = f"inventory/{bucket}/daily/", as_parquet(ROWS)
    manifest = json.dumps(
        {
            "creationTimestamp": "1772355600000",
            "fileFormat": "Parquet",
            "fileSchema": "message s3.inventory {}",
            "files": [{"key": f"{folder}data/1.parquet", "size": len(body), "MD5checksum": md5_of(body)}],
        }
    ).encode()
    for key, content in (
        (f"{folder}data/1.parquet", body),
        (f"{folder}2026-03-01T09-00Z/manifest.json", manifest),
        (f"{folder}2026-03-01T09-00Z/manifest.checksum", md5_of(manifest).encode()),
    ):
        service.s3.put_object(Bucket=managed, Key=key, Body=content)
    service.start("reports")
    found = eventually(lambda: _summary(service)["buckets"].get(bucket), bool)
    assert "" == found["storage_problem"]
    assert {"objects": 6, "size": 30, "older": 0, "older_size": 0} == found["storage"]["classes"]["STANDARD"]
    assert {"objects": 0, "size": 0, "older": 1, "older_size": 4} == found["storage"]["classes"]["GLACIER"]
