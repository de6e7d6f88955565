"""Drills on the bytes of objects: damage on the disk, and replacement while they are read."""

from duracloud.local.drills.stage import Drill, Stage
from duracloud.local.watching import eventually, expect


def _flip_a_bit(stage: Stage) -> str:
    service = stage.service
    stage.deposit("letter.txt", "other.txt")
    service.flip_a_bit(stage.bucket, "letter.txt")
    service.make_due(stage.bucket)
    check = stage.await_outcome("letter.txt", "mismatch")["LastCheck"]["M"]
    expect("the number of reads", check["Reads"]["N"], "2")
    damage = service.email("failed the check")
    named = [key for key in ("letter.txt", "other.txt") if key in damage.body]
    expect("objects named in the e-mail", named, ["letter.txt"])
    good = service.s3.get_object(Bucket=f"{stage.bucket}-repl", Key="letter.txt")["Body"].read()
    service.s3.put_object(Bucket=stage.bucket, Key="letter.txt", Body=good)
    stage.settle()
    recovery = service.email("recovered")
    return f"mismatch, read twice; '{damage.subject}'; the good copy was deposited; '{recovery.subject}'"


def _replace_during_check(stage: Stage) -> str:
    service = stage.service
    stage.deposit("draft.txt")
    with stage.faults.shown(stage.held("draft.txt")) as shown:
        service.make_due(stage.bucket)
        shown.wait(1)
        version = stage.put("draft.txt", body="another content of {}")["draft.txt"]
        eventually(lambda: stage.text("draft.txt", "VersionId"), lambda seen: seen == version)
    dropped = "removed or overwritten meanwhile: dropped"
    eventually(lambda: service.logged("checksum-verification", dropped), bool, what="the end of the check")
    stage.settle()
    expect("e-mails about objects", service.emails_about_objects(), [])
    return "the check of the old version was dropped, the record of the new one stands; no e-mail"


DRILLS = (
    Drill(
        fault="bit flip on disk",
        done="one bit of the file flipped, the object made due; then the good copy restored from the replica",
        run=_flip_a_bit,
    ),
    Drill(
        fault="object replaced during a check",
        done="S3's answer to a check held back while a new version is uploaded",
        run=_replace_during_check,
    ),
)
