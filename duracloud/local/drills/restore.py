"""The drill on the checksum table: the records of a bucket are lost, and restored from an export."""

import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

from duracloud.local.aws import LocalError
from duracloud.local.drills.stage import Drill, Stage
from duracloud.local.service import Row
from duracloud.local.watching import eventually
from duracloud.project import ROOT

# Five and three uploads, and two that had to be looked at again; one deletion, made twice, and four losses.
_EVENTS: Final = {"deposit": 10, "deletion": 6, "restoration": 4}
_LOST: Final = ("letter.txt", "photograph.txt", "replaced.txt", "uploaded since.txt")


def _restore(stage: Stage) -> str:
    service, bucket = stage.service, stage.bucket
    stage.deposit("letter.txt", "photograph.txt", "replaced.txt", "replaced and kept.txt", "deleted.txt")
    export = _exported(service.aws.folder / "export", service.records(bucket))
    stage.put("replaced.txt", "replaced and kept.txt", "uploaded since.txt", body="a newer content of {}")
    service.s3.delete_object(Bucket=bucket, Key="deleted.txt")
    stage.settle()
    for key in _LOST:
        service.forget(bucket, key, "checksum")
    service.forget(bucket, "letter.txt", "scheduler")
    stage.expect_records("replaced and kept.txt")
    said = _run_tool(stage, export)
    stage.settle()
    eventually(lambda: _counted(stage), lambda counts: counts == _EVENTS)
    return f"{said}; at the end a record for each object, 4 restorations in the audit trail and no other deposit"


def _counted(stage: Stage) -> dict[str, int]:
    """Return how many events of each kind the audit trail has of the objects."""
    return Counter(event["kind"] for event in stage.service.audit_events(stage.bucket) if event["object"]["key"])


def _exported(folder: Path, records: dict[str, Row]) -> Path:
    """Write what DynamoDB's export of a table writes, which the local AWS does not."""
    lines = [json.dumps({"Item": record}, ensure_ascii=False) for record in records.values()]
    export = folder / "AWSDynamoDB" / "01772330400000-a1b2c3d4"
    (export / "data").mkdir(parents=True)
    with gzip.open(export / "data" / "qwertyuiop.json.gz", "wt", encoding="utf-8") as data:
        data.write("\n".join(lines) + "\n")
    entry = {"itemCount": len(lines), "dataFileS3Key": f"AWSDynamoDB/{export.name}/data/qwertyuiop.json.gz"}
    (export / "manifest-files.json").write_text(json.dumps(entry) + "\n")
    return folder


def _run_tool(stage: Stage, export: Path) -> str:
    answer = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-m", "duracloud", "restore", "--env", "local", str(export), stage.bucket],
        cwd=ROOT,
        env={**os.environ, **stage.service.aws.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise LocalError(answer.stderr.strip())
    return answer.stdout.strip()


DRILLS = (
    Drill(
        fault="table restored from export",
        done="4 of 5 records of a bucket deleted, after objects were replaced, deleted and uploaded since the export;"
        " then duracloud restore",
        run=_restore,
    ),
)
