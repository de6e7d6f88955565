"""Injects each fault into the deployed service and checks that it recovers: `duracloud drill`."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Final

import attrs

from duracloud.local.aws import LocalAws, LocalError, free_port
from duracloud.local.console import table
from duracloud.local.deploy import deploy
from duracloud.local.drills import damage, delivery, requests, restore, schedule, services
from duracloud.local.drills.stage import Drill, Stage
from duracloud.local.faults import Faults
from duracloud.local.service import Service
from duracloud.progress import counting, working
from duracloud.project import LOCAL

DRILLS: Final = (
    *damage.DRILLS,
    *schedule.DRILLS,
    *delivery.DRILLS,
    *services.DRILLS,
    *requests.DRILLS,
    *restore.DRILLS,
)
_FOLDER: Final = LOCAL / "drill"
_HEADS: Final = ("fault", "what was done", "what was observed", "verdict", "seconds")
_LIMITS: Final = (20, 44, 48, 7, 7)
_MOST_NAMES: Final = 5


@attrs.frozen(kw_only=True)
class Row:
    """The result of one drill."""

    drill: Drill
    observed: str  # or what was missing
    passed: bool
    seconds: float


def drill(*, as_json: bool = False) -> None:
    """Run all drills in a local AWS of its own, which is stopped and deleted at the end.

    Raises:
        LocalError: a drill failed; the text says which, and where the logs are.
    """
    aws = LocalAws(folder=_FOLDER, port=free_port())
    aws.forget()
    started = time.monotonic()
    # With JSON nothing else is printed.
    tell: Callable[[str], None] = (lambda _: None) if as_json else print
    try:
        tell("Starting a local AWS and deploying the real templates into it ...")
        with working("deploying"):
            aws.start()
            deploy(aws)
        tell("   asking for a bucket for each drill ...")
        with working("asking for buckets"):
            stage_of = _stages(aws)
        rows = run(DRILLS, stage_of, tell)
    except LocalError as error:
        raise LocalError(f"the drills stopped: {error}\nThe logs are in {aws.folder}") from error
    finally:
        aws.stop()
    report(rows, f"The logs are in {aws.folder}", as_json=as_json)
    aws.forget()
    tell(f"All drills passed, in {time.monotonic() - started:.0f} seconds in all. Nothing is left running.")


def run(drills: Sequence[Drill], stage_of: Callable[[Drill], Stage], tell: Callable[[str], None]) -> list[Row]:
    """Run drills one after the other, also after one fails. `tell` prints a line for each."""
    rows = []
    with counting("drills", len(drills)) as done:
        for number, each in enumerate(drills, 1):
            row = _run(each, stage_of)
            tell(f"   {number:>2}/{len(drills)} {each.fault} ... {_verdict(row)}, {row.seconds:.0f} s")
            rows.append(row)
            done()
    return rows


def report(rows: Sequence[Row], where: str, *, as_json: bool) -> None:
    """Print the result of the drills.

    Raises:
        LocalError: one failed.
    """
    if as_json:
        found = [
            {"fault": row.drill.fault, "done": row.drill.done, "observed": row.observed}
            | {"passed": row.passed, "seconds": round(row.seconds, 1)}
            for row in rows
        ]
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print()
        table(
            _HEADS,
            [(row.drill.fault, row.drill.done, row.observed, _verdict(row), f"{row.seconds:.0f}") for row in rows],
            _LIMITS,
        )
    failed = [row.drill.fault for row in rows if not row.passed]
    if failed:
        raise LocalError(f"{len(failed)} of {len(rows)} drills failed: {'; '.join(failed)}. {where}")


def _run(each: Drill, stage_of: Callable[[Drill], Stage]) -> Row:
    started = time.monotonic()
    try:
        observed, passed = each.run(stage_of(each)), True
    except LocalError as error:
        observed, passed = str(error), False
    except Exception as error:  # noqa: BLE001 (any error is a failed drill; the next one runs)
        observed, passed = f"{type(error).__name__}: {error}", False
    return Row(drill=each, observed=observed, passed=passed, seconds=time.monotonic() - started)


def _verdict(row: Row) -> str:
    return "passed" if row.passed else "FAILED"


def _stages(aws: LocalAws) -> Callable[[Drill], Stage]:
    service, faults = Service(aws), Faults(aws.endpoint)
    names = {each.fault: each.fault.lower().replace(" ", "-") for each in DRILLS}
    wanted = list(names.values())
    for first in range(0, len(wanted), _MOST_NAMES):
        service.new_buckets(*wanted[first : first + _MOST_NAMES])

    def stage_of(each: Drill) -> Stage:
        # Messages that earlier drills sent or left behind do not matter to this one.
        service.inbox.read()
        for name in service.queues:
            service.sqs.purge_queue(QueueUrl=service.queue(f"{name}-dlq"))
        return Stage(service, faults, service.prefix + names[each.fault])

    return stage_of
