import datetime as dt
import json
from typing import Any

import pytest

from duracloud.local.service import Service
from duracloud.local.watching import eventually

pytestmark = pytest.mark.system


def _sweep(service: Service) -> dict[str, Any]:
    now = service.start("sweep")

    def reports() -> list[dict[str, Any]]:
        found = service.managed_files("reports/coverage/")
        if {f"reports/coverage/{now:%Y-%m-%d}.json", "reports/coverage/latest.json"} > found.keys():
            return []
        return [json.loads(body) for body in found.values()]

    def of_this_sweep(found: list[dict[str, Any]]) -> bool:
        return bool(found) and all(dt.datetime.fromisoformat(one["started"]) >= now for one in found)

    return eventually(reports, of_this_sweep, 60)[0]


def _published(service: Service, name: str) -> float | None:
    now = dt.datetime.now(dt.UTC)
    points = service.cloudwatch.get_metric_statistics(
        Namespace="DuraCloud",
        MetricName=name,
        Dimensions=[{"Name": "environment", "Value": "local"}, {"Name": "function", "Value": "fixity-sweep"}],
        StartTime=now - dt.timedelta(days=1),
        EndTime=now + dt.timedelta(minutes=1),
        Period=86_400,
        Statistics=["Maximum"],
    )["Datapoints"]
    return max((point["Maximum"] for point in points), default=None)


def test_l26_a_sweep_repairs_what_was_lost_overdue_and_left_over(service: Service) -> None:
    """A lost row is back, an overdue object was checked, a row without a record is gone; report and metrics say so."""
    [bucket] = service.new_buckets("swept")
    service.put(bucket, "lost", "overdue", "in order")
    before = eventually(lambda: service.schedule(bucket), lambda found: len(found) == 3)
    record = service.records(bucket)["overdue"]
    service.forget(bucket, "lost", "scheduler")
    service.change_record(bucket, "overdue", "SET NextChecksumDate = :text", "2020-01-01T00:00:00.000Z")
    service.dynamodb.put_item(
        TableName=service.parameters["storage/scheduler-table"],
        Item={**before["in order"], "ObjectKey": {"S": "left over ä"}},
    )

    report = _sweep(service)

    found = report["buckets"][bucket]
    counts = {
        "objects": 3,
        "overdue": 1,
        "missing_schedule_rows": 1,
        "orphan_schedule_rows": 1,
        "coverage_percent": 100,
    }
    assert counts == {name: found[name] for name in counts}
    checked = eventually(
        lambda: service.records(bucket)["overdue"],
        lambda now: now["LastChecksumDate"]["S"] > record["LastChecksumDate"]["S"],
    )
    rows = eventually(
        lambda: service.schedule(bucket), lambda now: now["overdue"]["NextChecksumDate"] == checked["NextChecksumDate"]
    )
    assert {"lost", "overdue", "in order"} == set(rows)
    assert (before["lost"], before["in order"]) == (rows["lost"], rows["in order"])
    assert 1 <= eventually(lambda: _published(service, "OverdueObjects") or 0, bool)
    assert report["objects"] <= (_published(service, "ObjectsUnderCare") or 0)


def test_a_second_sweep_finds_all_in_order(service: Service) -> None:
    """What the first sweep repaired stays repaired, and the alarm on its silence is not heard any more."""
    [bucket] = service.new_buckets("swept-twice")
    service.s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    eventually(lambda: service.schedule(bucket), bool)
    service.forget(bucket, "a", "scheduler")

    missing = [_sweep(service)["buckets"][bucket]["missing_schedule_rows"] for _ in range(2)]

    assert [1, 0] == missing
    eventually(lambda: service.alarms("OK"), lambda names: "duracloud-local-no-sweep" in names, 90)


def test_l04_a_sweep_takes_an_object_under_care_of_which_nothing_is_known(service: Service) -> None:
    """An object without record and row, as if its event was lost, has both again; a folder marker never gets any."""
    [bucket] = service.new_buckets("forgotten-by-events")
    known, lost = "known ä.txt", "lost 日 +%20.txt"
    service.put(bucket, known, lost)
    service.s3.put_object(Bucket=bucket, Key="folder/", Body=b"")
    eventually(lambda: service.schedule(bucket), lambda found: len(found) == 2)
    before = service.records(bucket)
    service.forget(bucket, lost, "checksum", "scheduler")

    report = _sweep(service)

    found = report["buckets"][bucket]
    counts = {"unrecorded": 1, "objects": 1, "missing_schedule_rows": 0}
    assert counts == {name: found[name] for name in counts}
    after = eventually(lambda: service.records(bucket), lambda records: lost in records)
    rows = eventually(lambda: service.schedule(bucket), lambda rows: lost in rows)
    assert {known, lost} == set(after) == set(rows)
    assert before[known] == after[known]
    for name in ("VersionId", "Size", "Digests", "LastOutcome"):
        assert before[lost][name] == after[lost][name]
    assert 1 <= eventually(lambda: _published(service, "UnrecordedObjects") or 0, bool)
    assert 0 == _sweep(service)["buckets"][bucket]["unrecorded"]
