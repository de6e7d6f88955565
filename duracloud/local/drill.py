"""Shows every fault to the deployed service and sees it come to rights: `make drill`."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import attrs

from duracloud.local.aws import ROOT, LocalAws, LocalError, free_port
from duracloud.local.console import say, table
from duracloud.local.deploy import deploy
from duracloud.local.drills import damage, delivery, requests, restore, schedule, services
from duracloud.local.drills.stage import Drill, Stage
from duracloud.local.faults import Faults
from duracloud.local.service import Service

DRILLS: Final = (
    *damage.DRILLS,
    *schedule.DRILLS,
    *delivery.DRILLS,
    *services.DRILLS,
    *requests.DRILLS,
    *restore.DRILLS,
)
_FOLDER: Final = ROOT / ".local" / "drill"
_HEADS: Final = ("fault", "what was done", "what was observed", "verdict", "seconds")
_LIMITS: Final = (20, 44, 48, 7, 7)
_MOST_NAMES: Final = 5


@attrs.frozen(kw_only=True)
class Row:
    """What became of one drill.

    Attributes:
        drill: the drill.
        observed: what was observed, or what was not.
        passed: whether it was what it should be.
        seconds: how long it took.
    """

    drill: Drill
    observed: str
    passed: bool
    seconds: float


def drill() -> None:
    """Run all drills in a local AWS of its own, which is stopped and forgotten at the end.

    Raises:
        LocalError: a drill failed; the text says which, and where the logs are.
    """
    aws = LocalAws(folder=_FOLDER, port=free_port())
    aws.forget()
    started = time.monotonic()
    try:
        print("Starting a local AWS and deploying the real templates into it ...", flush=True)
        aws.start()
        deploy(aws)
        rows = run(DRILLS, _stages(aws))
    except LocalError as error:
        raise LocalError(f"the drills broke off: {error}\nThe logs are in {aws.folder}") from error
    finally:
        aws.stop()
    report(rows, f"The logs are in {aws.folder}")
    aws.forget()
    print(f"All drills passed, in {time.monotonic() - started:.0f} seconds in all. Nothing is left running.")


def run(drills: Sequence[Drill], stage_of: Callable[[Drill], Stage]) -> list[Row]:
    """Run drills one after the other, whatever becomes of each.

    Args:
        drills: the drills.
        stage_of: returns the stage of a drill.
    """
    return [_run(number, len(drills), each, stage_of) for number, each in enumerate(drills, 1)]


def report(rows: Sequence[Row], where: str) -> None:
    """Print what became of the drills.

    Args:
        rows: what became of them.
        where: where to look when one failed.

    Raises:
        LocalError: one failed.
    """
    print()
    table(
        _HEADS,
        [
            (row.drill.fault, row.drill.done, row.observed, "passed" if row.passed else "FAILED", f"{row.seconds:.0f}")
            for row in rows
        ],
        _LIMITS,
    )
    failed = [row.drill.fault for row in rows if not row.passed]
    if failed:
        raise LocalError(f"{len(failed)} of {len(rows)} drills failed: {'; '.join(failed)}. {where}")


def _run(number: int, count: int, each: Drill, stage_of: Callable[[Drill], Stage]) -> Row:
    print(f"   {number:>2}/{count} {each.fault} ... ", end="", flush=True)
    started = time.monotonic()
    try:
        observed, passed = each.run(stage_of(each)), True
    except LocalError as error:
        observed, passed = str(error), False
    except Exception as error:  # noqa: BLE001 (whatever a drill meets, it has failed, and the next one comes)
        observed, passed = f"{type(error).__name__}: {error}", False
    seconds = time.monotonic() - started
    print(f"{'passed' if passed else 'FAILED'}, {seconds:.0f} s", flush=True)
    return Row(drill=each, observed=observed, passed=passed, seconds=seconds)


def _stages(aws: LocalAws) -> Callable[[Drill], Stage]:
    service, faults = Service(aws), Faults(aws.endpoint)
    names = {each.fault: each.fault.lower().replace(" ", "-") for each in DRILLS}
    say("asking for a bucket for each drill ...")
    wanted = list(names.values())
    for first in range(0, len(wanted), _MOST_NAMES):
        service.new_buckets(*wanted[first : first + _MOST_NAMES])

    def stage_of(each: Drill) -> Stage:
        # What earlier drills sent, or left behind where they failed, concerns this one no more.
        service.inbox.read()
        for name in service.queues:
            service.sqs.purge_queue(QueueUrl=service.queue(f"{name}-dlq"))
        return Stage(service, faults, service.prefix + names[each.fault])

    return stage_of
