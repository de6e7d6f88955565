"""Drills on losses that the sweep repairs: a schedule row, stream records, events."""

from duracloud.local.drills.stage import Drill, Stage
from duracloud.local.watching import eventually, expect

_CHECKED = "LastChecksumDate"


def _lose_a_row(stage: Stage) -> str:
    service = stage.service
    stage.deposit("lost.txt", "kept.txt")
    checked = stage.text("lost.txt", _CHECKED)
    service.forget(stage.bucket, "lost.txt", "scheduler")
    _check_of(stage, "kept.txt")
    expect("when the object without a row was checked", stage.text("lost.txt", _CHECKED), checked)
    expect("rows", sorted(service.schedule(stage.bucket)), ["kept.txt"])
    service.start("sweep")
    stage.settle()
    return "without its row the object is never checked; the sweep wrote the row again"


def _lose_a_stream_batch(stage: Stage) -> str:
    service = stage.service
    lost = ("lost 1.txt", "lost 2.txt", "lost 3.txt")
    stage.deposit(*lost, "kept.txt")
    checked = {key: stage.text(key, _CHECKED) for key in lost}
    with service.paused("verification-due"):
        service.make_due(stage.bucket, *lost)
        eventually(lambda: sorted(service.schedule(stage.bucket)), lambda rows: rows == ["kept.txt"])
        records = stage.faults.lose_stream(service.parameters["storage/scheduler-table"])
    _check_of(stage, "kept.txt")
    expect("when the lost ones were checked", {key: stage.text(key, _CHECKED) for key in lost}, checked)
    service.start("sweep")
    stage.settle()
    return f"{records} records of the stream lost, 3 rows gone; the sweep wrote them again"


def _lose_events(stage: Stage) -> str:
    service, s3 = stage.service, stage.service.s3
    stage.deposit("deleted.txt", "overwritten.txt")
    old = stage.text("overwritten.txt", "VersionId")
    with service.paused("file-uploaded", "file-deleted"):
        stage.put("uploaded.txt", "overwritten.txt", body="the newer content of {}")
        s3.delete_object(Bucket=stage.bucket, Key="deleted.txt")
        _empty(stage, "object-created", 2)
        _empty(stage, "object-deleted", 1)
    _check_of(stage, "overwritten.txt")
    stage.expect_records("deleted.txt", "overwritten.txt")
    expect("the version that was checked", stage.text("overwritten.txt", "VersionId"), old)
    expect("the outcome of its check", stage.text("overwritten.txt", "LastOutcome"), "match")
    service.start("sweep")
    stage.settle()
    return (
        "before the sweep: a deleted object, an old version, no record of the new object; the sweep saw all three in"
        " S3's list and had them corrected"
    )


def _empty(stage: Stage, queue: str, messages: int) -> None:
    """Wait for the messages of a queue, and lose them."""
    service, url = stage.service, stage.service.queue(queue)
    service.await_messages(url, messages)
    service.sqs.purge_queue(QueueUrl=url)
    service.await_messages(url, 0)


def _check_of(stage: Stage, key: str) -> None:
    """Let an object come due and wait for its check: what came due before would have been checked before."""
    before = stage.text(key, _CHECKED)
    stage.service.make_due(stage.bucket, key)
    eventually(lambda: stage.text(key, _CHECKED), lambda seen: seen > before)
    eventually(lambda: key in stage.service.schedule(stage.bucket), bool)


DRILLS = (
    Drill(fault="lost schedule row", done="the row deleted by hand; then a sweep started", run=_lose_a_row),
    Drill(
        fault="lost stream batch",
        done="rows expire while the stream is not read, and its records are lost as after 24 hours; then as above",
        run=_lose_a_stream_batch,
    ),
    Drill(
        fault="lost events",
        done="the queues of uploads, an overwrite among them, and of a deletion emptied by hand; then as above",
        run=_lose_events,
    ),
)
