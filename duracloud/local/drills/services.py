"""Drills on AWS's services: throttling, and a crash between two writes."""

from duracloud.local.drills.stage import Drill, Stage
from duracloud.local.faults import Fault, ShownFault
from duracloud.local.watching import eventually, expect

_KEYS = tuple(f"{number}.txt" for number in range(1, 6))


def _throttle(stage: Stage) -> str:
    service, faults = stage.service, stage.faults
    # More errors than the SDK retries: the message is sent anew.
    slow = Fault(action="s3:GetObject.*", within=(f"^/{stage.bucket}/1.txt",), code="SlowDown", times=5)
    busy = Fault(
        action="dynamodb:.*", within=(stage.bucket,), code="ProvisionedThroughputExceededException", status=400, times=8
    )
    went_back, anew = "the message goes back to its queue", "throttled: the message was sent anew with a delay"
    before = {text: service.logged("file-uploaded", text) for text in (went_back, anew)}
    with faults.shown(slow) as s3, faults.shown(busy) as dynamodb:
        stage.put(*_KEYS)
        stage.settle()
        throttled = _met(s3, dynamodb)
    eventually(lambda: service.logged("file-uploaded", anew) > before[anew], bool, what="a message that is sent anew")
    expect("failed messages", service.logged("file-uploaded", went_back), before[went_back])
    checked = {key: stage.text(key, "LastChecksumDate") for key in _KEYS}
    spread = Fault(action="s3:.*", within=(f"^/{stage.bucket}/",), code="SlowDown", times=6)
    with faults.shown(spread) as s3, faults.shown(busy) as dynamodb:
        service.make_due(stage.bucket)
        eventually(
            lambda: {key: stage.text(key, "LastChecksumDate") for key in _KEYS},
            lambda seen: all(seen[key] > checked[key] for key in _KEYS),
        )
        stage.settle()
        throttled += _met(s3, dynamodb)
    expect("e-mails about objects", service.emails_about_objects(), [])
    return f"{throttled} calls throttled; a message was sent anew, none failed; every deposit and check says match"


def _met(s3: ShownFault, dynamodb: ShownFault) -> int:
    """Return how many calls met faults; both services must have had some."""
    expect(
        "services that throttled",
        [name for name, shown in (("S3", s3), ("DynamoDB", dynamodb)) if shown.met],
        ["S3", "DynamoDB"],
    )
    return s3.met + dynamodb.met


def _crash(stage: Stage) -> str:
    service = stage.service
    second_write = (service.parameters["storage/scheduler-table"], stage.bucket)
    fault = Fault(action="dynamodb:PutItem", within=second_write, code="InternalServerError", hold=True, times=1)
    with service.quick_retry("object-created", 5), stage.faults.shown(fault) as shown:
        stage.put("letter.txt")
        shown.wait(1)
        stage.kill_deposit()
        stage.expect_records("letter.txt")
        expect("schedule rows", sorted(service.schedule(stage.bucket)), [])
        shown.withdraw()
        stage.settle()
    found = "recorded before: nothing changed"
    eventually(lambda: service.logged("file-uploaded", found), bool, what="a later attempt that finds the record")
    return "a record without a schedule row; the next attempt found it and wrote the row"


DRILLS = (
    Drill(
        fault="throttled S3 and DynamoDB",
        done="SlowDown and ProvisionedThroughputExceededException during deposits and checks",
        run=_throttle,
    ),
    Drill(
        fault="crash between the two writes",
        done="kill -9 of file-uploaded after the record, before the schedule row",
        run=_crash,
    ),
)
