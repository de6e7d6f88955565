"""Drills on events, poison messages, killed functions and e-mail."""

from collections.abc import Sequence

from duracloud.local.drills.stage import Drill, Stage
from duracloud.local.faults import Fault
from duracloud.local.service import Service
from duracloud.local.watching import eventually, expect

_ALARM = "set-aside-object-created-dlq"


def _shuffle_events(stage: Stage) -> str:
    service, s3 = stage.service, stage.service.s3
    with service.paused("file-uploaded", "file-deleted"):
        stage.put("twice.txt", "deleted.txt", "deleted and back.txt", "once.txt")
        for key in ("deleted.txt", "deleted and back.txt"):
            s3.delete_object(Bucket=stage.bucket, Key=key)
        stage.put("twice.txt", "deleted and back.txt", body="a newer content of {}")
        created, deleted = _taken(service, "object-created", 6), _taken(service, "object-deleted", 2)
        _give(service, "object-created", [*reversed(created)] * 3)
        _give(service, "object-deleted", [*reversed(deleted)] * 3)
    stage.settle()
    before = service.records(stage.bucket), service.schedule(stage.bucket)
    stage.expect_records("deleted and back.txt", "once.txt", "twice.txt")
    _give(service, "object-deleted", deleted)
    _give(service, "object-created", created)
    stage.settle()
    after = service.records(stage.bucket), service.schedule(stage.bucket)
    expect("both tables after all came once more", after, before)
    return "18 + 6 deliveries of 8 events, newest first: both tables are right; all events again changed nothing"


def _taken(service: Service, queue: str, count: int) -> list[str]:
    """Take events out of a queue when all have come."""
    url, bodies = service.queue(queue), list[str]()

    def take() -> list[str]:
        for message in service.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            bodies.append(message["Body"])
            service.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    return eventually(take, lambda seen: len(seen) == count)


def _give(service: Service, queue: str, bodies: Sequence[str]) -> None:
    for body in bodies:
        service.send(queue, body)


def _poison(stage: Stage) -> str:
    service = stage.service
    denied = Fault(action="s3:GetObject.*", within=(f"^/{stage.bucket}/locked.txt",), code="AccessDenied", status=403)
    dead = service.queue("object-created-dlq")
    with service.quick_retry("object-created", 2), stage.faults.shown(denied):
        stage.put("locked.txt", "beside.txt")
        service.await_messages(dead, 1)
    stage.expect_records("beside.txt", "locked.txt")
    stage.await_outcome("locked.txt", "unreadable")
    alarm = service.email(f'-{_ALARM}"')
    service.sqs.start_message_move_task(SourceArn=service.queue_arn(dead))
    stage.settle()
    stage.await_outcome("locked.txt", "match")
    return f"recorded as unreadable, sent to the dead-letter queue; '{alarm.subject}'; redriven, deposited"


def _kill(stage: Stage) -> str:
    service = stage.service
    keys = [f"{number}.txt" for number in range(1, 6)]
    with service.quick_retry("object-created", 5), stage.faults.shown(stage.held("5.txt")) as shown:
        with service.paused("file-uploaded"):
            stage.put(*keys)
            service.await_messages(service.queue("object-created"), len(keys))
        shown.wait(1)
        eventually(lambda: sorted(service.records(stage.bucket)), lambda found: found == keys[:-1])
        stage.kill_deposit()
        shown.withdraw()
        stage.settle()
    return "killed when 4 of 5 objects of its batch were recorded; the batch came again, all 5 are managed once"


def _refuse_email(stage: Stage) -> str:
    service, refusals = stage.service, 3
    stage.deposit("letter.txt")
    good = service.flip_a_bit(stage.bucket, "letter.txt")
    with stage.faults.shown(Fault(action="sns:Publish", within=(), code="AuthorizationError", status=403)) as shown:
        service.make_due(stage.bucket)
        stage.await_outcome("letter.txt", "mismatch")
        shown.wait(refusals)
        expect("e-mails while publishing fails", service.emails_about_objects(), [])
    subjects = eventually(service.emails_about_objects, bool, what="the e-mail")
    service.file_on_disk(stage.bucket, "letter.txt").write_bytes(good)
    service.make_due(stage.bucket)
    stage.settle()
    # The stream keeps the order: a second e-mail about the damage would have come before the recovery.
    rest = eventually(service.emails_about_objects, bool, what="the e-mail about the recovery")
    expect("e-mails after the first", [subject for subject in rest if "recovered" not in subject], [])
    return f"refused {refusals} times and more, no e-mail; then '{subjects[0]}', once; after the repair '{rest[0]}'"


DRILLS = (
    Drill(
        fault="duplicate and reordered events",
        done="the events of uploads, overwrites and deletions delivered three times each, newest first",
        run=_shuffle_events,
    ),
    Drill(
        fault="poison message to DLQ and redrive",
        done="S3 denies one object until its message is a dead letter; then the cause is removed, the message redriven",
        run=_poison,
    ),
    Drill(
        fault="function killed mid-batch",
        done="kill -9 of file-uploaded while one object of its batch is being read",
        run=_kill,
    ),
    Drill(
        fault="topic publish failing",
        done="a bit flipped while the alert topic refuses; then it takes messages again",
        run=_refuse_email,
    ),
)
