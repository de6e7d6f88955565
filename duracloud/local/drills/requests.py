"""The drill on bucket requests: S3 refuses a step, and then the roll-back."""

from typing import Any

import attrs

from duracloud.local.drills.stage import Drill, Stage
from duracloud.local.faults import Fault
from duracloud.local.watching import expect


def _break_off(stage: Stage) -> str:
    service, name = stage.service, "half-done"
    main = service.prefix + name
    # The line ends behind the bucket's name: only the main bucket resists its removal, not the replica.
    refused = Fault(
        action="s3:PutReplicationConfiguration", within=(f"^/{main}/?\\n",), code="AccessDenied", status=403
    )
    kept = Fault(action="s3:DeleteBucket", within=(f"^/{main}/?\\n",), code="AccessDenied", status=403)
    with stage.faults.shown(refused), stage.faults.shown(kept):
        entry = _only(service.request("half-done-1.txt", name))
    expect("verdict and what is left", (entry["verdict"], entry["left_behind"]), ("failed", [main]))
    expect("whether the replica is there", _buckets(stage, main), [main])
    again = _only(service.request("half-done-2.txt", name))
    # The bucket that was left has our tags: to the second request it is ours, to be configured anew.
    expect("the second verdict", (again["verdict"], again["left_behind"]), ("already provisioned", []))
    expect("buckets", _buckets(stage, main), [main, f"{main}-repl"])
    attrs.evolve(stage, bucket=main).deposit("letter.txt")
    expect("what is replicated", service.keys_in(f"{main}-repl"), ["letter.txt"])
    return f"failed, left behind: {main}; the replica was removed; dropped again: whole, takes and replicates deposits"


def _only(result: dict[str, Any]) -> dict[str, Any]:
    [entry] = result["buckets"]
    return dict(entry)


def _buckets(stage: Stage, main: str) -> list[str]:
    pages = stage.service.s3.get_paginator("list_buckets").paginate(Prefix=main, PaginationConfig={"PageSize": 1000})
    names = [bucket["Name"] for page in pages for bucket in page["Buckets"]]
    return sorted(name for name in names if name in (main, f"{main}-repl"))


DRILLS = (
    Drill(
        fault="half-done provisioning and re-drop",
        done="S3 refuses to set up replication and to remove the bucket again; then the file dropped again",
        run=_break_off,
    ),
)
